//! Encodes coverage in the requested format, added to the coverage that the file already has.

mod go_profile;
mod lcov;
mod page;

use crate::insight::Coverage;
use std::fmt;

/// The format of a file with coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverageFormat {
    /// The format of `go test -coverprofile`, which `go tool cover` reads.
    GoProfile,
    /// The format of lcov, which genhtml and editors read.
    Lcov,
    /// A page with the source code, for browsers.
    Page,
}

/// Coverage in its file format.
#[derive(Debug, Default)]
pub struct EncodedCoverage {
    pub content: Vec<u8>,
    /// The names of files for which the existing counts were dropped, because they were for another version of the file.
    pub outdated: Vec<String>,
}

/// The reason why coverage cannot be added to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageError(String);

impl fmt::Display for CoverageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CoverageError {}

/// Adds coverage to the content of a file, which is empty if the file is new.
///
/// # Errors
///
/// If the existing content is of another kind.
pub fn add_to(
    existing: &[u8],
    coverage: &Coverage,
    format: CoverageFormat,
) -> Result<EncodedCoverage, CoverageError> {
    let existing = std::str::from_utf8(existing)
        .map_err(|_| CoverageError("it contains bytes that are not UTF-8".to_owned()))?;
    match format {
        CoverageFormat::GoProfile => go_profile::add_to(existing, coverage),
        CoverageFormat::Lcov => lcov::add_to(existing, coverage),
        CoverageFormat::Page => page::add_to(existing, coverage),
    }
}
