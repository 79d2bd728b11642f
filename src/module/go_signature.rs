//! Go signatures: the parameters of an exported function according to the debug information, and the wasm parameters
//! that they are compiled to. Result types are unknown, since TinyGo writes the type of the first parameter to the
//! function's `DW_AT_type`: <https://github.com/tinygo-org/tinygo/blob/v0.34.0/compiler/compiler.go>
//! (`attachDebugInfoRaw`).

use super::func_type::{FuncType, ValueType};
use crate::go_literals::name;
use crate::go_types::{GoType, IntegerSize, ScalarKind};
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
    /// The name of the type, which may be a defined one.
    pub type_name: String,
    /// The type.
    pub ty: ParamType,
}

/// The types of parameters that arguments distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamType {
    /// A type whose values can be written, or a type defined as one.
    Go(GoType),
    /// A pointer.
    Pointer,
    /// A slice of anything else.
    OtherSlice,
    /// Anything else: structs, interfaces, functions, …
    Other,
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
            .map(|param| param.name.len() + param.type_name.len() + ", ".len() + 1)
            .sum()
    }

    /// Returns where a wasm function of type `ty` with this signature returns its result; `None` if the parameters do not
    /// match, or have unknown types.
    pub fn result_place(&self, ty: &FuncType) -> Option<ResultPlace> {
        let mut values = Vec::new();
        for param in &self.params {
            values.extend_from_slice(param.ty.values()?);
        }
        if ty.params == values {
            return Some(ResultPlace::Stack);
        }
        let (first, rest) = ty.params.split_first()?;
        let hidden = *first == ValueType::I32 && rest == values && ty.results.is_empty();
        hidden.then_some(ResultPlace::Memory)
    }

    /// Returns true if a wasm function of type `ty` can have this signature. Functions of old versions of TinyGo have
    /// further parameters.
    pub fn fits(&self, ty: &FuncType) -> bool {
        let is_unknown = |param: &GoParam| param.ty.values().is_none();
        self.params.iter().any(is_unknown) || self.result_place(ty).is_some()
    }

    /// Formats a Go declaration of the function, with the result type of wasm.
    pub fn declaration(&self, name: &str, ty: &FuncType) -> String {
        let declared = format!("func {}({self})", name::quote(name));
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

impl ParamType {
    /// The wasm parameters for a Go parameter of this type; `None` if they depend on the type. Only TinyGo writes debug
    /// information, and its `int` has 32 bits.
    fn values(self) -> Option<&'static [ValueType]> {
        use ValueType::{F32, F64, I32, I64};
        Some(match self {
            Self::Pointer => &[I32],
            Self::Go(GoType::Scalar(scalar)) => match scalar.kind {
                ScalarKind::Integer(IntegerSize::Bits64, _) => &[I64],
                ScalarKind::Bool | ScalarKind::Integer(..) => &[I32],
                ScalarKind::Float32 => &[F32],
                ScalarKind::Float64 => &[F64],
            },
            Self::Go(GoType::String) => &[I32, I32],
            Self::Go(GoType::Slice(_)) | Self::OtherSlice => &[I32, I32, I32],
            Self::Other => return None,
        })
    }

    /// Returns true if a parameter of this type can be an address or a length.
    pub fn is_word(self) -> bool {
        self.values() == Some(&[ValueType::I32])
    }

    /// The predeclared or composite type with this name in the debug information.
    pub(super) fn named(name: &str) -> Self {
        match GoType::named(name) {
            Some(ty) => Self::Go(ty),
            None if name.starts_with("[]") => Self::OtherSlice,
            None => Self::Other,
        }
    }
}

/// Formats the parameters as in the parentheses of a Go declaration: `x, y uint32, s string`.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, param) in self.params.iter().enumerate() {
            let next = self.params.get(at + 1);
            f.write_str(&param.name)?;
            if next.is_none_or(|next| next.type_name != param.type_name) {
                write!(f, " {}", param.type_name)?;
            }
            if next.is_some() {
                f.write_str(", ")?;
            }
        }
        Ok(())
    }
}
