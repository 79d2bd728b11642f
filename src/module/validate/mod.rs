//! Seeing at a glance that a module's functions are valid. Validation is most of what it takes to load a
//! module, and what compilers emit is a small part of what there can be: that part is judged here, in a
//! fraction of the time, and all else is left to the engine. So `Valid` is said only of functions that
//! are, if the rest of the module is; `Unsure` says nothing.
//!
//! The engine validates what it executes once more, function by function. What is decided here is only
//! that a module with an invalid function is refused before any of it runs.
//!
//! The rules are those of the appendix "Validation Algorithm" of WebAssembly's core specification.

mod body;
mod context;
mod numeric;
mod stack;
#[cfg(test)]
mod tests;
mod typing;

use super::bytes::{Malformed, Reader};
use body::Body;
use context::Context;
use wasmparser::{BinaryReaderError, Chunk, Parser, Payload};

/// What is known of a module's functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are valid, if the rest of the module is.
    Valid {
        /// Those in which a comparison may reach a `select`, by their places in the code section.
        with_select: Vec<u32>,
    },
    /// Some of them may not be.
    Unsure,
}

/// Judges the functions of a module in the binary format.
pub fn validate_functions(wasm: &[u8]) -> Verdict {
    match see_validity(wasm) {
        Ok(with_select) => Verdict::Valid { with_select },
        Err(Unsure) => Verdict::Unsure,
    }
}

/// That it is not certain that something is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unsure;

impl From<Malformed> for Unsure {
    fn from(_: Malformed) -> Self {
        Self
    }
}

impl From<BinaryReaderError> for Unsure {
    fn from(_: BinaryReaderError) -> Self {
        Self
    }
}

/// Returns the functions in which a comparison may reach a `select`.
fn see_validity(wasm: &[u8]) -> Result<Vec<u32>, Unsure> {
    let mut context = Context::default();
    let mut parser = Parser::new(0);
    let mut rest = wasm;
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else {
            return Err(Unsure);
        };
        rest = &rest[consumed..];
        match payload {
            Payload::CodeSectionStart { count, size, .. } => {
                let code = rest.get(..size as usize).ok_or(Unsure)?;
                return see_code(&context, code, count);
            }
            // Whether there should have been code is for the engine to say.
            Payload::End(_) => return Ok(Vec::new()),
            section => context.read(section)?,
        }
    }
}

/// A code section behind its count.
fn see_code(context: &Context, code: &[u8], count: u32) -> Result<Vec<u32>, Unsure> {
    let mut code = Reader::new(code);
    let mut body = Body::new(context);
    let types = context.defined_functions().ok_or(Unsure)?;
    if types.len() != count as usize {
        return Err(Unsure);
    }
    let mut with_select = Vec::new();
    for (index, ty) in (0..count).zip(types) {
        body.see(context.function_type(*ty)?, code.sized()?)?;
        if body.has_select() {
            with_select.push(index);
        }
    }
    match code.is_at_end() {
        true => Ok(with_select),
        false => Err(Unsure),
    }
}
