//! The values that a guest's exports take and return.

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
