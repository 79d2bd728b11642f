//! The source files of a module, the declarations of functions, and the lines of the code in chosen files.

use super::Debug;
use super::functions::Functions;
use super::lines::Lines;
use crate::module::go_package::package;
use std::sync::Arc;

/// The source files of a module.
pub struct SourceFiles<'a> {
    debug: Debug<'a>,
    /// The paths of the files, as passed to the compiler.
    pub paths: Vec<Arc<str>>,
    /// The declarations of functions, sorted by position.
    pub declarations: Vec<DeclaredFunction<'a>>,
    /// True if TinyGo optimized the code, which moves and merges lines.
    pub is_optimized: bool,
    /// The rows at the starts of functions, sorted by address.
    entry_rows: Vec<CodeRow>,
}

/// The lines of the code in some of the source files.
#[derive(Debug, Default)]
pub struct CodeLines {
    /// Sorted by address.
    rows: Vec<CodeRow>,
}

/// The declaration of a function, which may be inlined everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredFunction<'a> {
    /// The position of the declaration.
    pub line: FileLine,
    /// The import path of the function's package, if it is written in Go.
    pub package: Option<&'a str>,
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
    /// The index of the file in [`SourceFiles::paths`].
    pub file: u32,
    /// The line, counted from 1.
    pub line: u32,
}

impl<'a> SourceFiles<'a> {
    /// Reads the source files of a module; `None` if it has no debug information with lines.
    pub fn read(wasm: &'a [u8]) -> Option<Self> {
        let debug = Debug::read(wasm)?;
        let functions = Functions::read(&debug);
        let declared = functions.declared();
        let declared = declared.map_while(|(file, line, name, start)| {
            debug.budget.take_steps(name.len() / 4)?;
            let declaration = DeclaredFunction {
                line: FileLine {
                    file: file.index(),
                    line,
                },
                package: package(name.trim_start_matches(['(', '*'])),
                is_anonymous: name.contains(['$', '<']),
            };
            Some((declaration, start))
        });
        let declared: Vec<_> = declared.collect();
        let mut entry_rows: Vec<_> = entry_rows(&declared).collect();
        entry_rows.sort_by_key(|row| row.address);
        let is_optimized = functions.are_optimized_by_tinygo();
        debug.read_files();
        let paths = debug.paths();
        (!paths.is_empty()).then_some(Self {
            paths,
            declarations: declared.into_iter().map(|(declared, _)| declared).collect(),
            is_optimized,
            entry_rows,
            debug,
        })
    }

    /// Reads the lines of the code in the files for which `is_chosen`, with an element for each file, is true.
    pub fn lines(&self, is_chosen: &[bool]) -> CodeLines {
        let is_chosen = |file: u32| is_chosen.get(file as usize) == Some(&true);
        let lines = Lines::read_files(&self.debug, |file| is_chosen(file.index()));
        let rows = lines.positions().map(|(address, position)| CodeRow {
            address,
            line: position.and_then(|position| {
                Some(FileLine {
                    file: position.file?.index(),
                    line: position.line,
                })
            }),
        });
        let entry_rows = self.entry_rows.iter().copied();
        let entry_rows = entry_rows.filter(|row| row.line.is_some_and(|line| is_chosen(line.file)));
        let mut rows: Vec<_> = entry_rows.chain(rows).collect();
        // The sort is stable: a row of the line table replaces that of a declaration.
        rows.sort_by_key(|row| row.address);
        CodeLines { rows }
    }
}

impl CodeLines {
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
            rows: (0..count).map(row).collect(),
        }
    }

    /// Returns true if the module has no lines, even of other files.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns true if the line of some code is known.
    pub fn has_known_lines(&self) -> bool {
        self.rows.iter().any(|row| row.line.is_some())
    }

    /// The rows with addresses from `start` to `end`.
    pub fn rows(&self, start: u32, end: u32) -> &[CodeRow] {
        let first = self.rows.partition_point(|row| row.address < start);
        let rest = &self.rows[first..];
        &rest[..rest.partition_point(|row| row.address < end)]
    }
}

/// A row with the line of its declaration at the start of each function, which wasm-opt drops.
fn entry_rows(declared: &[(DeclaredFunction<'_>, Option<u32>)]) -> impl Iterator<Item = CodeRow> {
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
