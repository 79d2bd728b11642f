//! How the results of a call are printed: the type after `->`.

use super::arg::joined;
use crate::go_types::{Element, GoType, Scalar};
use std::fmt;

/// How the results of a call are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// As a number or a boolean.
    Scalar(Scalar),
    /// As the bits of a number, in hexadecimal.
    Hex,
    /// As the text that they refer to in the guest's memory.
    Text(Ownership),
    /// As the bytes that they refer to in the guest's memory, in hexadecimal.
    Bytes(Ownership),
    /// As the slice that they refer to in the guest's memory.
    Slice(Element),
    /// As several values, which TinyGo returns as a struct in the guest's memory.
    Tuple(Vec<GoType>),
}

/// Who frees the memory that a result refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The guest keeps it.
    Guest,
    /// The guest gives it away, so it is freed after printing.
    Owned,
}

impl View {
    /// Parses the type after `->`.
    pub(super) fn parse(typed: &str) -> Option<Self> {
        let owned = typed.strip_prefix("owned");
        if let Some(owned) = owned.filter(|rest| rest.starts_with(char::is_whitespace)) {
            return match owned.trim_start() {
                "string" => Some(Self::Text(Ownership::Owned)),
                "bytes" => Some(Self::Bytes(Ownership::Owned)),
                _ => None,
            };
        }
        if let Some(types) = typed.strip_prefix('(') {
            let types = types.strip_suffix(')')?.split(',').map(str::trim);
            let types: Vec<_> = types.map(GoType::named).collect::<Option<_>>()?;
            return Some(match types.as_slice() {
                [ty] => Self::of(*ty),
                _ => Self::Tuple(types),
            });
        }
        match typed {
            "hex" => Some(Self::Hex),
            "bytes" => Some(Self::Bytes(Ownership::Guest)),
            _ => GoType::named(typed).map(Self::of),
        }
    }

    fn of(ty: GoType) -> Self {
        match ty {
            GoType::Scalar(scalar) => Self::Scalar(scalar),
            GoType::String => Self::Text(Ownership::Guest),
            GoType::Slice(element) => Self::Slice(element),
        }
    }

    /// Returns true if the results are, or refer to, bytes in the guest's memory.
    pub fn is_in_memory(&self) -> bool {
        !matches!(self, Self::Scalar(_) | Self::Hex)
    }

    /// Returns true if the memory that a result refers to is freed.
    pub fn is_owned(&self) -> bool {
        matches!(
            self,
            Self::Text(Ownership::Owned) | Self::Bytes(Ownership::Owned)
        )
    }

    /// The same view of memory that the guest keeps.
    pub fn unowned(self) -> Self {
        match self {
            Self::Text(_) => Self::Text(Ownership::Guest),
            Self::Bytes(_) => Self::Bytes(Ownership::Guest),
            other => other,
        }
    }
}

/// The type as it is written after `->`.
impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => f.write_str(scalar.name),
            Self::Hex => f.write_str("hex"),
            Self::Text(Ownership::Guest) => f.write_str("string"),
            Self::Text(Ownership::Owned) => f.write_str("owned string"),
            Self::Bytes(Ownership::Guest) => f.write_str("bytes"),
            Self::Bytes(Ownership::Owned) => f.write_str("owned bytes"),
            Self::Slice(element) => write!(f, "[]{element}"),
            Self::Tuple(types) => write!(f, "({})", joined(types)),
        }
    }
}
