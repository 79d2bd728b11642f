//! Links from missed lines to the next ones, so that a reader can go from one to the next without a script.

use super::rows::Row;
use crate::insight::CoveredFile;

/// The link of a row to the next missed lines, by their numbers among all missed lines with links.
pub(super) struct Link {
    pub(super) own: usize,
    pub(super) next: usize,
}

/// The links between the missed lines of a page. The first line of each range of missed lines has one; the last link
/// leads to the first.
pub(super) struct Links {
    drawn: usize,
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

    /// A link with this text to the next missed line, if there is one.
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

    /// The link of the row that is drawn next, if it has one.
    pub(super) fn of(&mut self, row: &Row<'_>) -> Option<Link> {
        let is_missed = row.covered?.count == 0;
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
    let missed = Vec::from_iter(file.lines.values().map(|line| line.count == 0));
    missed
        .chunk_by(|a, b| a == b)
        .filter(|range| range.first() == Some(&true))
        .count()
}
