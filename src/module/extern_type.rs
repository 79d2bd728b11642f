//! The types of imports and exports, as plain data.

use super::func_type::{FuncType, ValueType};
use crate::size::{PAGE_BYTES, Size};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// The type of an import or export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternType {
    /// A function. The type is shared, since a module can have a million imports with the same large type.
    Func(Arc<FuncType>),
    /// A linear memory, with limits in bytes.
    Memory(SizeLimits),
    /// A table, with limits in elements.
    Table(SizeLimits),
    /// A global variable.
    Global(GlobalType),
    /// An exception tag.
    Tag,
}

/// The limits of the size of a memory or table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SizeLimits {
    /// The initial size; of an import, the minimum size.
    pub minimum: u64,
    /// The size that it never exceeds, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u64>,
}

/// The type of a global variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalType {
    /// The type of its value.
    pub value: ValueType,
    /// Whether it can be assigned to.
    pub is_mutable: bool,
}

impl From<wasmparser::MemoryType> for SizeLimits {
    fn from(ty: wasmparser::MemoryType) -> Self {
        let page_bytes = match ty.page_size_log2 {
            Some(log2) => 1 << log2.min(16),
            None => PAGE_BYTES,
        };
        Self {
            minimum: ty.initial.saturating_mul(page_bytes),
            maximum: ty.maximum.map(|pages| pages.saturating_mul(page_bytes)),
        }
    }
}

impl From<wasmparser::TableType> for SizeLimits {
    fn from(ty: wasmparser::TableType) -> Self {
        Self {
            minimum: ty.initial,
            maximum: ty.maximum,
        }
    }
}

impl From<wasmparser::GlobalType> for GlobalType {
    fn from(ty: wasmparser::GlobalType) -> Self {
        Self {
            value: ty.content_type.into(),
            is_mutable: ty.mutable,
        }
    }
}

/// Formats a function as `(i32, i32) -> i32`, and other types as `(memory of at least 64 KiB)` or `(global i32)`.
impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = |bytes| Size(bytes).to_string();
        let elements = |count| match count {
            1 => "1 element".to_owned(),
            _ => format!("{count} elements"),
        };
        match self {
            Self::Func(ty) => ty.fmt(f),
            Self::Memory(limits) => write!(f, "(memory of {})", limits.text(bytes)),
            Self::Table(limits) => write!(f, "(table of {})", limits.text(elements)),
            Self::Global(GlobalType { value, is_mutable }) => match is_mutable {
                true => write!(f, "(global mut {value})"),
                false => write!(f, "(global {value})"),
            },
            Self::Tag => f.write_str("(tag)"),
        }
    }
}

impl SizeLimits {
    /// The limits as text, with sizes formatted by `size`.
    pub fn text(self, size: impl Fn(u64) -> String) -> String {
        let minimum = size(self.minimum);
        match self.maximum {
            None => format!("at least {minimum}"),
            Some(maximum) if maximum == self.minimum => minimum,
            Some(maximum) => format!("{minimum} to {}", size(maximum)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ExternType, GlobalType, SizeLimits};
    use crate::module::ValueType;

    #[test]
    fn types_are_formatted() {
        let limits = |minimum, maximum| SizeLimits { minimum, maximum };
        let global = |value, is_mutable| ExternType::Global(GlobalType { value, is_mutable });
        for (ty, text) in [
            (
                ExternType::Memory(limits(65_536, None)),
                "(memory of at least 64 KiB)",
            ),
            (
                ExternType::Memory(limits(0, Some(131_072))),
                "(memory of 0 bytes to 128 KiB)",
            ),
            (
                ExternType::Table(limits(1, Some(1))),
                "(table of 1 element)",
            ),
            (
                ExternType::Table(limits(2, None)),
                "(table of at least 2 elements)",
            ),
            (global(ValueType::I32, false), "(global i32)"),
            (global(ValueType::F64, true), "(global mut f64)"),
        ] {
            assert_eq!(ty.to_string(), text);
        }
    }
}
