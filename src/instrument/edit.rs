//! Changes to one function: added locals, and code inserted between its operators.

use super::InstrumentError;
use std::ops::Range;
use wasm_encoder::{Encode, InstructionSink, ValType};
use wasmparser::FunctionBody;

/// The changes to a function. Several instruments can add to them. Offsets are relative to the start of the code
/// section's content.
pub(super) struct FunctionEdit<'a> {
    /// The content of the code section.
    section: &'a [u8],
    /// The range of the function's local declarations, without their count.
    declarations: Range<usize>,
    declaration_count: u32,
    /// The number of parameters and locals, including added ones.
    local_count: u32,
    added_locals: Vec<ValType>,
    /// The range of the function's operators.
    operators: Range<usize>,
    /// The code of all insertions, in the order in which they were made.
    inserted: Vec<u8>,
    insertions: Vec<Insertion>,
}

/// Code to insert.
struct Insertion {
    /// The offset of the operator before which the code is inserted.
    offset: usize,
    /// The start of the code in `inserted`.
    start: usize,
}

impl<'a> FunctionEdit<'a> {
    pub(super) fn new(
        section: &'a [u8],
        body: &FunctionBody<'a>,
        param_count: usize,
    ) -> Result<Self, InstrumentError> {
        let mut locals = body.get_locals_reader()?;
        let declaration_count = locals.get_count();
        let start = locals.original_position();
        let mut local_count = param_count as u32;
        for _ in 0..declaration_count {
            let (count, _) = locals.read()?;
            local_count = local_count.saturating_add(count);
        }
        let end = locals.original_position();
        Ok(Self {
            section,
            declarations: start..end,
            declaration_count,
            local_count,
            added_locals: Vec::new(),
            operators: end..body.range().end,
            inserted: Vec::new(),
            insertions: Vec::new(),
        })
    }

    /// Adds a local and returns its index.
    pub(super) fn add_local(&mut self, ty: ValType) -> u32 {
        let index = self.local_count;
        self.local_count += 1;
        self.added_locals.push(ty);
        index
    }

    /// Inserts code before the function's first operator.
    pub(super) fn insert_at_entry(&mut self) -> InstructionSink<'_> {
        self.insert_at(self.operators.start)
    }

    /// Inserts code before the operator at an offset, after earlier insertions at the same offset.
    pub(super) fn insert_at(&mut self, offset: usize) -> InstructionSink<'_> {
        self.insertions.push(Insertion {
            offset,
            start: self.inserted.len(),
        });
        InstructionSink::new(&mut self.inserted)
    }

    /// Appends the changed function to the functions of a code section.
    pub(super) fn write(self, code: &mut Vec<u8>) {
        let mut declaration_count = Vec::new();
        (self.declaration_count + self.added_locals.len() as u32).encode(&mut declaration_count);
        let mut added_declarations = Vec::new();
        for ty in &self.added_locals {
            1_u32.encode(&mut added_declarations);
            ty.encode(&mut added_declarations);
        }
        let declarations = [
            &declaration_count,
            &self.section[self.declarations],
            &added_declarations,
        ];
        let declarations = declarations.concat();
        (declarations.len() + self.operators.len() + self.inserted.len()).encode(code);
        code.extend_from_slice(&declarations);
        let ends = self.insertions.iter().skip(1).map(|next| next.start);
        let ends = ends.chain([self.inserted.len()]);
        let mut insertions: Vec<_> = self.insertions.iter().zip(ends).collect();
        // The sort is stable, and fast if the insertions were made in order.
        insertions.sort_by_key(|(insertion, _)| insertion.offset);
        let mut copied = self.operators.start;
        for (insertion, end) in insertions {
            code.extend_from_slice(&self.section[copied..insertion.offset]);
            code.extend_from_slice(&self.inserted[insertion.start..end]);
            copied = insertion.offset;
        }
        code.extend_from_slice(&self.section[copied..self.operators.end]);
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::FunctionEdit;
    use wasm_encoder::{CodeSection, Encode, Function, ValType};
    use wasmparser::{BinaryReader, CodeSectionReader};

    /// Returns the content of a code section.
    fn content(code: &CodeSection) -> Vec<u8> {
        let mut encoded = Vec::new();
        code.encode(&mut encoded);
        // The section is small enough for a size of one byte.
        encoded.split_off(1)
    }

    #[test]
    fn code_is_inserted_by_offset_and_then_in_order() {
        let mut function = Function::new([(2, ValType::I64)]);
        function.instructions().nop().unreachable().end();
        let mut code = CodeSection::new();
        let original = content(code.function(&function));

        let bodies = CodeSectionReader::new(BinaryReader::new(&original, 0)).expect("a section");
        let body = bodies.into_iter().next().expect("a body").expect("a body");
        let operators = body.get_operators_reader().expect("operators");
        let start = operators.original_position();
        let mut edit = FunctionEdit::new(&original, &body, 1).expect("locals");
        assert_eq!(edit.add_local(ValType::I32), 3);
        edit.insert_at(start + 2).i32_const(3).drop();
        edit.insert_at(start).i32_const(1).drop();
        edit.insert_at(start).i32_const(2).drop();
        // A section starts with the number of functions.
        let mut changed = vec![1];
        edit.write(&mut changed);

        let mut expected = Function::new([(2, ValType::I64), (1, ValType::I32)]);
        let mut instructions = expected.instructions();
        instructions.i32_const(1).drop().i32_const(2).drop().nop();
        instructions.unreachable().i32_const(3).drop().end();
        assert_eq!(changed, content(CodeSection::new().function(&expected)));
    }
}
