//! Function and value types, as plain data.

use std::fmt;
use wasmparser::ValType;

/// A function's type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FuncType {
    /// The parameters.
    pub params: Vec<ValueType>,
    /// The results.
    pub results: Vec<ValueType>,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A 32-bit integer, signed or not.
    I32,
    /// A 64-bit integer, signed or not.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A SIMD vector.
    V128,
    /// A reference to a function, or null.
    FuncRef,
    /// A reference to an object of the host, or null.
    ExternRef,
    /// Another reference, which the engine does not support.
    OtherRef,
}

/// Converts a function type of wasmparser.
pub(super) fn func_type(ty: &wasmparser::FuncType) -> FuncType {
    let types = |types: &[ValType]| types.iter().copied().map(ValueType::from).collect();
    FuncType {
        params: types(ty.params()),
        results: types(ty.results()),
    }
}

impl From<ValType> for ValueType {
    fn from(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32,
            ValType::I64 => Self::I64,
            ValType::F32 => Self::F32,
            ValType::F64 => Self::F64,
            ValType::V128 => Self::V128,
            ValType::FUNCREF => Self::FuncRef,
            ValType::EXTERNREF => Self::ExternRef,
            ValType::Ref(_) => Self::OtherRef,
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::FuncRef => "funcref",
            Self::ExternRef => "externref",
            Self::OtherRef => "ref",
        })
    }
}

impl FuncType {
    /// The maximum size of the type as text, in bytes.
    pub fn text_bytes(&self) -> usize {
        const MAX_NAME_BYTES: usize = "externref, ".len();
        MAX_NAME_BYTES * (self.params.len() + self.results.len())
    }
}

/// Formats the type as `(i32, i32) -> i64`.
impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |types: &[ValueType]| {
            let names: Vec<_> = types.iter().map(ValueType::to_string).collect();
            names.join(", ")
        };
        write!(f, "({})", listed(&self.params))?;
        match self.results.as_slice() {
            [] => Ok(()),
            [result] => write!(f, " -> {result}"),
            results => write!(f, " -> ({})", listed(results)),
        }
    }
}
