//! Counts how often the lines of a program run: each region of the code that has lines increments a counter. Counters
//! are `i64` globals, which cost half as much as counters in a memory, and never overflow.

use super::InstrumentError;
use super::additions::Additions;
use super::edit::FunctionEdit;
use super::regions;
use crate::module::{CodeLines, FileLine};
use wasm_encoder::ExportKind;
use wasmparser::FunctionBody;

/// The counters of a module.
#[derive(Clone, Debug, Default)]
pub struct LineCounters {
    /// The lines of each counter.
    lines: Vec<Vec<FileLine>>,
    /// The names of the exports of the counters' globals.
    pub exports: Vec<String>,
}

impl LineCounters {
    /// The counts of lines, from those of all counters. A line may have several.
    pub fn counts(&self, counters: &[u64]) -> impl Iterator<Item = (FileLine, u64)> {
        let counted = self.lines.iter().zip(counters);
        counted.flat_map(|(lines, count)| lines.iter().map(move |line| (*line, *count)))
    }
}

/// Adds the counters.
pub(super) struct CoverageInstrument<'a> {
    /// The lines to count.
    lines: &'a CodeLines,
    counters: Vec<Counter>,
}

struct Counter {
    /// The index of the global.
    global: u32,
    lines: Vec<FileLine>,
}

impl<'a> CoverageInstrument<'a> {
    pub(super) fn new(lines: &'a CodeLines) -> Self {
        Self {
            lines,
            counters: Vec::new(),
        }
    }

    /// Adds the counters of a function.
    pub(super) fn instrument(
        &mut self,
        body: &FunctionBody<'_>,
        additions: &mut Additions,
        edit: &mut FunctionEdit<'_>,
    ) -> Result<(), InstrumentError> {
        let range = body.range();
        let rows = self.lines.rows(range.start as u32, range.end as u32);
        if rows.iter().all(|row| row.line.is_none()) {
            return Ok(());
        }
        let first = rows.first();
        let first = first.filter(|row| row.address as usize == range.start);
        let declaration = first.and_then(|row| row.line);
        for region in regions::read(body.get_operators_reader()?, rows, declaration)? {
            let global = additions.global_i64();
            let mut code = edit.insert_at(region.offset);
            code.global_get(global).i64_const(1).i64_add();
            code.global_set(global);
            self.counters.push(Counter {
                global,
                lines: region.lines,
            });
        }
        Ok(())
    }

    pub(super) fn export(self, additions: &mut Additions) -> LineCounters {
        let exports = self.counters.iter().enumerate().map(|(number, counter)| {
            additions.export(
                &format!("counter.{number}"),
                ExportKind::Global,
                counter.global,
            )
        });
        LineCounters {
            exports: exports.collect(),
            lines: self
                .counters
                .into_iter()
                .map(|counter| counter.lines)
                .collect(),
        }
    }
}
