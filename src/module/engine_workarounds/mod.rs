//! Corrections of valid modules that the engine would run wrongly. They apply to what the engine compiles, last
//! of all, so that everything else (debug information, names, shadow stacks) keeps the offsets of the file.
//!
//! wasmi 2.0.0 has two faults that a module can reach:
//!
//! - `select` with a comparison to zero as its condition uses the comparison's operand in place of its result,
//!   but reads it where the result would have been: a silent wrong value. The fault is in `try_fuse_select`
//!   ([source]), which drops a staged `I32Eq_Rsi` or `I32NotEq_Rsi` without passing on its operand's slot.
//!   This module keeps the two apart with `i32.extend8_s`, which changes neither 0 nor 1. It costs one unit of
//!   fuel where it is executed.
//! - `v128.store8_lane` and `v128.store16_lane` decode their offset at another width than they were encoded
//!   with, unless the feature `memory64` is built in (`StoreLaneOp`, [ir]). Cargo.toml builds it in, and
//!   `guest::engine` turns it off in the configuration.
//!
//! The test `engine/faults` fails once wasmi is mended: then this module, and the feature, can go.
//!
//! [source]: https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/wasmi/src/engine/translator/func/mod.rs
//! [ir]: https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/ir/src/decode/op.rs

mod comparisons;

use super::code_section::CodeSection;
use std::borrow::Cow;

/// Changes neither 0 nor 1.
const I32_EXTEND8_S: u8 = 0xc0;

/// Returns the module as the engine must compile it: a copy only where something is to be corrected. It is as valid as
/// before, since what is inserted takes what a comparison gives and gives the same type.
pub fn correct(wasm: &[u8]) -> Cow<'_, [u8]> {
    let corrected = || {
        let code = CodeSection::find(wasm)?;
        let bodies: Vec<_> = code.bodies(wasm).map(correct_body).collect();
        let is_changed = bodies.iter().any(|body| matches!(body, Cow::Owned(_)));
        is_changed.then(|| code.replace(wasm, bodies.iter()))
    };
    corrected().map_or(Cow::Borrowed(wasm), Cow::Owned)
}

fn correct_body(body: &[u8]) -> Cow<'_, [u8]> {
    let inserts = comparisons::before_select(body);
    if inserts.is_empty() {
        return Cow::Borrowed(body);
    }
    let mut corrected = Vec::with_capacity(body.len() + inserts.len());
    let mut copied = 0;
    for insert in inserts {
        corrected.extend_from_slice(&body[copied..insert]);
        corrected.push(I32_EXTEND8_S);
        copied = insert;
    }
    corrected.extend_from_slice(&body[copied..]);
    Cow::Owned(corrected)
}
