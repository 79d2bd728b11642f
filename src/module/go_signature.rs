//! Go signatures: what a module's debug information says of an exported function's parameters, and
//! how they lie on wasm's stack. Results are not there: TinyGo writes the first parameter's type where
//! a function's own should stand.

use super::func_type::{FuncType, ValueType};
use std::fmt;

/// What is known of a Go function: its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The parameters, in order.
    pub params: Vec<GoParam>,
}

/// A parameter of a Go function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoParam {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: GoType,
}

/// A Go type: its name, and what it is under that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoType {
    /// As Go writes it.
    pub name: String,
    /// What it is.
    pub kind: TypeKind,
}

/// What a Go type is, as far as a command line cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// `bool`.
    Bool,
    /// An integer; `int` and `uintptr` have 32 bits on wasm.
    Int {
        /// How many bits it has.
        bits: u32,
        /// Whether it has a sign.
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

/// Whether an integer has a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signedness {
    /// It has.
    Signed,
    /// It has none.
    Unsigned,
}

/// Where the result of a function goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultPlace {
    /// On wasm's stack, if anywhere.
    Stack,
    /// In memory, at an address that is passed as a hidden first parameter.
    Memory,
}

impl Signature {
    /// How many bytes it takes at the most to show the parameters.
    pub fn text_bytes(&self) -> usize {
        let params = self.params.iter();
        params
            .map(|param| param.name.len() + param.ty.name.len() + ", ".len() + 1)
            .sum()
    }

    /// How the function's values lie on wasm's stack: which wasm parameters there are besides Go's.
    /// `None` where the two do not agree as far as is known here.
    pub fn fits(&self, ty: &FuncType) -> Option<ResultPlace> {
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

    /// The function as Go declares it, with wasm's result type, which is all that is known of it.
    pub fn declaration(&self, name: &str, ty: &FuncType) -> String {
        let declared = format!("func {name}({self})");
        match (self.fits(ty), ty.results.as_slice()) {
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
    /// The wasm values that a parameter of this kind is passed as; `None` where that depends.
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

    /// The kind of a predeclared or composite type, by the name that debug information has for it.
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

/// `x, y uint32, s string`, as between a Go declaration's parentheses.
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
