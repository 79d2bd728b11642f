//! Go signatures: the parameters of an exported function according to the debug information, and the wasm parameters that
//! they are compiled to. Result types are unknown, since TinyGo writes the type of the first parameter to the function's
//! `DW_AT_type`:
//! <https://github.com/tinygo-org/tinygo/blob/v0.34.0/compiler/compiler.go> (`attachDebugInfoRaw`).

use super::func_type::{FuncType, ValueType};
use std::fmt;

/// The parameters of a Go function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The parameters, in order.
    pub params: Vec<GoParam>,
}

/// A parameter of a Go function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoParam {
    /// The name.
    pub name: String,
    /// The type.
    pub ty: GoType,
}

/// A Go type: its name and its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoType {
    /// The name in Go.
    pub name: String,
    /// The kind.
    pub kind: TypeKind,
}

/// The kinds of Go types that arguments distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// `bool`.
    Bool,
    /// An integer; `int` and `uintptr` have 32 bits on wasm.
    Int {
        /// The width.
        bits: u32,
        /// The signedness.
        sign: Signedness,
    },
    /// `float32`.
    Float32,
    /// `float64`.
    Float64,
    /// `string`.
    String,
    /// `[]byte`.
    Bytes,
    /// A slice of something else.
    Slice,
    /// A pointer.
    Pointer,
    /// Anything else: structs, interfaces, functions, …
    Other,
}

/// The signedness of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signedness {
    /// Signed.
    Signed,
    /// Unsigned.
    Unsigned,
}

/// Where a function returns its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultPlace {
    /// On the wasm stack, or nowhere if the function has no result.
    Stack,
    /// In memory, at the address in a hidden first parameter.
    Memory,
}

impl Signature {
    /// The maximum size of the signature as text, in bytes.
    pub fn text_bytes(&self) -> usize {
        let params = self.params.iter();
        params
            .map(|param| param.name.len() + param.ty.name.len() + ", ".len() + 1)
            .sum()
    }

    /// Returns where a wasm function of type `ty` with this signature returns its result; `None` if the parameters do not
    /// match, or have unknown types.
    pub fn result_place(&self, ty: &FuncType) -> Option<ResultPlace> {
        let mut values = Vec::new();
        for param in &self.params {
            values.extend_from_slice(param.ty.kind.values()?);
        }
        if ty.params == values {
            return Some(ResultPlace::Stack);
        }
        let (first, rest) = ty.params.split_first()?;
        let hidden = *first == ValueType::I32 && rest == values && ty.results.is_empty();
        hidden.then_some(ResultPlace::Memory)
    }

    /// Formats a Go declaration of the function, with the result type of wasm.
    pub fn declaration(&self, name: &str, ty: &FuncType) -> String {
        let declared = format!("func {name}({self})");
        match (self.result_place(ty), ty.results.as_slice()) {
            (Some(ResultPlace::Memory), _) => format!("{declared} -> (in memory)"),
            (_, []) => declared,
            (_, [result]) => format!("{declared} -> {result}"),
            (_, results) => {
                let results: Vec<_> = results.iter().map(ValueType::to_string).collect();
                format!("{declared} -> ({})", results.join(", "))
            }
        }
    }
}

impl TypeKind {
    /// The wasm parameters for a Go parameter of this kind; `None` if they depend on the type.
    fn values(self) -> Option<&'static [ValueType]> {
        use ValueType::{F32, F64, I32, I64};
        Some(match self {
            Self::Bool | Self::Pointer => &[I32],
            Self::Int { bits: 64, .. } => &[I64],
            Self::Int { .. } => &[I32],
            Self::Float32 => &[F32],
            Self::Float64 => &[F64],
            Self::String => &[I32, I32],
            Self::Bytes | Self::Slice => &[I32, I32, I32],
            Self::Other => return None,
        })
    }

    /// The kind of a predeclared or composite type by its name in the debug information.
    pub(super) fn of(name: &str) -> Self {
        let int = |bits, sign| Self::Int { bits, sign };
        match name {
            "bool" => Self::Bool,
            "int8" => int(8, Signedness::Signed),
            "int16" => int(16, Signedness::Signed),
            "int" | "int32" | "rune" => int(32, Signedness::Signed),
            "int64" => int(64, Signedness::Signed),
            "uint8" | "byte" => int(8, Signedness::Unsigned),
            "uint16" => int(16, Signedness::Unsigned),
            "uint" | "uint32" | "uintptr" => int(32, Signedness::Unsigned),
            "uint64" => int(64, Signedness::Unsigned),
            "float32" => Self::Float32,
            "float64" => Self::Float64,
            "string" => Self::String,
            "[]byte" | "[]uint8" => Self::Bytes,
            _ if name.starts_with("[]") => Self::Slice,
            _ => Self::Other,
        }
    }
}

/// Formats the parameters as in the parentheses of a Go declaration: `x, y uint32, s string`.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, param) in self.params.iter().enumerate() {
            let next = self.params.get(at + 1);
            f.write_str(&param.name)?;
            if next.is_none_or(|next| next.ty.name != param.ty.name) {
                write!(f, " {}", param.ty.name)?;
            }
            if next.is_some() {
                f.write_str(", ")?;
            }
        }
        Ok(())
    }
}
