//! The values that a guest's exports take and return.

use super::go_values;
use crate::go_types::layout::Layout;
use crate::go_types::{Element, Scalar};
use wasmi::{F32, F64, Nullable, Val};

/// A wasm value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A 32-bit integer; wasm does not define whether it is signed.
    I32(i32),
    /// A 64-bit integer; wasm does not define whether it is signed.
    I64(i64),
    /// A 32-bit float.
    F32(f32),
    /// A 64-bit float.
    F64(f64),
    /// A SIMD vector.
    V128(u128),
    /// A reference to a function.
    FuncRef(Reference),
    /// A reference to a value of the host.
    ExternRef(Reference),
}

/// A reference. Only whether it is null is known outside the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A null reference.
    Null,
    /// Any other reference.
    Some,
}

/// A number or a boolean of a Go type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A boolean.
    Bool(bool),
    /// An integer of any type.
    Integer(i128),
    /// A 32-bit float.
    Float32(f32),
    /// A 64-bit float.
    Float64(f64),
}

/// One result of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum ResultValue {
    /// A wasm value.
    Wasm(Value),
    /// A value of the scalar type with this name.
    Number(&'static str, Number),
    /// The bits of a value, in hexadecimal.
    Hex(u64),
    /// A string, which may not be valid UTF-8.
    Text(Vec<u8>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A slice.
    Slice(SliceValue),
    /// Several values, which TinyGo returns as a struct.
    Tuple(Vec<ResultValue>),
}

/// A slice. Numbers are kept as they were in memory, so that a large one is copied once.
#[derive(Clone, Debug, PartialEq)]
pub enum SliceValue {
    /// Scalars.
    Scalars {
        /// Their type.
        scalar: Scalar,
        /// The layout of the memory.
        layout: Layout,
        /// The memory.
        bytes: Vec<u8>,
    },
    /// Strings, which may not be valid UTF-8.
    Strings(Vec<Vec<u8>>),
}

/// An element of a slice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ElementValue<'a> {
    /// A number or a boolean.
    Number(Number),
    /// A string.
    Text(&'a [u8]),
}

impl SliceValue {
    /// The elements.
    pub fn elements(&self) -> Box<dyn Iterator<Item = ElementValue<'_>> + '_> {
        match self {
            Self::Scalars {
                scalar,
                layout,
                bytes,
            } => {
                let numbers = go_values::numbers(bytes, scalar.kind, *layout);
                Box::new(numbers.map(ElementValue::Number))
            }
            Self::Strings(strings) => Box::new(strings.iter().map(|text| ElementValue::Text(text))),
        }
    }

    /// The type of the elements.
    pub fn element(&self) -> Element {
        match self {
            Self::Scalars { scalar, .. } => Element::Scalar(*scalar),
            Self::Strings(_) => Element::String,
        }
    }
}

impl From<&Val> for Value {
    fn from(value: &Val) -> Self {
        match value {
            Val::I32(value) => Self::I32(*value),
            Val::I64(value) => Self::I64(*value),
            Val::F32(value) => Self::F32(value.to_float()),
            Val::F64(value) => Self::F64(value.to_float()),
            Val::V128(value) => Self::V128(value.as_u128()),
            Val::FuncRef(reference) => Self::FuncRef(reference.into()),
            Val::ExternRef(reference) => Self::ExternRef(reference.into()),
        }
    }
}

impl<T> From<&Nullable<T>> for Reference {
    fn from(reference: &Nullable<T>) -> Self {
        match reference {
            Nullable::Null => Self::Null,
            Nullable::Val(_) => Self::Some,
        }
    }
}

impl From<Value> for Val {
    /// References become null, since they cannot be written on the command line.
    fn from(value: Value) -> Self {
        match value {
            Value::I32(value) => Self::I32(value),
            Value::I64(value) => Self::I64(value),
            Value::F32(value) => Self::F32(F32::from_float(value)),
            Value::F64(value) => Self::F64(F64::from_float(value)),
            Value::V128(value) => Self::V128(value.into()),
            Value::FuncRef(_) => Self::FuncRef(Nullable::Null),
            Value::ExternRef(_) => Self::ExternRef(Nullable::Null),
        }
    }
}
