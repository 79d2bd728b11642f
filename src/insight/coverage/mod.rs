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
}

impl CoveredFile {
    /// The number of lines with code that ran.
    pub fn covered_lines(&self) -> usize {
        self.lines.values().filter(|count| **count > 0).count()
    }
}
