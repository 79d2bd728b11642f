//! The rows of a file in a page.

use super::html::escaped;
use super::links::Link;
use crate::insight::CoveredFile;

/// The start of a row's element.
pub(super) const ROW_START: &str = "<li";

/// The classes of rows whose line has code.
pub(super) const COVERED: &str = "covered";
pub(super) const MISSED: &str = "missed";

/// A row: a line of source code, or a line with code for which there is no source code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row<'t> {
    /// The line number.
    pub(super) number: u32,
    /// How often the line ran, if it has code.
    pub(super) count: Option<u64>,
    /// The source code, if it is known.
    text: Option<&'t str>,
}

/// The rows of a file: those with source code, then those without.
pub(super) fn rows(file: &CoveredFile) -> (Vec<Row<'_>>, Vec<Row<'_>>) {
    let text = file.text.as_deref().unwrap_or_default();
    let with_text = (1..).zip(text.lines()).map(|(number, text)| Row {
        number,
        count: file.lines.get(&number).copied(),
        text: Some(text),
    });
    let with_text = Vec::from_iter(with_text);
    let first = with_text.last().map_or(0, |row| row.number + 1);
    let without_text = file.lines.range(first..).map(|(number, count)| Row {
        number: *number,
        count: Some(*count),
        text: None,
    });
    let without_text = without_text.collect();
    (with_text, without_text)
}

impl Row<'_> {
    /// The element of the row, on a line of its own. `link` is what [`Links::of`](super::links::Links::of) returned.
    pub(super) fn element(&self, link: Option<Link>) -> String {
        let value = match self.text {
            Some(_) => String::new(),
            None => format!(" value={}", self.number),
        };
        let text = escaped(self.text.unwrap_or_default());
        let Some(count) = self.count else {
            return format!("{ROW_START}{value}>{text}\n");
        };
        let class = if count == 0 { MISSED } else { COVERED };
        let (id, count) = match link {
            None => (String::new(), count.to_string()),
            Some(Link { own, next }) => {
                let link = format!("<a href=#m{next} title=\"next missed line\">{count}</a>");
                (format!(" id=m{own}"), link)
            }
        };
        format!("{ROW_START} class={class}{id}{value}><b>{count}</b>{text}\n")
    }
}
