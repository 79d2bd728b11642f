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

use super::bytes::{Reader, write_sized, write_u32};
use std::borrow::Cow;
use std::ops::Range;

/// The length of what precedes the first section.
const PREAMBLE: usize = 8;

/// The id of the code section.
const CODE: u8 = 10;

/// Changes neither 0 nor 1.
const I32_EXTEND8_S: u8 = 0xc0;

/// Functions, by their places in the code section.
#[derive(Clone, Copy, Debug)]
pub enum Functions<'a> {
    /// All of them.
    All,
    /// These, in order.
    Only(&'a [u32]),
}

/// The module as the engine has to get it: copied only where something has to be corrected in one of these
/// functions. A malformed module stays as it is, for the engine to refuse.
pub fn correct<'w>(wasm: &'w [u8], functions: Functions<'_>) -> Cow<'w, [u8]> {
    if matches!(functions, Functions::Only([])) {
        return Cow::Borrowed(wasm);
    }
    let corrected = code_section(wasm).and_then(|(section, content)| {
        let corrections = corrections(&wasm[content.clone()], functions)?;
        Some(write(wasm, section, content, &corrections))
    });
    corrected.map_or(Cow::Borrowed(wasm), Cow::Owned)
}

/// Where the code section is: all of it, and its content.
fn code_section(wasm: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let mut module = Reader::new(wasm);
    module.skip(PREAMBLE);
    while !module.is_at_end() {
        let start = module.at();
        let id = module.byte().ok()?;
        let content = module.sized().ok()?;
        if id == CODE {
            let end = module.at();
            return Some((start..end, end - content.len()..end));
        }
    }
    None
}

/// A function's body, as a range of the code section, and where in the section to insert an operator.
struct Correction {
    /// The body with its size.
    sized: Range<usize>,
    body: Range<usize>,
    inserts: Vec<usize>,
}

/// What to correct; `None` where there is nothing.
fn corrections(code: &[u8], functions: Functions<'_>) -> Option<Vec<Correction>> {
    let mut reader = Reader::new(code);
    let mut corrections = Vec::new();
    for index in 0..reader.u32().ok()? {
        let start = reader.at();
        let length = reader.sized().ok()?.len();
        let body = reader.at() - length..reader.at();
        let is_looked_at = match functions {
            Functions::All => true,
            Functions::Only(indices) => indices.binary_search(&index).is_ok(),
        };
        let inserts = match is_looked_at {
            true => comparisons::before_select(&code[body.clone()], body.start),
            false => continue,
        };
        if !inserts.is_empty() {
            corrections.push(Correction {
                sized: start..body.end,
                body,
                inserts,
            });
        }
    }
    (!corrections.is_empty()).then_some(corrections)
}

/// Writes the module with its code section corrected.
fn write(
    wasm: &[u8],
    section: Range<usize>,
    content: Range<usize>,
    corrections: &[Correction],
) -> Vec<u8> {
    let code = &wasm[content];
    // Each length may take a byte more than before.
    let more = |correction: &Correction| correction.inserts.len() + 1;
    let mut corrected =
        Vec::with_capacity(code.len() + corrections.iter().map(more).sum::<usize>());
    let mut copied = 0;
    for Correction {
        sized,
        body,
        inserts,
    } in corrections
    {
        corrected.extend_from_slice(&code[copied..sized.start]);
        // A module has less than 4 GiB.
        write_u32(&mut corrected, (body.len() + inserts.len()) as u32);
        copied = body.start;
        for insert in inserts {
            corrected.extend_from_slice(&code[copied..*insert]);
            corrected.push(I32_EXTEND8_S);
            copied = *insert;
        }
    }
    corrected.extend_from_slice(&code[copied..]);
    let mut written = Vec::with_capacity(wasm.len() + corrected.len() - code.len() + 8);
    written.extend_from_slice(&wasm[..section.start]);
    written.push(CODE);
    write_sized(&mut written, &corrected);
    written.extend_from_slice(&wasm[section.end..]);
    written
}
