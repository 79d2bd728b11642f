//! The lines of the source that code was made from, by address. LLVM's linker leaves the lines of removed
//! functions at address zero, where no function can be, and Binaryen ends the lines of a function before
//! its code ends: the last line before an address is then all that is known.

use super::{Debug, Slice, Unit};
use std::collections::HashMap;
use std::sync::Arc;

/// A line of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file, as the compiler was given it.
    pub file: Arc<str>,
    /// The line, from 1 on; 0 where it is not known.
    pub line: u32,
    /// The column, from 1 on; 0 where it is not known.
    pub column: u32,
}

/// The lines of a module's code.
#[derive(Default)]
pub(super) struct Lines {
    /// By address; where one sequence ends and the next begins, in that order.
    rows: Vec<Row>,
    files: Vec<Arc<str>>,
    /// How many rows were run.
    run: usize,
}

struct Row {
    address: u32,
    /// Which of the files; `None` where the code is nobody's from here on.
    place: Option<Place>,
}

#[derive(Clone, Copy)]
struct Place {
    file: u32,
    line: u32,
    column: u32,
}

/// The most rows that are run; a 20 MB module has a fifth of it.
const MOST_ROWS: usize = 5_000_000;

impl Lines {
    pub(super) fn read(debug: &Debug<'_>) -> Self {
        let mut lines = Self::default();
        for index in 0..debug.units.len() {
            if let Some(unit) = debug.unit(index) {
                // A unit that is damaged does not spoil the others.
                let _ = lines.add(debug, &unit);
            }
        }
        lines
            .rows
            .sort_by_key(|row| (row.address, row.place.is_some()));
        lines
    }

    fn add<'a>(&mut self, debug: &Debug<'a>, unit: &Unit<'a>) -> gimli::Result<()> {
        let Some(program) = unit.line_program.clone() else {
            return Ok(());
        };
        let mut known = HashMap::new();
        let mut rows = program.rows();
        let mut begins_at = None;
        while let Some((header, row)) = rows.next_row()? {
            // Units may share their lines, so that running them is what has to be bounded.
            self.run += 1;
            if self.run > MOST_ROWS {
                return Ok(());
            }
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
            let place = match (row.end_sequence(), row.line()) {
                (false, Some(line)) => {
                    let index = row.file_index();
                    let file = *known.entry(index).or_insert_with(|| {
                        let path = debug.file(unit, header, index);
                        self.file(path.unwrap_or_else(|| "".into()))
                    });
                    Some(Place {
                        file,
                        line: u32::try_from(line.get()).unwrap_or(0),
                        column: column(row.column()),
                    })
                }
                _ => None,
            };
            self.rows.push(Row { address, place });
        }
        Ok(())
    }

    fn file(&mut self, path: Arc<str>) -> u32 {
        self.files.push(path);
        (self.files.len() - 1) as u32
    }

    /// The line at an address in the function that begins at `start`. Code in front of `since` does not run
    /// on into that at the address.
    pub(super) fn at(&self, start: u32, since: u32, address: u32) -> Option<(Line, Aim)> {
        let end = self.rows.partition_point(|row| row.address <= address);
        let rows = self.rows[..end].iter().rev();
        let mut aim = Aim::At;
        for row in rows.take_while(|row| row.address >= start) {
            let Some(place) = row.place.filter(|place| place.line > 0) else {
                aim = Aim::Unknown;
                continue;
            };
            if aim == Aim::At && row.address < since {
                aim = Aim::Near;
            }
            let line = Line {
                file: self.files.get(place.file as usize)?.clone(),
                line: place.line,
                column: place.column,
            };
            return Some((line, aim));
        }
        None
    }
}

/// How well a line is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// It is the one.
    At,
    /// It is that of other code, which stands in front.
    Near,
    /// It is not known; only the file may be.
    Unknown,
}

fn column(column: gimli::ColumnType) -> u32 {
    match column {
        gimli::ColumnType::LeftEdge => 0,
        gimli::ColumnType::Column(column) => u32::try_from(column.get()).unwrap_or(0),
    }
}

/// The longest path that is read; Linux has no longer ones.
const LONGEST_PATH: usize = 4096;

impl<'a> Debug<'a> {
    /// The path of a file of a unit's lines, by its number there.
    fn file(
        &self,
        unit: &Unit<'a>,
        header: &gimli::LineProgramHeader<Slice<'a>>,
        index: u64,
    ) -> Option<Arc<str>> {
        let key = (unit.header.debug_info_offset()?.0, index);
        if let Some(known) = self.files.borrow().get(&key) {
            return known.clone();
        }
        let path = self.path(unit, header, index).map(Arc::from);
        self.files.borrow_mut().insert(key, path.clone());
        path
    }

    /// The path of a unit's file by its number in the unit's entries.
    pub(super) fn file_of(&self, unit: &Unit<'a>, index: u64) -> Option<Arc<str>> {
        let program = unit.line_program.as_ref()?;
        self.file(unit, program.header(), index)
    }

    /// A file's path: its folder's, by that of the compilation where it is relative, and its name.
    fn path(
        &self,
        unit: &Unit<'a>,
        header: &gimli::LineProgramHeader<Slice<'a>>,
        index: u64,
    ) -> Option<String> {
        let text = |value| {
            let bytes = self.dwarf.attr_string(unit, value).ok()?.slice();
            let is_path = bytes.len() <= LONGEST_PATH;
            is_path.then(|| String::from_utf8_lossy(bytes).into_owned())
        };
        let file = header.file(index)?;
        let name = text(file.path_name())?;
        let mut path = std::path::PathBuf::new();
        if let Some(folder) = unit.comp_dir.filter(|folder| folder.len() <= LONGEST_PATH) {
            path.push(String::from_utf8_lossy(folder.slice()).as_ref());
        }
        if let Some(folder) = file.directory(header).and_then(text) {
            path.push(folder);
        }
        path.push(name);
        path.into_os_string().into_string().ok()
    }
}
