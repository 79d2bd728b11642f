//! The operators that only calculate, and those that read or write memory: what they take and give.

use crate::module::ValueType::{self, F32, F64, I32, I64};

/// What an operator that only calculates takes, and the one value that it gives.
#[derive(Clone, Copy)]
pub(super) struct Numeric {
    pub(super) first: ValueType,
    pub(super) second: Option<ValueType>,
    pub(super) result: ValueType,
}

/// A load or a store: the type of the value, and the largest alignment, as a power of two.
#[derive(Clone, Copy)]
pub(super) struct Access {
    pub(super) ty: ValueType,
    pub(super) alignment: u32,
}

/// What the operator with this one byte is, from `i32.eqz` to `i64.extend32_s`.
pub(super) fn numeric(operator: u8) -> Option<Numeric> {
    NUMERIC.get(usize::from(operator)).copied().flatten()
}

/// What the operator with this number behind the byte 0xfc is: one of the conversions that saturate.
pub(super) fn saturating(operator: u32) -> Option<Numeric> {
    Some(match operator {
        0 | 1 => unary(F32, I32),
        2 | 3 => unary(F64, I32),
        4 | 5 => unary(F32, I64),
        6 | 7 => unary(F64, I64),
        _ => return None,
    })
}

/// Which load this is, from `i32.load` to `i64.load32_u`.
pub(super) fn load(operator: u8) -> Option<Access> {
    let (ty, alignment) = match operator {
        0x28 => (I32, 2),
        0x29 => (I64, 3),
        0x2a => (F32, 2),
        0x2b => (F64, 3),
        0x2c | 0x2d => (I32, 0),
        0x2e | 0x2f => (I32, 1),
        0x30 | 0x31 => (I64, 0),
        0x32 | 0x33 => (I64, 1),
        0x34 | 0x35 => (I64, 2),
        _ => return None,
    };
    Some(Access { ty, alignment })
}

/// Which store this is, from `i32.store` to `i64.store32`.
pub(super) fn store(operator: u8) -> Option<Access> {
    let (ty, alignment) = match operator {
        0x36 => (I32, 2),
        0x37 => (I64, 3),
        0x38 => (F32, 2),
        0x39 => (F64, 3),
        0x3a => (I32, 0),
        0x3b => (I32, 1),
        0x3c => (I64, 0),
        0x3d => (I64, 1),
        0x3e => (I64, 2),
        _ => return None,
    };
    Some(Access { ty, alignment })
}

/// A table is what tells most of a function's operators apart, so it is looked up and not computed.
static NUMERIC: [Option<Numeric>; 256] = table();

const fn table() -> [Option<Numeric>; 256] {
    let mut table = [None; 256];
    let mut operator = 0x45;
    while operator <= 0xc4 {
        table[operator] = Some(of(operator as u8));
        operator += 1;
    }
    table
}

/// As the specification's index of instructions has them; 0x45 to 0xc4 without a gap.
const fn of(operator: u8) -> Numeric {
    match operator {
        // eqz; comparisons.
        ..=0x45 => unary(I32, I32),
        0x46..=0x4f => binary(I32, I32),
        0x50 => unary(I64, I32),
        0x51..=0x5a => binary(I64, I32),
        0x5b..=0x60 => binary(F32, I32),
        0x61..=0x66 => binary(F64, I32),
        // Counts of bits; arithmetic.
        0x67..=0x69 => unary(I32, I32),
        0x6a..=0x78 => binary(I32, I32),
        0x79..=0x7b => unary(I64, I64),
        0x7c..=0x8a => binary(I64, I64),
        0x8b..=0x91 => unary(F32, F32),
        0x92..=0x98 => binary(F32, F32),
        0x99..=0x9f => unary(F64, F64),
        0xa0..=0xa6 => binary(F64, F64),
        // Conversions.
        0xa7 => unary(I64, I32),
        0xa8 | 0xa9 | 0xbc => unary(F32, I32),
        0xaa | 0xab => unary(F64, I32),
        0xac | 0xad => unary(I32, I64),
        0xae | 0xaf => unary(F32, I64),
        0xb0 | 0xb1 | 0xbd => unary(F64, I64),
        0xb2 | 0xb3 | 0xbe => unary(I32, F32),
        0xb4 | 0xb5 => unary(I64, F32),
        0xb6 => unary(F64, F32),
        0xb7 | 0xb8 => unary(I32, F64),
        0xb9 | 0xba | 0xbf => unary(I64, F64),
        0xbb => unary(F32, F64),
        // Sign extension.
        0xc0 | 0xc1 => unary(I32, I32),
        0xc2.. => unary(I64, I64),
    }
}

const fn unary(first: ValueType, result: ValueType) -> Numeric {
    Numeric {
        first,
        second: None,
        result,
    }
}

const fn binary(both: ValueType, result: ValueType) -> Numeric {
    Numeric {
        first: both,
        second: Some(both),
        result,
    }
}
