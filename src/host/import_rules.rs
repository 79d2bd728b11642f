//! The options that provide imports, as plain data.

/// The import options.
#[derive(Debug, Default)]
pub struct ImportOptions {
    /// The rules of `--import`. The last rule for an import wins.
    pub rules: Vec<ImportRule>,
    /// `--unknown-imports`: what happens if nothing provides an import.
    pub unknown: UnknownImports,
}

/// A rule for one import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRule {
    /// `MODULE.NAME`. Both names may contain dots, so they are compared as a whole.
    pub import: String,
    /// The function that the rule provides.
    pub stub: StubImport,
}

/// A function that is provided in place of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StubImport {
    /// Prints its string arguments as a line on standard output.
    Print,
    /// Prints its name and arguments on standard error, and returns zero.
    Trace,
    /// Returns zero.
    Zero,
    /// Traps.
    Trap,
    /// Returns this number. It is parsed when the result type is known.
    Constant(String),
}

/// What happens if nothing provides an imported function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownImports {
    /// The module is refused.
    #[default]
    Error,
    /// The function traps when it is called.
    Trap,
    /// The function returns zero.
    Zero,
}
