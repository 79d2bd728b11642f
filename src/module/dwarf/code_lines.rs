//! The source lines of all code, in order of addresses, and the declarations of functions.

use super::Debug;
use super::functions::Functions;
use super::lines::Lines;
use crate::module::go_package::package;
use std::sync::Arc;

/// The lines of a module's code.
#[derive(Debug, Default)]
pub struct CodeLines {
    /// The paths of the source files, as passed to the compiler.
    pub files: Vec<Arc<str>>,
    /// The declarations of functions, sorted by position.
    pub declarations: Vec<DeclaredFunction>,
    /// True if TinyGo optimized the code, which moves and merges lines.
    pub is_optimized: bool,
    /// Sorted by address.
    rows: Vec<CodeRow>,
}

/// The declaration of a function, which may be inlined everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredFunction {
    /// The position of the declaration.
    pub line: FileLine,
    /// The import path of the function's package, if it is written in Go.
    pub package: Option<Box<str>>,
    /// True for an anonymous function within another, and for wrappers of functions.
    pub is_anonymous: bool,
}

/// The line of the code from an address up to that of the next row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// The offset from the start of the code section's content.
    pub address: u32,
    /// The line; `None` if it is unknown.
    pub line: Option<FileLine>,
}

/// A line in a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileLine {
    /// The index of the file in [`CodeLines::files`].
    pub file: u32,
    /// The line, counted from 1.
    pub line: u32,
}

impl CodeLines {
    /// Reads the lines of a module. There are none if it has no debug information.
    pub fn read(wasm: &[u8]) -> Self {
        let Some(debug) = Debug::read(wasm) else {
            return Self::default();
        };
        let lines = Lines::read(&debug);
        let functions = Functions::read(&debug);
        let declared = functions.declared();
        let declared = declared.map(|(file, line, name, start)| {
            let declaration = DeclaredFunction {
                line: FileLine {
                    file: file.index(),
                    line,
                },
                package: package(name.trim_start_matches(['(', '*'])).map(Into::into),
                is_anonymous: name.contains(['$', '<']),
            };
            (declaration, start)
        });
        let declared: Vec<_> = declared.collect();
        let rows = lines.positions().map(|(address, position)| CodeRow {
            address,
            line: position.and_then(|position| {
                Some(FileLine {
                    file: position.file?.index(),
                    line: position.line,
                })
            }),
        });
        let mut rows: Vec<_> = entry_rows(&declared).chain(rows).collect();
        // The sort is stable: a row of the line table replaces that of a declaration.
        rows.sort_by_key(|row| row.address);
        Self {
            is_optimized: functions.are_optimized_by_tinygo(),
            declarations: declared.into_iter().map(|(declared, _)| declared).collect(),
            rows,
            files: debug.paths(),
        }
    }

    /// Creates lines in which each address has a line of its own, so that all code is counted.
    pub fn of_every_address(count: u32) -> Self {
        let row = |address| CodeRow {
            address,
            line: Some(FileLine {
                file: 0,
                line: address,
            }),
        };
        Self {
            files: vec!["".into()],
            rows: (0..count).map(row).collect(),
            ..Self::default()
        }
    }

    /// Returns true if there are no lines.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns true if the line of some code is known.
    pub fn has_known_lines(&self) -> bool {
        self.rows.iter().any(|row| row.line.is_some())
    }

    /// Removes the lines of all files except those in `is_kept`, which has an element for each file.
    pub fn keep_files(&mut self, is_kept: &[bool]) {
        for row in &mut self.rows {
            row.line = row
                .line
                .filter(|line| is_kept.get(line.file as usize) == Some(&true));
        }
        self.rows
            .dedup_by(|next, row| next.line.is_none() && row.line.is_none());
    }

    /// The rows with addresses from `start` to `end`.
    pub fn rows(&self, start: u32, end: u32) -> &[CodeRow] {
        let first = self.rows.partition_point(|row| row.address < start);
        let rest = &self.rows[first..];
        &rest[..rest.partition_point(|row| row.address < end)]
    }
}

/// A row with the line of its declaration at the start of each function, which wasm-opt drops.
fn entry_rows(declared: &[(DeclaredFunction, Option<u32>)]) -> impl Iterator<Item = CodeRow> {
    let named = declared
        .iter()
        .filter(|(declared, _)| !declared.is_anonymous);
    named.filter_map(|(declared, start)| {
        Some(CodeRow {
            // Zero is the address of functions that the linker removed.
            address: start.filter(|start| *start > 0)?,
            line: Some(declared.line),
        })
    })
}
