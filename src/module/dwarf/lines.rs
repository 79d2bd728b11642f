//! Source lines by address. LLVM's linker sets the addresses of removed functions to zero, where no function can be;
//! their lines are skipped. Binaryen may end the lines of a function before its code ends, so that only the last line
//! before an address is known.

use super::files::SourceFile;
use super::{Debug, Unit};
use std::collections::HashSet;
use std::sync::Arc;

/// A source line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file's path, as passed to the compiler.
    pub file: Arc<str>,
    /// The line, counted from 1; 0 if it is unknown.
    pub line: u32,
    /// The column, counted from 1; 0 if it is unknown.
    pub column: u32,
}

/// The maximum number of rows before a row that are searched for its line.
const MAX_ROWS_BEFORE: usize = 1_000;

/// The lines of a module's code.
#[derive(Default)]
pub(super) struct Lines {
    /// The rows, sorted by address. The end of a sequence is before the start of the next. Consecutive rows without a line
    /// are merged.
    rows: Vec<LineRow>,
}

pub(super) struct LineRow {
    pub(super) address: u32,
    /// `None` at the end of a sequence, and in files that are not read.
    pub(super) position: Option<SourcePosition>,
}

impl LineRow {
    fn has_line(&self) -> bool {
        self.known_position().is_some()
    }

    /// The position, if the line is known.
    fn known_position(&self) -> Option<SourcePosition> {
        self.position.filter(|position| position.line > 0)
    }
}

/// A position in a source file.
#[derive(Clone, Copy)]
pub(super) struct SourcePosition {
    /// `None` if the path cannot be read.
    pub(super) file: Option<SourceFile>,
    /// 0 if it is unknown.
    pub(super) line: u32,
    pub(super) column: u32,
}

impl SourcePosition {
    pub(super) fn is_same_line(self, other: Self) -> bool {
        (self.file, self.line) == (other.file, other.line)
    }
}

impl Lines {
    /// Reads the lines of all code.
    pub(super) fn read(debug: &Debug<'_>) -> Self {
        Self::read_files(debug, |_| true)
    }

    /// Reads the lines of the code in some of the files. Other code has no line.
    pub(super) fn read_files(debug: &Debug<'_>, is_read: impl Fn(SourceFile) -> bool) -> Self {
        let mut lines = Self::default();
        // Units can share a line table.
        let mut programs = HashSet::new();
        for index in 0..debug.units.len() {
            let unit = debug.unit(index);
            let program = unit.as_ref().and_then(|unit| unit.line_program.as_ref());
            let offset = program.map(|program| program.header().offset().0);
            if let (Some(unit), Some(offset)) = (unit, offset)
                && programs.insert(offset)
            {
                let known = lines.rows.len();
                let read = lines.add(debug, &unit, &is_read);
                // If reading stopped early, the end of the last row is unknown.
                if read.is_none()
                    && let Some(last) = lines.rows[known..].last_mut()
                {
                    last.position = None;
                }
            }
        }
        let rows = &mut lines.rows;
        rows.sort_by_key(|row| (row.address, row.position.is_some()));
        rows.dedup_by(|next, row| !next.has_line() && !row.has_line());
        lines
    }

    fn add<'a>(
        &mut self,
        debug: &Debug<'a>,
        unit: &Unit<'a>,
        is_read: impl Fn(SourceFile) -> bool,
    ) -> Option<()> {
        let program = unit.line_program.clone()?;
        debug
            .budget
            .take_steps(program.header().raw_program_buf().len())?;
        let mut rows = program.rows();
        let mut sequence_start = None;
        while let Some((header, row)) = rows.next_row().ok()? {
            debug.budget.take_steps(1)?;
            let address = row.address();
            let start = *sequence_start.get_or_insert(address);
            if row.end_sequence() {
                sequence_start = None;
            }
            let Ok(address) = u32::try_from(address) else {
                continue;
            };
            if start == 0 {
                continue;
            }
            let line = row.line().filter(|_| !row.end_sequence());
            let position = line.map(|line| SourcePosition {
                file: debug.file(unit, header, row.file_index()),
                line: u32::try_from(line.get()).unwrap_or(0),
                column: column(row.column()),
            });
            let position = position.filter(|position| position.file.is_none_or(&is_read));
            self.push(debug, LineRow { address, position })?;
        }
        Some(())
    }

    /// Adds a row, unless neither it nor the previous row has a line. Replaces the previous row if both are at the same
    /// address and of the same kind.
    fn push(&mut self, debug: &Debug<'_>, row: LineRow) -> Option<()> {
        let continues =
            |last: &LineRow| !last.has_line() && !row.has_line() && last.address <= row.address;
        if self.rows.last().is_some_and(continues) {
            return Some(());
        }
        let is_same = |last: &&mut LineRow| {
            last.address == row.address
                && last.position.is_some() == row.position.is_some()
                && last.has_line() == row.has_line()
        };
        match self.rows.last_mut().filter(is_same) {
            Some(last) => *last = row,
            None => {
                debug.budget.take_bytes(2 * size_of::<LineRow>())?;
                self.rows.push(row);
            }
        }
        Some(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The addresses of all rows, with the position if the line is known.
    pub(super) fn positions(&self) -> impl Iterator<Item = (u32, Option<SourcePosition>)> {
        let positions = self.rows.iter();
        positions.map(|row| (row.address, row.known_position()))
    }

    /// The rows around an address in the function that starts at `start`.
    pub(super) fn around(&self, start: u32, address: u32) -> Option<Rows<'_>> {
        let first = self.rows.partition_point(|row| row.address < start);
        let end = self.rows.partition_point(|row| row.address <= address);
        let until = self.rows.get(first..end)?;
        let last = until.iter().rposition(LineRow::has_line)?;
        let (row, before) = until[..=last].split_last()?;
        let next = self.rows.get(end);
        Some(Rows {
            address: row.address,
            position: row.position?,
            is_current: last + 1 == until.len(),
            before,
            next: next.and_then(|row| Some((row.address, row.known_position()?))),
        })
    }
}

/// The rows around an address.
pub(super) struct Rows<'a> {
    /// The address and the position of the last row with a line at or before the address.
    pub(super) address: u32,
    pub(super) position: SourcePosition,
    /// False if the line table ends or has no line between that row and the address.
    pub(super) is_current: bool,
    /// The rows of the function before that one.
    pub(super) before: &'a [LineRow],
    /// The row after the address, if it has a line.
    pub(super) next: Option<(u32, SourcePosition)>,
}

impl Rows<'_> {
    /// The row before, if it has a line.
    pub(super) fn previous(&self) -> Option<SourcePosition> {
        self.before.last()?.known_position()
    }

    /// Returns true if the row before has another line, and an earlier row of the function has the same line. Returns true
    /// also if there are too many rows to search.
    pub(super) fn returns_to_line(&self) -> bool {
        let has_line = |row: &LineRow| {
            let position = row.position;
            position.is_some_and(|position| position.is_same_line(self.position))
        };
        let mut before = self.before.iter().rev().take(MAX_ROWS_BEFORE);
        match before.position(has_line) {
            Some(distance) => distance > 0,
            None => self.before.len() > MAX_ROWS_BEFORE,
        }
    }
}

/// The accuracy of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineAccuracy {
    /// The line of the address.
    Exact,
    /// A line near that of the address.
    Nearby,
    /// The line is unknown, but the file may be known.
    Unknown,
}

fn column(column: gimli::ColumnType) -> u32 {
    match column {
        gimli::ColumnType::LeftEdge => 0,
        gimli::ColumnType::Column(column) => u32::try_from(column.get()).unwrap_or(0),
    }
}
