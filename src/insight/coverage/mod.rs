//! Coverage: how often the lines of a program ran.

mod collect;
mod go_mod;
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
    /// The lines that have code, counted from 1.
    pub lines: BTreeMap<u32, CoveredLine>,
}

/// The coverage of a line that has code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoveredLine {
    /// How often the line ran: the largest count of the places that have code of this line.
    pub count: u64,
    /// True if the line ran, but a part of it never did, such as the right side of `&&`.
    pub is_partial: bool,
}

impl CoveredFile {
    /// The number of lines with code that ran.
    pub fn covered_lines(&self) -> usize {
        self.lines.values().filter(|line| line.count > 0).count()
    }
}
