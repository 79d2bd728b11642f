//! The arguments of a call, as they were typed.

use crate::go_literals::string;
use crate::go_types::Element;
use std::fmt;
use std::path::PathBuf;

/// One argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallArg {
    /// A number, a rune or a string.
    Literal(Literal),
    /// A file as a string.
    File(FileArg),
    /// A slice by its elements: `[1, 2]`, or `[]int32[1, 2]` with their type.
    Slice(Option<Element>, Vec<Literal>),
    /// A slice by the memory of its elements: `[]byte("text")`.
    SliceOfText(Element, Vec<u8>),
    /// A slice by the memory of its elements: `[]int32(@FILE)`.
    SliceOfFile(Element, FileArg),
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A number, `true`, `false` or `null`, kept as text until the parameter's type is known.
    Word(String),
    /// A character in single quotes.
    Rune(char),
    /// The bytes of a string.
    Text(Vec<u8>),
}

/// A file whose content is an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileArg {
    /// The file with this path.
    Path(PathBuf),
    /// Standard input.
    StandardInput,
}

impl fmt::Display for CallArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(literal) => literal.fmt(f),
            Self::File(file) => file.fmt(f),
            Self::Slice(None, elements) => write!(f, "[{}]", joined(elements)),
            Self::Slice(Some(ty), elements) => write!(f, "[]{ty}[{}]", joined(elements)),
            Self::SliceOfText(ty, text) => write!(f, "[]{ty}({})", string::quote(text)),
            Self::SliceOfFile(ty, file) => write!(f, "[]{ty}({file})"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Rune(rune) => f.write_str(&string::quote_rune(*rune)),
            Self::Text(text) => f.write_str(&string::quote(text)),
        }
    }
}

impl fmt::Display for FileArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "@{}", path.display()),
            Self::StandardInput => f.write_str("@-"),
        }
    }
}

/// The items as in a list of arguments.
pub(super) fn joined(items: &[impl fmt::Display]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}
