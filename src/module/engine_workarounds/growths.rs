//! Guards `memory.grow` and `table.grow`. The engine does not ask the limiter for a growth by 0, beyond a memory's
//! maximum, or of a table to 2^32 elements ([memory][], [table][]). The guard computes the results of these growths, and
//! executes only the others:
//!
//! ```wat
//! (local.set $delta)
//! (i32.ge_u (i32.sub (local.get $delta) (i32.const 1)) (i32.sub (i32.const MAXIMUM) (memory.size)))
//! (if (result i32)
//!   (then (select (i32.const -1) (memory.size) (local.get $delta)))
//!   (else (memory.grow (local.get $delta))))
//! ```
//!
//! The maximum of an imported memory is that of the import, which may be larger than the memory's own.
//!
//! [memory]: https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/core/src/memory/mod.rs
//! [table]: https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/core/src/table/mod.rs

use std::cell::OnceCell;
use wasm_encoder::{BlockType, Encode, Instruction, ValType};
use wasmparser::{
    BinaryReader, FunctionBody, FunctionSectionReader, ImportSectionReader, MemorySectionReader,
    Operator, RefType, Result, TableSectionReader, TypeRef, TypeSectionReader,
};

/// The maximum size of a memory in pages, and that of a table in elements.
const MAX_PAGES: u32 = 1 << 16;
const MAX_ELEMENTS: u32 = u32::MAX;

/// The first byte of `memory.grow`, which is also the type of a block without parameters and results.
const GROW: u8 = 0x40;
const IF: u8 = 0x04;

/// The first byte of operators on vectors, and the maximum length of one that writes a lane to memory.
const VECTOR: u8 = 0xfd;
const MAX_VECTOR_BYTES: usize = 24;

const CHUNK_BYTES: usize = 32;

/// The maximum number of parameters and locals of a guarded function. With more, the added ones could make it too large for
/// the engine.
const MAX_LOCALS: u32 = 20_000;

/// The locals that are added to a function: the operands of a growth.
const ADDED_LOCALS: [ValType; 3] = [ValType::I32, ValType::FUNCREF, ValType::EXTERNREF];
const DELTA: u32 = 0;
const FUNCTION: u32 = 1;
const EXTERNAL: u32 = 2;

/// The parts of a module that the guards depend on.
#[derive(Default)]
pub(super) struct Definitions<'a> {
    /// The contents of the sections with the types, and with the functions' types.
    pub(super) types: &'a [u8],
    pub(super) functions: &'a [u8],
    /// The maximum sizes of the memories in pages.
    memory_maxima: Vec<u32>,
    /// The types of the tables' elements.
    table_elements: Vec<RefType>,
    param_counts: OnceCell<Vec<u32>>,
}

impl Definitions<'_> {
    pub(super) fn read_imports(&mut self, section: &[u8]) -> Result<()> {
        for import in ImportSectionReader::new(BinaryReader::new(section, 0))? {
            match import?.ty {
                TypeRef::Memory(ty) => self.memory_maxima.push(max_pages(ty.maximum)),
                TypeRef::Table(ty) => self.table_elements.push(ty.element_type),
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn read_memories(&mut self, section: &[u8]) -> Result<()> {
        for ty in MemorySectionReader::new(BinaryReader::new(section, 0))? {
            self.memory_maxima.push(max_pages(ty?.maximum));
        }
        Ok(())
    }

    pub(super) fn read_tables(&mut self, section: &[u8]) -> Result<()> {
        for table in TableSectionReader::new(BinaryReader::new(section, 0))? {
            self.table_elements.push(table?.ty.element_type);
        }
        Ok(())
    }

    /// Returns true if the byte at `at` is certainly the block type of an `if` after a comparison. `0x40` is also the first
    /// byte of a growth, and the two bytes before it could be operands, but only of an operator on a memory or table with
    /// index 4 or more, or on a lane of a vector, or of a `br_table`, after which a growth is not executed.
    fn is_block(&self, body: &[u8], at: usize) -> bool {
        let before = &body[at.saturating_sub(MAX_VECTOR_BYTES)..at];
        let indices = self.memory_maxima.len().max(self.table_elements.len());
        matches!(before, [.., 0x45..=0x66, IF])
            && body[at] == GROW
            && indices <= usize::from(IF)
            && !before.contains(&VECTOR)
    }

    /// The number of parameters of the function with this index in the code section.
    fn param_count(&self, index: usize) -> Option<u32> {
        let counts = || self.read_param_counts().unwrap_or_default();
        self.param_counts.get_or_init(counts).get(index).copied()
    }

    fn read_param_counts(&self) -> Option<Vec<u32>> {
        let types = TypeSectionReader::new(BinaryReader::new(self.types, 0)).ok()?;
        let types = types.into_iter_err_on_gc_types();
        let types: Result<Vec<_>> = types.map(|ty| Ok(ty?.params().len() as u32)).collect();
        let types = types.ok()?;
        let functions = FunctionSectionReader::new(BinaryReader::new(self.functions, 0)).ok()?;
        let functions = functions.into_iter();
        functions
            .map(|ty| types.get(ty.ok()? as usize).copied())
            .collect()
    }
}

fn max_pages(declared: Option<u64>) -> u32 {
    let declared = declared.and_then(|pages| u32::try_from(pages).ok());
    declared.unwrap_or(MAX_PAGES)
}

/// Returns the body of the function with this index in the code section, with guards; `None` if it has no growths or is
/// malformed.
pub(super) fn guard(body: &[u8], index: usize, definitions: &Definitions<'_>) -> Option<Vec<u8>> {
    let is_candidate = may_grow(body, definitions);
    is_candidate.then(|| guarded(body, index, definitions))?
}

/// Searches for the bytes of a growth, which may also be part of other operators. Decoding each function would take a
/// large part of the start-up time of a small program.
fn may_grow(body: &[u8], definitions: &Definitions<'_>) -> bool {
    let memories = definitions.memory_maxima.len().min(0x80) as u8;
    // The second byte is the first of a LEB128, which can be longer than necessary. Without branches, so that chunks are
    // vectorized.
    let is_growth = |(first, second): (&u8, &u8)| {
        let of_memory = (*first == GROW) & ((*second < memories) | (*second >= 0x80));
        let of_table = (*first == 0xfc) & (*second & 0x7f == 0x0f);
        of_memory | of_table
    };
    let seconds = body.get(1..).unwrap_or_default();
    let pairs = body.chunks(CHUNK_BYTES).zip(seconds.chunks(CHUNK_BYTES));
    pairs.enumerate().any(|(index, (first, second))| {
        let any = first
            .iter()
            .zip(second)
            .fold(false, |any, pair| any | is_growth(pair));
        let start = index * CHUNK_BYTES;
        any && first
            .iter()
            .zip(second)
            .enumerate()
            .any(|(offset, pair)| is_growth(pair) && !definitions.is_block(body, start + offset))
    })
}

fn guarded(body: &[u8], index: usize, definitions: &Definitions<'_>) -> Option<Vec<u8>> {
    let function = FunctionBody::new(BinaryReader::new(body, 0));
    let mut code = Vec::with_capacity(body.len() + 64);
    let declared = write_locals(&function, &mut code)?;
    let local_count = definitions.param_count(index)?.checked_add(declared)?;
    if local_count > MAX_LOCALS {
        return None;
    }
    let mut has_growths = false;
    let mut operators = function.get_operators_reader().ok()?;
    let mut copied = operators.original_position();
    while !operators.eof() {
        let start = operators.original_position();
        let growth = match operators.read().ok()? {
            Operator::MemoryGrow { mem } => Growth::of_memory(mem, definitions)?,
            Operator::TableGrow { table } => Growth::of_table(table, definitions)?,
            // An invalid function must not become valid.
            Operator::LocalGet { local_index }
            | Operator::LocalSet { local_index }
            | Operator::LocalTee { local_index }
                if local_index >= local_count =>
            {
                return None;
            }
            _ => continue,
        };
        has_growths = true;
        code.extend_from_slice(&body[copied..start]);
        growth.encode(local_count, &mut code);
        copied = operators.original_position();
    }
    code.extend_from_slice(&body[copied..]);
    has_growths.then_some(code)
}

/// Writes the locals that a function declares and the added ones. Returns the number of declared ones.
fn write_locals(function: &FunctionBody<'_>, code: &mut Vec<u8>) -> Option<u32> {
    let mut locals = function.get_locals_reader().ok()?;
    let (group_count, start) = (locals.get_count(), locals.original_position());
    let mut declared = 0_u32;
    for _ in 0..group_count {
        declared = declared.checked_add(locals.read().ok()?.0)?;
    }
    (group_count + ADDED_LOCALS.len() as u32).encode(code);
    code.extend_from_slice(&function.as_bytes()[start..locals.original_position()]);
    for ty in ADDED_LOCALS {
        1_u32.encode(code);
        ty.encode(code);
    }
    Some(declared)
}

/// A growth, by its instructions.
struct Growth {
    maximum: u32,
    size: Instruction<'static>,
    grow: Instruction<'static>,
    /// The added local for the value of new elements.
    element: Option<u32>,
}

impl Growth {
    fn of_memory(index: u32, definitions: &Definitions<'_>) -> Option<Self> {
        Some(Self {
            maximum: *definitions.memory_maxima.get(index as usize)?,
            size: Instruction::MemorySize(index),
            grow: Instruction::MemoryGrow(index),
            element: None,
        })
    }

    fn of_table(index: u32, definitions: &Definitions<'_>) -> Option<Self> {
        let element = match *definitions.table_elements.get(index as usize)? {
            RefType::FUNCREF => FUNCTION,
            RefType::EXTERNREF => EXTERNAL,
            _ => return None,
        };
        Some(Self {
            maximum: MAX_ELEMENTS,
            size: Instruction::TableSize(index),
            grow: Instruction::TableGrow(index),
            element: Some(element),
        })
    }

    /// Writes the growth with its guard, in a function with `locals` parameters and locals of its own.
    fn encode(&self, locals: u32, code: &mut Vec<u8>) {
        let delta = Instruction::LocalGet(locals + DELTA);
        let element = self.element.map(|local| locals + local);
        let mut write = |instruction: &Instruction<'_>| instruction.encode(code);
        write(&Instruction::LocalSet(locals + DELTA));
        element
            .iter()
            .for_each(|local| write(&Instruction::LocalSet(*local)));
        write(&delta);
        write(&Instruction::I32Const(1));
        write(&Instruction::I32Sub);
        write(&Instruction::I32Const(self.maximum.cast_signed()));
        write(&self.size);
        write(&Instruction::I32Sub);
        write(&Instruction::I32GeU);
        write(&Instruction::If(BlockType::Result(ValType::I32)));
        write(&Instruction::I32Const(-1));
        write(&self.size);
        write(&delta);
        write(&Instruction::Select);
        write(&Instruction::Else);
        element
            .iter()
            .for_each(|local| write(&Instruction::LocalGet(*local)));
        write(&delta);
        write(&self.grow);
        write(&Instruction::End);
    }
}

#[cfg(test)]
mod tests {
    use crate::module::engine_workarounds::correct;
    use std::borrow::Cow;

    /// The module with the body of a function `(param i32) (result i32)`, in bytes.
    fn module(body: &[u8]) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0\x01\x06\x01\x60\x01\x7f\x01\x7f\x03\x02\x01\0".to_vec();
        module.extend_from_slice(b"\x04\x04\x01\x70\0\0\x05\x03\x01\0\0\x0a");
        let size = body.len() as u8;
        module.extend_from_slice(&[size + 2, 1, size]);
        module.extend_from_slice(body);
        module
    }

    fn is_guarded(body: &[u8]) -> bool {
        matches!(correct(&module(body)), Cow::Owned(_))
    }

    #[test]
    fn each_encoding_of_a_growth_is_guarded() {
        for body in [
            b"\0\x20\0\x40\0\x0b".as_slice(),
            b"\0\x20\0\x40\x80\x80\0\x0b",
            b"\0\xd0\x70\x20\0\xfc\x0f\0\x0b",
            b"\0\xd0\x70\x20\0\xfc\x8f\x80\0\0\x0b",
        ] {
            let valid = wasmparser::validate(&correct(&module(body))).map(drop);
            assert!(is_guarded(body) && valid.is_ok(), "{body:x?} {valid:?}");
        }
        // A block with `unreachable`.
        assert!(!is_guarded(b"\0\x02\x40\0\x0b\x20\0\x0b"));
    }

    #[test]
    fn a_function_that_names_the_added_locals_stays_invalid() {
        let body = b"\0\x20\0\x40\0\x20\x01\x6a\x0b";
        assert!(!is_guarded(body));
    }
}
