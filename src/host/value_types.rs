//! Conversion of function and value types between `module` and the engine.

use crate::module::{FuncType, ValueType};
use wasmi::{F32, F64, Nullable, Val, ValType};

/// Converts a function type from the engine.
pub(super) fn func_type(ty: &wasmi::FuncType) -> FuncType {
    let types = |types: &[ValType]| types.iter().copied().map(value_type).collect();
    FuncType {
        params: types(ty.params()),
        results: types(ty.results()),
    }
}

/// Converts a function type for the engine.
pub(super) fn engine_func_type(ty: &FuncType) -> wasmi::FuncType {
    let types = |types: &[ValueType]| types.iter().map(|ty| zero(*ty).ty()).collect::<Vec<_>>();
    wasmi::FuncType::new(types(&ty.params), types(&ty.results))
}

fn value_type(ty: ValType) -> ValueType {
    match ty {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        ValType::V128 => ValueType::V128,
        ValType::FuncRef => ValueType::FuncRef,
        ValType::ExternRef => ValueType::ExternRef,
    }
}

/// The zero value of an engine's type.
pub(super) fn zero_of(ty: ValType) -> Val {
    zero(value_type(ty))
}

/// The zero value of a type; null for references.
pub fn zero(ty: ValueType) -> Val {
    match ty {
        ValueType::I32 => Val::I32(0),
        ValueType::I64 => Val::I64(0),
        ValueType::F32 => Val::F32(F32::from_float(0.0)),
        ValueType::F64 => Val::F64(F64::from_float(0.0)),
        ValueType::V128 => Val::V128(0_u128.into()),
        ValueType::FuncRef => Val::FuncRef(Nullable::Null),
        ValueType::ExternRef | ValueType::OtherRef => Val::ExternRef(Nullable::Null),
    }
}
