//! The functions, files and lines at a program counter.

use super::super::dwarf::{Line, LineAccuracy, MAX_NEARBY_LINES, Position};
use super::function_data::{INLINED_BLOCK, INLINED_CALL_BYTES, INLINED_NAME};
use super::{GoPc, GoTable, OFFSET_BYTES, function};

/// The maximum number of functions that are inlined into each other at one place.
const MAX_INLINED: usize = 100;

/// The index of the table with the innermost inlined call by program counter.
const INLINED_INDEX_TABLE: u32 = 2;

/// The offset of a file that was removed from the table.
const NO_FILE: u32 = u32::MAX;

impl<'a> GoTable<'a> {
    /// The functions at a program counter, the innermost first. The last one is the compiled function, the others were
    /// inlined into it. There are none if the function has no name.
    pub fn positions(&self, pc: GoPc) -> Vec<Position<'a>> {
        let mut positions = Vec::new();
        let mut pc = pc;
        while positions.len() < MAX_INLINED {
            let line = self.line(pc);
            let inlined = self.inlined_index(pc);
            let Some(index) = inlined else {
                let function = self.function_name(pc);
                positions.extend(function.map(|function| position(function, line)));
                return positions;
            };
            let Some((function, block)) = self.inlined_call(pc.function, index) else {
                // The line is that of an inlined function whose name is unknown.
                let function = self.function_name(pc);
                positions.extend(function.map(|function| position(function, None)));
                return positions;
            };
            positions.push(position(function, line));
            pc.block = block;
        }
        positions
    }

    /// Returns true if the lines from a program counter to the end of a block are at most [`MAX_NEARBY_LINES`] lines apart.
    /// The table has only the last line of each block, so that of the block before is used as the first.
    pub fn are_lines_near(&self, pc: GoPc, end: u32) -> bool {
        let before = GoPc {
            block: pc.block.saturating_sub(1),
            ..pc
        };
        let table = self.field(pc.function, function::LINES);
        let lines = table
            .into_iter()
            .flat_map(|table| self.values(table, before, end));
        let (first, last) = lines.fold((i32::MAX, i32::MIN), |(first, last), line| {
            (first.min(line), last.max(line))
        });
        first <= last && last.abs_diff(first) <= MAX_NEARBY_LINES
    }

    /// Returns true if the code from a program counter to the end of a block belongs to the same inlined call, or to none.
    pub fn is_same_inlined(&self, pc: GoPc, end: u32) -> bool {
        let Some(table) = self.inlined_index_table(pc.function) else {
            return true;
        };
        let mut indices = self.values(table, pc, end);
        let first = indices.next();
        indices.all(|index| Some(index) == first)
    }

    fn line(&self, pc: GoPc) -> Option<Line> {
        let table = |field| self.field(pc.function, field);
        let line = self.value(table(function::LINES)?, pc)?;
        let file = self.value(table(function::FILES)?, pc)?;
        Some(Line {
            file: self.file(table(function::UNIT)?, file)?.into(),
            line: u32::try_from(line).ok()?,
            column: 0,
        })
    }

    fn file(&self, unit: u32, file: i32) -> Option<&'a str> {
        let index = unit.checked_add(u32::try_from(file).ok()?)?;
        let at = self
            .addresses
            .units
            .checked_add(index.checked_mul(OFFSET_BYTES)?)?;
        let offset = self.image.u32(at).filter(|offset| *offset != NO_FILE)?;
        self.image.text(self.addresses.files.checked_add(offset)?)
    }

    /// The index of the innermost inlined call at a program counter; `None` in the function itself.
    fn inlined_index(&self, pc: GoPc) -> Option<u32> {
        let table = self.inlined_index_table(pc.function)?;
        u32::try_from(self.value(table, pc)?).ok()
    }

    fn inlined_index_table(&self, function: u32) -> Option<u32> {
        let count = self.field(function, function::VALUE_TABLE_COUNT)?;
        let at = function::SIZE + INLINED_INDEX_TABLE * OFFSET_BYTES;
        let is_there = count > INLINED_INDEX_TABLE;
        is_there.then(|| self.field(function, at))?
    }

    /// The name of the function that is called, and the block of the call.
    fn inlined_call(&self, function: u32, index: u32) -> Option<(&'a str, u32)> {
        let calls = self
            .function_data()?
            .checked_add(self.inlined_calls(function)?)?;
        let call = calls.checked_add(index.checked_mul(INLINED_CALL_BYTES)?)?;
        let name = self.name(self.image.u32(call.checked_add(INLINED_NAME)?)?)?;
        let block = self.image.u32(call.checked_add(INLINED_BLOCK)?)?;
        Some((name, block))
    }
}

fn position(function: &str, line: Option<Line>) -> Position<'_> {
    Position {
        function,
        line,
        accuracy: LineAccuracy::Exact,
    }
}
