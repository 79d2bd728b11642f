//! Links from each range of missed lines to the next, so that a reader can visit all of them without a script.

use super::rows::Row;
use crate::insight::CoveredFile;

/// The link from the first row of a range of missed lines to that of the next. Ranges are numbered from 1.
pub(super) struct Link {
    pub(super) own: usize,
    pub(super) next: usize,
}

/// The links between the ranges of missed lines in a page. The last range has a link to the first.
pub(super) struct Links {
    /// The number of ranges in the rows that are drawn.
    drawn: usize,
    /// The number of ranges in the page.
    total: usize,
    /// Whether the last row with code was missed.
    is_in_range: bool,
}

impl Links {
    pub(super) fn between<'f>(files: impl Iterator<Item = &'f CoveredFile>) -> Self {
        Self {
            drawn: 0,
            total: files.map(missed_ranges).sum(),
            is_in_range: false,
        }
    }

    /// A link with this text to the next range, or nothing if there is none.
    pub(super) fn to_next(&self, text: &str) -> String {
        if self.drawn < self.total {
            format!("<a href=#m{}>{text}</a>", self.drawn + 1)
        } else {
            String::new()
        }
    }

    pub(super) fn begin_file(&mut self) {
        self.is_in_range = false;
    }

    /// The link of the row to draw next, if it begins a range.
    pub(super) fn of(&mut self, row: &Row<'_>) -> Option<Link> {
        let is_missed = row.count? == 0;
        let is_first = is_missed && !self.is_in_range;
        self.is_in_range = is_missed;
        is_first.then(|| {
            self.drawn += 1;
            Link {
                own: self.drawn,
                next: self.drawn % self.total.max(1) + 1,
            }
        })
    }
}

fn missed_ranges(file: &CoveredFile) -> usize {
    let missed = Vec::from_iter(file.lines.values().map(|count| *count == 0));
    missed
        .chunk_by(|a, b| a == b)
        .filter(|range| range.first() == Some(&true))
        .count()
}
