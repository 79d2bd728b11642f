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
    /// Prints its arguments as a line on standard output, and returns zero.
    Print(StringPositions),
    /// Prints its name and arguments on standard error, and returns zero.
    Trace,
    /// Returns zero.
    Zero,
    /// Traps.
    Trap,
    /// Returns this number. It is parsed when the result type is known.
    Constant(String),
}

/// Which parameters are strings, each passed as an address and a length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringPositions {
    /// They follow from the parameters' types if these leave no choice, else from the memory in each call.
    Detect,
    /// The indices of the parameters that are addresses, in ascending order.
    At(Vec<usize>),
}

/// What happens if nothing provides an import. With all but `Error`, a memory, table or global is created as small as
/// its type allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownImports {
    /// The module is refused.
    #[default]
    Error,
    /// The function traps when it is called.
    Trap,
    /// The function returns zero.
    Zero,
    /// The function prints its name and arguments on standard error, and returns zero.
    Trace,
}

impl UnknownImports {
    /// The function that is provided; `None` if the module is refused.
    pub(super) fn stub(self) -> Option<StubImport> {
        match self {
            Self::Error => None,
            Self::Trap => Some(StubImport::Trap),
            Self::Zero => Some(StubImport::Zero),
            Self::Trace => Some(StubImport::Trace),
        }
    }
}
