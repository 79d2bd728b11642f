//! The numeric operators with their types.

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    I32,
    I64,
    F32,
    F64,
    V128,
}

use Ty::{F32, F64, I32, I64, V128};

pub const TYPES: [Ty; 5] = [I32, I64, F32, F64, V128];

impl Ty {
    pub fn name(self) -> &'static str {
        ["i32", "i64", "f32", "f64", "v128"][self as usize]
    }
}

pub struct Operator {
    pub name: String,
    pub params: Vec<Ty>,
    pub result: Ty,
}

pub fn operators() -> Vec<Operator> {
    let mut operators = Vec::new();
    let mut add = |prefix: &str, names: &str, params: &[Ty], result: Ty| {
        // What follows a `:` is the lane.
        operators.extend(names.split_whitespace().map(|name| Operator {
            name: format!("{prefix}.{}", name.replace(':', " ")),
            params: params.to_vec(),
            result,
        }));
    };
    for (ty, prefix) in [(I32, "i32"), (I64, "i64")] {
        add(prefix, "eqz", &[ty], I32);
        add(prefix, "clz ctz popcnt extend8_s extend16_s", &[ty], ty);
        let binary = "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr";
        add(prefix, binary, &[ty, ty], ty);
        let comparisons = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
        add(prefix, comparisons, &[ty, ty], I32);
    }
    for (ty, prefix) in [(F32, "f32"), (F64, "f64")] {
        add(prefix, "abs neg ceil floor trunc nearest sqrt", &[ty], ty);
        add(prefix, "add sub mul div min max copysign", &[ty, ty], ty);
        add(prefix, "eq ne lt gt le ge", &[ty, ty], I32);
        let from = |kind: &str| format!("{kind}_{prefix}_s {kind}_{prefix}_u");
        for (to, name) in [(I32, "i32"), (I64, "i64")] {
            add(name, &from("trunc"), &[ty], to);
            add(name, &from("trunc_sat"), &[ty], to);
            let convert = format!("convert_{name}_s convert_{name}_u");
            add(prefix, &convert, &[to], ty);
        }
    }
    add("i32", "wrap_i64", &[I64], I32);
    add("i64", "extend_i32_s extend_i32_u", &[I32], I64);
    add("i64", "extend32_s", &[I64], I64);
    add("f32", "demote_f64", &[F64], F32);
    add("f64", "promote_f32", &[F32], F64);
    add("i32", "reinterpret_f32", &[F32], I32);
    add("f32", "reinterpret_i32", &[I32], F32);
    add("i64", "reinterpret_f64", &[F64], I64);
    add("f64", "reinterpret_i64", &[I64], F64);
    vectors(&mut add);
    operators
}

fn vectors(add: &mut impl FnMut(&str, &str, &[Ty], Ty)) {
    let (unary, binary) = ([V128], [V128, V128]);
    add("v128", "not", &unary, V128);
    add("v128", "any_true", &unary, I32);
    add("v128", "and andnot or xor", &binary, V128);
    add("v128", "bitselect", &[V128, V128, V128], V128);
    for (shape, scalar, sign, lane) in [
        ("i8x16", I32, "_s", 15),
        ("i16x8", I32, "_u", 7),
        ("i32x4", I32, "", 3),
        ("i64x2", I64, "", 1),
        ("f32x4", F32, "", 2),
        ("f64x2", F64, "", 0),
    ] {
        add(shape, "splat", &[scalar], V128);
        add(shape, &format!("extract_lane{sign}:{lane}"), &unary, scalar);
        add(
            shape,
            &format!("replace_lane:{lane}"),
            &[V128, scalar],
            V128,
        );
    }
    for shape in ["i8x16", "i16x8", "i32x4", "i64x2"] {
        add(shape, "abs neg", &unary, V128);
        add(shape, "all_true bitmask", &unary, I32);
        add(shape, "add sub eq ne lt_s gt_s le_s ge_s", &binary, V128);
        add(shape, "shl shr_s shr_u", &[V128, I32], V128);
    }
    for shape in ["i8x16", "i16x8"] {
        add(
            shape,
            "add_sat_s add_sat_u sub_sat_s sub_sat_u avgr_u",
            &binary,
            V128,
        );
    }
    for shape in ["i8x16", "i16x8", "i32x4"] {
        add(
            shape,
            "min_s min_u max_s max_u lt_u gt_u le_u ge_u",
            &binary,
            V128,
        );
    }
    for shape in ["i16x8", "i32x4", "i64x2"] {
        add(shape, "mul", &binary, V128);
    }
    add("i8x16", "popcnt", &unary, V128);
    add(
        "i8x16",
        "swizzle narrow_i16x8_s narrow_i16x8_u",
        &binary,
        V128,
    );
    add(
        "i16x8",
        "narrow_i32x4_s narrow_i32x4_u q15mulr_sat_s",
        &binary,
        V128,
    );
    add("i32x4", "dot_i16x8_s", &binary, V128);
    for (shape, half) in [("i16x8", "i8x16"), ("i32x4", "i16x8"), ("i64x2", "i32x4")] {
        for sign in ["s", "u"] {
            add(
                shape,
                &format!("extend_low_{half}_{sign} extend_high_{half}_{sign}"),
                &unary,
                V128,
            );
            add(
                shape,
                &format!("extmul_low_{half}_{sign} extmul_high_{half}_{sign}"),
                &binary,
                V128,
            );
        }
    }
    for shape in ["f32x4", "f64x2"] {
        add(shape, "abs neg sqrt ceil floor trunc nearest", &unary, V128);
        add(
            shape,
            "add sub mul div min max pmin pmax eq ne lt gt le ge",
            &binary,
            V128,
        );
    }
    let conversions =
        "trunc_sat_f32x4_s trunc_sat_f32x4_u trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero";
    add("i32x4", conversions, &unary, V128);
    add(
        "f32x4",
        "convert_i32x4_s convert_i32x4_u demote_f64x2_zero",
        &unary,
        V128,
    );
    add(
        "f64x2",
        "convert_low_i32x4_s convert_low_i32x4_u promote_low_f32x4",
        &unary,
        V128,
    );
}
