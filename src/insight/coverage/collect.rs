//! Makes coverage from the counters of a run.

use super::packages::SourcePackages;
use super::source_text::SourceReader;
use super::{Coverage, CoveredFile};
use crate::instrument::LineCounters;
use std::collections::BTreeMap;
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
            let file = files.entry(name).or_insert_with_key(|name| CoveredFile {
                name: name.clone(),
                path: path.into(),
                text: reader.read(Path::new(path)),
                lines: BTreeMap::new(),
            });
            let known = file.lines.entry(line.line).or_default();
            *known = count.max(*known);
        }
        for (file, declarations) in packages.declarations() {
            let name = packages.name(*file);
            if let Some(file) = name.and_then(|name| files.get_mut(&name)) {
                file.complete(declarations);
                file.drop_declarations(declarations);
            }
        }
        Self {
            files: files.into_values().collect(),
        }
    }
}

impl CoveredFile {
    /// Drops the lines of declarations, given in order, except those of functions in one line. Go does not count them, and
    /// TinyGo gives code without a position the line of the declaration:
    /// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/compiler/compiler.go>.
    fn drop_declarations(&mut self, declarations: &[u32]) {
        let text = self.text.as_ref();
        let text: Option<Vec<_>> = text.map(|text| text.lines().collect());
        for (index, line) in declarations.iter().enumerate() {
            let has_body_after = match &text {
                Some(text) => {
                    let text = text.get(*line as usize - 1).copied().unwrap_or_default();
                    !text.trim_end().ends_with('}')
                }
                None => {
                    let mut later = declarations[index..].iter();
                    let next = later.find(|later| *later > line).unwrap_or(&u32::MAX);
                    self.lines.range(line + 1..*next).next().is_some()
                }
            };
            if has_body_after {
                self.lines.remove(line);
            }
        }
    }
}
