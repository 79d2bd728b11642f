//! Corrects valid modules that the engine would run incorrectly. This is the last step before the engine compiles the
//! module, so that debug information, names and shadow stacks use the offsets of the file.
//!
//! A module can trigger three bugs of wasmi 2.0.0:
//!
//! - A `select` whose condition is a comparison with zero uses the comparison's operand instead of the result, but
//!   reads the slot of the result. The selected value is wrong without an error. The bug is in `try_fuse_select`
//!   ([source]), which drops a staged `I32Eq_Rsi` or `I32NotEq_Rsi` but does not use its operand's slot. This module
//!   inserts `i32.extend8_s` between the two, which changes neither 0 nor 1. Executing it uses one unit of fuel.
//! - The offset of `v128.store8_lane` and `v128.store16_lane` is decoded with another width than it was encoded with,
//!   unless wasmi is built with the feature `memory64` (`StoreLaneOp`, [ir]). Cargo.toml enables the feature, and
//!   `guest::engine` turns it off in the configuration.
//! - Each execution of `memory.grow` or `table.grow` keeps native stack until the call into the guest returns: see
//!   [`native_stack`](crate::stop::native_stack). The limiter counts the growths for which the engine asks it. A
//!   [guard](growths) computes the results of the others, so they are not executed.
//!
//! The test `engine/faults` fails once the first is fixed. `comparisons` can then be removed, and the others checked.
//!
//! [source]: https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/wasmi/src/engine/translator/func/mod.rs
//! [ir]: https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/ir/src/decode/op.rs

mod comparisons;
mod growths;

use super::sections::{
    CODE, FUNCTION, GLOBAL, IMPORT, MEMORY, Section, TABLE, TYPE, sections, write_section,
};
use comparisons::Globals;
use growths::Definitions;
use std::borrow::Cow;
use wasm_encoder::Encode;
use wasmparser::{BinaryReader, CodeSectionReader, GlobalSectionReader};

/// The opcode of `i32.extend8_s`, which changes neither 0 nor 1.
const I32_EXTEND8_S: u8 = 0xc0;

/// Returns the module that the engine must compile, which is a copy only if a correction is needed. A valid module
/// stays valid: the inserted operator takes and returns the type of a comparison's result, and a guard has the type of
/// the growth.
pub fn correct(wasm: &[u8]) -> Cow<'_, [u8]> {
    corrected(wasm).map_or(Cow::Borrowed(wasm), Cow::Owned)
}

/// Returns the corrected module; `None` if nothing is corrected, or if it is malformed.
fn corrected(wasm: &[u8]) -> Option<Vec<u8>> {
    let mut globals = Globals::Mutable;
    let mut definitions = Definitions::default();
    for section in sections(wasm) {
        let section = section.ok()?;
        let content = &wasm[section.content.clone()];
        match section.id {
            TYPE => definitions.types = content,
            IMPORT => definitions.read_imports(content).ok()?,
            FUNCTION => definitions.functions = content,
            TABLE => definitions.read_tables(content).ok()?,
            MEMORY => definitions.read_memories(content).ok()?,
            GLOBAL => globals = read_globals(content)?,
            CODE => {
                let bodies = correct_bodies(content, globals, &definitions)?;
                let is_changed = bodies.iter().any(|body| matches!(body, Cow::Owned(_)));
                return is_changed.then(|| with_bodies(wasm, &section, &bodies));
            }
            _ => {}
        }
    }
    None
}

fn read_globals(section: &[u8]) -> Option<Globals> {
    for global in GlobalSectionReader::new(BinaryReader::new(section, 0)).ok()? {
        if !global.ok()?.ty.mutable {
            return Some(Globals::SomeImmutable);
        }
    }
    Some(Globals::Mutable)
}

/// Returns the corrected bodies of a code section; `None` if the section is malformed.
fn correct_bodies<'a>(
    code: &'a [u8],
    globals: Globals,
    definitions: &Definitions<'_>,
) -> Option<Vec<Cow<'a, [u8]>>> {
    let bodies = CodeSectionReader::new(BinaryReader::new(code, 0)).ok()?;
    let corrected = bodies.into_iter().enumerate().map(|(index, body)| {
        let body = body.ok()?.as_bytes();
        Some(match growths::guard(body, index, definitions) {
            Some(guarded) => Cow::Owned(correct_selects(&guarded, globals).into_owned()),
            None => correct_selects(body, globals),
        })
    });
    corrected.collect()
}

fn correct_selects(body: &[u8], globals: Globals) -> Cow<'_, [u8]> {
    let inserts = comparisons::before_select(body, globals);
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

/// Copies a module, and replaces the bodies in its code section.
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
