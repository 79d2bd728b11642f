//! Refuses valid functions that are too large for the engine before the run. The engine translates a function at its
//! first call, so the run would otherwise fail only then.
//!
//! Two limits of wasmi 2.0.0 can be exceeded by a valid function: `LOCAL_VARIABLES_MAX`, and the slots of a function's
//! frame, which must fit into 16 bits:
//! <https://github.com/wasmi-labs/wasmi/tree/v2.0.0/crates/wasmi/src/engine/translator/func>. The first is checked by
//! counting. Short functions cannot exceed the second. Long functions, which are rare, are translated to check it.

use super::engine::eager;
use crate::error::Error;
use wasm_encoder::{CodeSection, Function, Instruction, Module, RawSection};
use wasmi::errors::ErrorKind;
use wasmparser::{CompositeInnerType, FunctionBody, Parser, Payload, TypeRef};

/// The maximum number of parameters and locals of a function in the engine.
const MAX_LOCALS: u64 = 30_000;

/// The maximum number of slots in a function's frame: for its locals, which the engine counts twice, and for the values
/// on the operand stack.
const MAX_SLOTS: u64 = u16::MAX as u64;

/// The maximum number of slots of a value: those of a vector.
const SLOTS_PER_VALUE: u64 = 2;

/// The minimum number of bytes of an operator that pushes more values than it pops.
const BYTES_PER_PUSH: u64 = 2;

/// Refuses a valid module with a function that is too large for the engine.
///
/// # Errors
///
/// `Module` if the module has such a function.
pub(super) fn refuse_oversized(name: &str, wasm: &[u8]) -> Result<(), Error> {
    let error = |reason: String| {
        let message = format!("{name} has a function that is too large for the engine");
        Err(Error::module(message).detail(reason))
    };
    // A valid module can be parsed.
    let Ok(functions) = FunctionSizes::parse(wasm) else {
        return Ok(());
    };
    if let Some((index, count)) = functions.with_too_many_locals {
        return error(format!(
            "function {index} has {count} parameters and locals; the engine supports {MAX_LOCALS}"
        ));
    }
    if functions.large.is_empty() {
        return Ok(());
    }
    let Ok(only_large) = functions.without_small(wasm) else {
        return Ok(());
    };
    match wasmi::Module::new(&eager(), &only_large) {
        Err(translation) if matches!(translation.kind(), ErrorKind::Translation(_)) => {
            error(format!(
                "its locals and the values on its operand stack take more than {MAX_SLOTS} slots"
            ))
        }
        _ => Ok(()),
    }
}

/// The functions of a module that are or may be too large, by their types, locals and lengths.
#[derive(Default)]
struct FunctionSizes {
    /// The index of the first function with too many locals, and their count.
    with_too_many_locals: Option<(u32, u64)>,
    /// The indices, in the code section, of the functions that may need too many slots.
    large: Vec<usize>,
}

impl FunctionSizes {
    fn parse(wasm: &[u8]) -> wasmparser::Result<Self> {
        let mut functions = Self::default();
        let (mut param_counts, mut types, mut imported) = (Vec::new(), Vec::new(), 0);
        let mut max_results = 1;
        let mut index = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group?.into_types() {
                            // The engine supports no other types.
                            if let CompositeInnerType::Func(ty) = ty.composite_type.inner {
                                max_results = max_results.max(ty.results().len() as u64);
                                param_counts.push(ty.params().len() as u64);
                            }
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => {
                    types = section.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => {
                    let ty = types.get(index).map(|ty: &u32| *ty as usize);
                    let params = ty.and_then(|ty| param_counts.get(ty).copied());
                    let locals = params.unwrap_or_default() + count_locals(&body)?;
                    if locals > MAX_LOCALS && functions.with_too_many_locals.is_none() {
                        functions.with_too_many_locals = Some((imported + index as u32, locals));
                    }
                    let length = body.range().len() as u64;
                    if max_slots(locals, length, max_results) > MAX_SLOTS {
                        functions.large.push(index);
                    }
                    index += 1;
                }
                _ => {}
            }
        }
        Ok(functions)
    }

    /// The module with trivial bodies for all functions except the large ones.
    fn without_small(&self, wasm: &[u8]) -> wasmparser::Result<Vec<u8>> {
        let (mut module, mut code) = (Module::new(), CodeSection::new());
        let (mut index, mut count) = (0, 0);
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::CodeSectionStart { count: bodies, .. } => count = bodies as usize,
                Payload::CodeSectionEntry(body) => {
                    match self.large.binary_search(&index) {
                        Ok(_) => code.raw(&wasm[body.range()]),
                        Err(_) => code.function(&trivial_body()),
                    };
                    index += 1;
                    if index == count {
                        module.section(&code);
                    }
                }
                other => {
                    if let Some((id, range)) = other.as_section() {
                        let data = &wasm[range];
                        module.section(&RawSection { id, data });
                    }
                }
            }
        }
        Ok(module.finish())
    }
}

/// A body that is valid for every function type.
fn trivial_body() -> Function {
    let mut body = Function::new([]);
    body.instruction(&Instruction::Unreachable);
    body.instruction(&Instruction::End);
    body
}

fn count_locals(body: &FunctionBody<'_>) -> wasmparser::Result<u64> {
    let mut count = 0;
    for group in body.get_locals_reader()? {
        count += u64::from(group?.0);
    }
    Ok(count)
}

/// An upper bound of the number of slots that a function of this length needs.
fn max_slots(locals: u64, length: u64, max_results: u64) -> u64 {
    let pushed = length.div_ceil(BYTES_PER_PUSH).saturating_mul(max_results);
    (locals + pushed).saturating_mul(SLOTS_PER_VALUE) + locals
}
