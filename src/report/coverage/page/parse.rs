//! Parses a page. Each file and each row of its source code begins on a line of its own.

use super::PageFiles;
use super::draw::{FILE_NAME, FILE_PATH, FILE_START, FIRST_LINES, TAG_END};
use super::html::unescaped;
use super::rows::{MISSED, ROW_START};
use crate::insight::CoveredFile;
use crate::report::coverage::CoverageError;

pub(super) fn parse(page: &str) -> Result<PageFiles, CoverageError> {
    let mut files = PageFiles::new();
    if page.is_empty() {
        return Ok(files);
    }
    let first_lines = page.lines().zip(FIRST_LINES.lines());
    if page.lines().count() < FIRST_LINES.lines().count()
        || first_lines.into_iter().any(|(a, b)| a != b)
    {
        let message = "it is not a coverage page of this version of tinyrun";
        return Err(CoverageError(message.to_owned()));
    }
    let mut source: Option<Source<'_>> = None;
    for (line, number) in page.lines().zip(1_u32..) {
        let malformed = || CoverageError(format!("line {number} is not valid in a coverage page"));
        if line.starts_with(FILE_START) {
            let file = parse_file(line).ok_or_else(malformed)?;
            let file = files.entry(file.name.clone()).or_insert(file);
            source = Some(Source { file, last_line: 0 });
        } else if let (Some(source), Some(row)) = (&mut source, line.strip_prefix(ROW_START)) {
            source.add_row(row).ok_or_else(malformed)?;
        }
    }
    Ok(files)
}

/// Parses the element that begins a file.
fn parse_file(line: &str) -> Option<CoveredFile> {
    let (_, attributes) = line.strip_suffix(TAG_END)?.split_once(FILE_NAME)?;
    let (name, path) = attributes.split_once(FILE_PATH)?;
    Some(CoveredFile {
        name: unescaped(name),
        path: unescaped(path).into(),
        ..CoveredFile::default()
    })
}

/// The file whose rows are parsed.
struct Source<'f> {
    file: &'f mut CoveredFile,
    /// The number of the last line with source code.
    last_line: u32,
}

impl Source<'_> {
    /// Adds a row, given as the text after [`ROW_START`]. A row with a line number has no source code. All other rows are
    /// the lines of the file, in order.
    fn add_row(&mut self, row: &str) -> Option<()> {
        let (attributes, content) = row.split_once('>')?;
        let value = |name| {
            let mut attributes = attributes.split(' ');
            attributes.find_map(|attribute| attribute.strip_prefix(name))
        };
        let (count, text) = match value("class=") {
            None => (None, content),
            Some(class) => {
                let (cell, text) = content.split_once("</b>")?;
                (Some(parse_count(class, cell)?), text)
            }
        };
        let number = match value("value=") {
            Some(number) => number.parse().ok()?,
            None => self.add_text(text)?,
        };
        if let Some(count) = count {
            self.file.lines.insert(number, count);
        }
        Some(())
    }

    /// Adds a line of source code. Returns its number.
    fn add_text(&mut self, text: &str) -> Option<u32> {
        let source = self.file.text.get_or_insert_default();
        source.push_str(&unescaped(text));
        source.push('\n');
        self.last_line = self.last_line.checked_add(1)?;
        Some(self.last_line)
    }
}

fn parse_count(class: &str, cell: &str) -> Option<u64> {
    match class {
        // The count may be a link.
        MISSED => Some(0),
        _ => cell.strip_prefix("<b>")?.parse().ok(),
    }
}
