//! Functions that are valid, but too large for the engine. It translates a function when it is first called, so that
//! one would only then be found: they are refused before the run.
//!
//! What can fail after validation in wasmi 2.0.0 are two bounds of `translator/func`: `LOCAL_VARIABLES_MAX`, and the
//! slots of a function's frame, which have to fit into 16 bits. The first is counted. The second is ruled out for
//! nearly all functions by their length alone, and tried for the others.

use super::engine::eager;
use crate::error::Error;
use crate::module::code_section::CodeSection;
use wasmi::errors::ErrorKind;
use wasmparser::{CompositeInnerType, FunctionBody, Parser, Payload};

/// How many parameters and locals the engine takes in a function.
const MAX_LOCALS: u64 = 30_000;

/// How many slots a function's frame may have: for its locals, which the engine counts once more, and for the values
/// that are on the stack at a time.
const MAX_SLOTS: u64 = u16::MAX as u64;

/// How many slots a value takes at the most: a vector's two.
const SLOTS_PER_VALUE: u64 = 2;

/// How many bytes an operator takes at least that leaves more values on the stack than it found.
const BYTES_PER_PUSH: u64 = 2;

/// A body that any function may have: no locals, `unreachable`, `end`.
const TRIVIAL_BODY: [u8; 3] = [0, 0x00, 0x0b];

/// Refuses a valid module with a function that is too large for the engine.
///
/// # Errors
///
/// `Module` where there is one.
pub(super) fn refuse_oversized(name: &str, wasm: &[u8]) -> Result<(), Error> {
    let refuse = |why: String| {
        Err(Error::module(format!(
            "{name} has a function that is too large for the engine"
        ))
        .caused_by(anyhow::Error::msg(why)))
    };
    // A valid module can be read.
    let Ok(functions) = Functions::read(wasm) else {
        return Ok(());
    };
    if let Some((index, count)) = functions.with_too_many_locals {
        return refuse(format!(
            "function {index} has {count} parameters and locals; the engine takes {MAX_LOCALS}"
        ));
    }
    let Some(large) = functions.only_large(wasm) else {
        return Ok(());
    };
    match wasmi::Module::new(&eager(), &large) {
        Err(error) if matches!(error.kind(), ErrorKind::Translation(_)) => refuse(format!(
            "its locals and the values that it has at a time take more than {MAX_SLOTS} slots"
        )),
        _ => Ok(()),
    }
}

/// What is known of a module's functions by their heads and lengths.
#[derive(Default)]
struct Functions {
    /// The first function with too many locals, and how many.
    with_too_many_locals: Option<(u32, u64)>,
    /// The positions in the code section of those that may need too many slots.
    large: Vec<usize>,
}

impl Functions {
    fn read(wasm: &[u8]) -> wasmparser::Result<Self> {
        let mut found = Self::default();
        let (mut types, mut indices, mut imported) = (Vec::new(), Vec::new(), 0);
        let mut most_results = 1;
        let mut positions = 0..;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group?.into_types() {
                            // The engine knows functions only.
                            if let CompositeInnerType::Func(ty) = ty.composite_type.inner {
                                most_results = most_results.max(ty.results().len() as u64);
                                types.push(ty.params().len() as u64);
                            }
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section {
                        imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => {
                    for index in section {
                        indices.push(index?);
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let index = positions.next().unwrap_or_default();
                    let ty = indices.get(index).and_then(|ty| types.get(*ty as usize));
                    let locals = ty.copied().unwrap_or_default() + locals(&body)?;
                    if locals > MAX_LOCALS && found.with_too_many_locals.is_none() {
                        found.with_too_many_locals = Some((imported + index as u32, locals));
                    }
                    let length = body.range().len() as u64;
                    if slots(locals, length, most_results) > MAX_SLOTS {
                        found.large.push(index);
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// The module with all bodies but the large ones replaced; `None` where there are no large ones.
    fn only_large(&self, wasm: &[u8]) -> Option<Vec<u8>> {
        if self.large.is_empty() {
            return None;
        }
        let code = CodeSection::find(wasm)?;
        let bodies = code.bodies(wasm).enumerate();
        let bodies = bodies.map(|(index, body)| match self.large.binary_search(&index) {
            Ok(_) => body,
            Err(_) => &TRIVIAL_BODY,
        });
        Some(code.replace(wasm, bodies))
    }
}

fn locals(body: &FunctionBody<'_>) -> wasmparser::Result<u64> {
    let mut locals = 0;
    for group in body.get_locals_reader()? {
        locals += u64::from(group?.0);
    }
    Ok(locals)
}

/// How many slots a function with such a length needs at the most.
fn slots(locals: u64, length: u64, most_results: u64) -> u64 {
    let pushed = length.div_ceil(BYTES_PER_PUSH).saturating_mul(most_results);
    (locals + pushed).saturating_mul(SLOTS_PER_VALUE) + locals
}
