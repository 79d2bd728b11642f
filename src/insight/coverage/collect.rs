//! Makes coverage from the counters of a run.

use super::go_statements::{FunctionKind, SourceFunction};
use super::packages::SourcePackages;
use super::source_text::SourceReader;
use super::{Coverage, CoveredFile, SourceState};
use crate::instrument::LineCounters;
use std::collections::{BTreeMap, HashSet};
use std::mem;
use std::path::Path;

impl Coverage {
    /// Creates the coverage of a run from the values of its counters. Reads the source files that
    /// are in the working directory or in Go modules.
    pub fn of_run(values: &[u64], counters: &LineCounters, packages: &SourcePackages) -> Self {
        let mut reader = SourceReader::new(packages.current());
        let mut files: BTreeMap<String, CoveredFile> = BTreeMap::new();
        for (line, count) in counters.counts(values) {
            let (Some(name), Some(path)) = (packages.name(line.file), packages.path(line.file))
            else {
                continue;
            };
            let file = files
                .entry(name)
                .or_insert_with_key(|name| CoveredFile::read(name, path, &mut reader));
            let known = file.lines.entry(line.line).or_default();
            *known = count.max(*known);
        }
        for (file, declarations) in packages.declarations() {
            let name = packages.name(*file);
            if let Some(file) = name.and_then(|name| files.get_mut(&name)) {
                file.correct(declarations);
            }
        }
        Self {
            files: files.into_values().collect(),
        }
    }
}

impl CoveredFile {
    /// Creates a file without lines, and reads its text.
    fn read(name: &str, path: &str, reader: &mut SourceReader) -> Self {
        let text = reader.read(Path::new(path));
        Self {
            name: name.to_owned(),
            path: path.into(),
            source: match text {
                Some(_) => SourceState::Current,
                None => SourceState::Missing,
            },
            text,
            ..Self::default()
        }
    }

    /// Makes the lines those that Go counts, as far as they are known. `declarations` are the lines where the module's
    /// functions are declared, in order.
    fn correct(&mut self, declarations: &[u32]) {
        let functions = self.functions(declarations);
        if let Some(functions) = &functions {
            // TinyGo gives some code the file of another function.
            let end = functions.iter().map(|function| *function.lines.end()).max();
            self.lines = mem::take(&mut self.lines)
                .into_iter()
                .filter(|(line, _)| Some(*line) <= end)
                .collect();
            self.complete(functions);
            let declared = functions.iter();
            let declared = declared.filter(|function| function.kind == FunctionKind::Declaration);
            self.functions = declared.map(|function| function.lines.clone()).collect();
        }
        self.drop_declarations(declarations, functions.as_deref());
    }

    /// Drops the lines of declarations, given in order, except those of functions in one line. Go does not count them, and
    /// TinyGo gives code without a position the line of the declaration:
    /// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/compiler/compiler.go>. `functions` are those of a Go file.
    fn drop_declarations(&mut self, declarations: &[u32], functions: Option<&[SourceFunction]>) {
        let in_one_line =
            |function: &&SourceFunction| function.lines.start() == function.lines.end();
        let in_one_line: Option<HashSet<_>> = functions.map(|functions| {
            let functions = functions.iter().filter(in_one_line);
            functions.map(|function| *function.lines.start()).collect()
        });
        let text = self.text.as_ref();
        let text: Option<Vec<_>> = text.map(|text| text.lines().collect());
        for (index, line) in declarations.iter().enumerate() {
            let next = declarations.get(index + 1).copied();
            let has_body_after = match (&in_one_line, &text) {
                (Some(in_one_line), _) => !in_one_line.contains(line),
                (None, Some(text)) => {
                    let text = text.get(*line as usize - 1).copied().unwrap_or_default();
                    !text.trim_end().ends_with('}')
                }
                (None, None) => {
                    let mut lines = self.lines.range(*line..next.unwrap_or(u32::MAX));
                    lines.any(|(at, _)| at != line)
                }
            };
            if has_body_after {
                self.lines.remove(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::CoveredFile;

    #[test]
    fn lines_are_those_of_the_bodies_of_functions() {
        let go = "package p\nfunc f() { g() } // comment\nfunc g() {\n}\n";
        for (name, text, expected) in [
            // Line 9 is after the end.
            ("a.go", Some(go), [2, 4].as_slice()),
            (
                "a.c",
                Some("\nint f() { g(); }\nint g() {\n}\n"),
                &[2, 4, 9],
            ),
            ("a.go", None, &[2, 4, 9]),
        ] {
            let mut file = CoveredFile {
                name: name.to_owned(),
                text: text.map(str::to_owned),
                lines: [(2, 3), (3, 1), (4, 1), (9, 1)].into(),
                ..CoveredFile::default()
            };
            file.correct(&[2, 3]);
            let lines: Vec<_> = file.lines.into_keys().collect();
            assert_eq!(lines, expected, "{name} {text:?}");
        }
    }
}
