//! How many lines of a file, a package or a page ran.

use crate::insight::CoveredFile;
use std::fmt;

/// The number of lines with code, and of those that ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) covered: usize,
    pub(super) lines: usize,
}

impl Total {
    pub(super) fn of<'f>(files: impl Iterator<Item = &'f CoveredFile>) -> Self {
        let none = Self {
            covered: 0,
            lines: 0,
        };
        files.fold(none, |sum, file| Self {
            covered: sum.covered + file.covered_lines(),
            lines: sum.lines + file.lines.len(),
        })
    }

    /// The percentage, rounded as `go tool cover -func` rounds it, except that only complete coverage is 100.0.
    pub(super) fn percent(self) -> f64 {
        let Self { covered, lines } = self;
        let percent = 100.0 * covered as f64 / lines.max(1) as f64;
        if covered < lines {
            percent.min(99.9)
        } else {
            percent
        }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}%", self.percent())
    }
}

#[cfg(test)]
mod tests {
    use super::Total;

    #[test]
    fn only_complete_coverage_is_100_percent() {
        for (covered, lines, expected) in [
            (0, 0, "0.0%"),
            (0, 7, "0.0%"),
            (1, 3, "33.3%"),
            (2, 3, "66.7%"),
            (9_999, 10_000, "99.9%"),
            (10_000, 10_000, "100.0%"),
        ] {
            assert_eq!(Total { covered, lines }.to_string(), expected);
        }
    }
}
