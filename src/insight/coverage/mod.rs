//! Coverage: how often the lines of a program ran.

mod collect;
mod complete;
mod go_mod;
mod go_statements;
mod go_tokens;
mod packages;
mod source_text;

pub use packages::{PackagePattern, SourcePackages};

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// The coverage of a program, or of several runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The source files, sorted by name.
    pub files: Vec<CoveredFile>,
}

/// The coverage of a source file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoveredFile {
    /// The name by which `go tool cover` finds the file: the import path of its package, `/` and its file name. The
    /// path if the import path is unknown.
    pub name: String,
    /// The path in the debug information.
    pub path: PathBuf,
    /// The text of the file, if it can be read.
    pub text: Option<String>,
    /// The lines that have code, counted from 1, and how often each ran: the largest count of the places that have code of
    /// the line. A line ran if any of its code ran.
    pub lines: BTreeMap<u32, u64>,
    /// The lines of each function that is declared in the text, if they are known.
    pub functions: Vec<RangeInclusive<u32>>,
    /// The state of the file.
    pub source: SourceState,
}

/// The state of a source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceState {
    /// The file is the one that was compiled, as far as it is known.
    #[default]
    Current,
    /// The file has changed since it was compiled.
    Changed,
    /// The file cannot be read.
    Missing,
}

impl CoveredFile {
    /// Adds the counts of earlier runs. A line that one of both does not have, although its function ran, has an unknown
    /// count there. If its count in the other is 0, the sum is unknown as well, and the line is left out.
    pub fn lines_with(&self, earlier: &BTreeMap<u32, u64>) -> BTreeMap<u32, u64> {
        let mut lines = earlier.clone();
        for (line, count) in &self.lines {
            let known = lines.entry(*line).or_default();
            *known = known.saturating_add(*count);
        }
        for function in &self.functions {
            for (one, other) in [(&self.lines, earlier), (earlier, &self.lines)] {
                let has_run = other.range(function.clone()).any(|(_, count)| *count > 0);
                let counts = one.range(function.clone()).filter(|_| has_run);
                for (line, _) in counts.filter(|(_, count)| **count == 0) {
                    if !other.contains_key(line) {
                        lines.remove(line);
                    }
                }
            }
        }
        lines
    }

    /// The number of lines with code that ran.
    pub fn covered_lines(&self) -> usize {
        self.lines.values().filter(|count| **count > 0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::CoveredFile;

    #[test]
    fn a_sum_with_an_unknown_count_is_not_zero() {
        let file = |lines: &[(u32, u64)]| CoveredFile {
            lines: lines.iter().copied().collect(),
            functions: vec![1..=5, 6..=9],
            ..CoveredFile::default()
        };
        for (one, other, expected) in [
            // Line 3 has no code, and its count is unknown if the function ran.
            (
                [(2, 1)].as_slice(),
                [(2, 0), (3, 0)].as_slice(),
                [(2, 1)].as_slice(),
            ),
            (&[(2, 1)], &[(2, 1), (3, 2)], &[(2, 2), (3, 2)]),
            // The function did not run, or is not in the module.
            (&[(2, 0)], &[(2, 0), (3, 0)], &[(2, 0), (3, 0)]),
            (&[(7, 1)], &[(2, 0), (3, 0)], &[(2, 0), (3, 0), (7, 1)]),
            (&[(2, u64::MAX)], &[(2, 1)], &[(2, u64::MAX)]),
        ] {
            for (run, earlier) in [(one, other), (other, one)] {
                let sum = file(run).lines_with(&file(earlier).lines);
                let sum: Vec<_> = sum.into_iter().collect();
                assert_eq!(sum, expected, "{run:?} {earlier:?}");
            }
        }
    }
}
