//! Source lines by address. LLVM's linker leaves the lines of removed functions at address zero, where no function can
//! be. Binaryen may end the lines of a function before its code ends: then only the last line before an address is
//! known.

use super::files::SourceFile;
use super::{Debug, Unit};
use std::collections::HashSet;
use std::sync::Arc;

/// A source line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file's path, as the compiler got it.
    pub file: Arc<str>,
    /// The line, counted from 1; 0 if it is unknown.
    pub line: u32,
    /// The column, counted from 1; 0 if it is unknown.
    pub column: u32,
}

/// The lines of a module's code.
#[derive(Default)]
pub(super) struct Lines {
    /// Sorted by address; the end of a sequence comes before the beginning of the next. No two consecutive rows are
    /// without a line.
    rows: Vec<Row>,
}

struct Row {
    address: u32,
    /// `None` at the end of a sequence.
    place: Option<SourcePosition>,
}

impl Row {
    fn has_line(&self) -> bool {
        self.place.is_some_and(|place| place.line > 0)
    }
}

/// A source line whose file is a number; `None` if its path cannot be read.
#[derive(Clone, Copy)]
pub(super) struct SourcePosition {
    pub(super) file: Option<SourceFile>,
    /// 0 if it is unknown.
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Lines {
    pub(super) fn read(debug: &Debug<'_>) -> Self {
        let mut lines = Self::default();
        // Units may share their lines.
        let mut programs = HashSet::new();
        for index in 0..debug.units.len() {
            let unit = debug.unit(index);
            let program = unit.as_ref().and_then(|unit| unit.line_program.as_ref());
            let offset = program.map(|program| program.header().offset().0);
            if let (Some(unit), Some(offset)) = (unit, offset)
                && programs.insert(offset)
            {
                let known = lines.rows.len();
                let read = lines.add(debug, &unit);
                // If reading stopped early, the end of the last row is unknown.
                if read.is_none()
                    && let Some(last) = lines.rows[known..].last_mut()
                {
                    last.place = None;
                }
            }
        }
        let rows = &mut lines.rows;
        rows.sort_by_key(|row| (row.address, row.place.is_some()));
        rows.dedup_by(|next, row| !next.has_line() && !row.has_line());
        lines
    }

    fn add<'a>(&mut self, debug: &Debug<'a>, unit: &Unit<'a>) -> Option<()> {
        let program = unit.line_program.clone()?;
        debug
            .budget
            .steps(program.header().raw_program_buf().len())?;
        let mut rows = program.rows();
        let mut begins_at = None;
        while let Some((header, row)) = rows.next_row().ok()? {
            debug.budget.steps(1)?;
            let address = row.address();
            let begins = *begins_at.get_or_insert(address);
            if row.end_sequence() {
                begins_at = None;
            }
            let Ok(address) = u32::try_from(address) else {
                continue;
            };
            if begins == 0 {
                continue;
            }
            let line = row.line().filter(|_| !row.end_sequence());
            let place = line.map(|line| SourcePosition {
                file: debug.file(unit, header, row.file_index()),
                line: u32::try_from(line.get()).unwrap_or(0),
                column: column(row.column()),
            });
            self.push(debug, Row { address, place })?;
        }
        Some(())
    }

    /// Adds a row, in place of the previous one if that has the same address.
    fn push(&mut self, debug: &Debug<'_>, row: Row) -> Option<()> {
        let is_same = |last: &&mut Row| {
            last.address == row.address
                && last.place.is_some() == row.place.is_some()
                && last.has_line() == row.has_line()
        };
        match self.rows.last_mut().filter(is_same) {
            Some(last) => *last = row,
            None => {
                debug.budget.bytes(2 * size_of::<Row>())?;
                self.rows.push(row);
            }
        }
        Some(())
    }

    /// The line at an address in the function that begins at `start`. Code before `since` does not fall through to the
    /// address.
    pub(super) fn at(
        &self,
        start: u32,
        since: u32,
        address: u32,
    ) -> Option<(SourcePosition, LineAccuracy)> {
        let end = self.rows.partition_point(|row| row.address <= address);
        let rows = self.rows[..end].iter().rev();
        let mut accuracy = LineAccuracy::Exact;
        for row in rows.take_while(|row| row.address >= start) {
            let Some(place) = row.place.filter(|place| place.line > 0) else {
                accuracy = LineAccuracy::Unknown;
                continue;
            };
            if accuracy == LineAccuracy::Exact && row.address < since {
                accuracy = LineAccuracy::Nearby;
            }
            return Some((place, accuracy));
        }
        None
    }
}

/// How well a line is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineAccuracy {
    /// It is the line of the address.
    Exact,
    /// It is the line of code before the address.
    Nearby,
    /// It is unknown; the file may be known.
    Unknown,
}

fn column(column: gimli::ColumnType) -> u32 {
    match column {
        gimli::ColumnType::LeftEdge => 0,
        gimli::ColumnType::Column(column) => u32::try_from(column.get()).unwrap_or(0),
    }
}
