//! Corrects valid modules that the engine would run wrongly. This is done last, when the engine compiles the module, so
//! that everything else (debug information, names, shadow stacks) keeps the offsets of the file.
//!
//! wasmi 2.0.0 has two bugs that a module can reach:
//!
//! - `select` with a comparison to zero as its condition uses the comparison's operand in place of its result,
//!   but reads it where the result would have been: a silent wrong value. The bug is in `try_fuse_select`
//!   ([source]), which drops a staged `I32Eq_Rsi` or `I32NotEq_Rsi` without passing on its operand's slot.
//!   This module inserts `i32.extend8_s` between the two, which changes neither 0 nor 1. It costs one unit of fuel
//!   where it is executed.
//! - `v128.store8_lane` and `v128.store16_lane` decode their offset at another width than they were encoded
//!   with, unless the feature `memory64` is built in (`StoreLaneOp`, [ir]). Cargo.toml builds it in, and
//!   `guest::engine` turns it off in the configuration.
//!
//! The test `engine/faults` fails once wasmi is fixed: then this module, and the feature, can go.
//!
//! [source]: https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/wasmi/src/engine/translator/func/mod.rs
//! [ir]: https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/ir/src/decode/op.rs

mod comparisons;

use super::sections::{CODE, Section, sections, write_section};
use std::borrow::Cow;
use wasm_encoder::Encode;
use wasmparser::{BinaryReader, CodeSectionReader};

/// Changes neither 0 nor 1.
const I32_EXTEND8_S: u8 = 0xc0;

/// Returns the module as the engine must compile it: a copy only where something is to be corrected. It is as valid as
/// before, since what is inserted takes what a comparison returns and returns the same type.
pub fn correct(wasm: &[u8]) -> Cow<'_, [u8]> {
    let corrected = || {
        let mut sections = sections(wasm).map_while(Result::ok);
        let section = sections.find(|section| section.id == CODE)?;
        let bodies = correct_bodies(&wasm[section.content.clone()])?;
        let is_changed = bodies.iter().any(|body| matches!(body, Cow::Owned(_)));
        is_changed.then(|| with_bodies(wasm, &section, &bodies))
    };
    corrected().map_or(Cow::Borrowed(wasm), Cow::Owned)
}

/// Returns the bodies of a code section, corrected; `None` if the section is malformed.
fn correct_bodies(code: &[u8]) -> Option<Vec<Cow<'_, [u8]>>> {
    let bodies = CodeSectionReader::new(BinaryReader::new(code, 0)).ok()?;
    let corrected = bodies
        .into_iter()
        .map(|body| Some(correct_body(body.ok()?.as_bytes())));
    corrected.collect()
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

/// Copies a module with other bodies in its code section.
fn with_bodies(wasm: &[u8], code: &Section, bodies: &[Cow<'_, [u8]>]) -> Vec<u8> {
    let mut module = Vec::with_capacity(wasm.len() + wasm.len() / 64);
    module.extend_from_slice(&wasm[..code.range.start]);
    write_section(&mut module, CODE, |content| {
        bodies.len().encode(content);
        bodies.iter().for_each(|body| body.encode(content));
    });
    module.extend_from_slice(&wasm[code.range.end..]);
    module
}
