//! HTML pages with the source code and its coverage. A page needs no other file and no script. A later run parses it,
//! adds its counts to those in the page, and keeps the source code in the page if the source files are missing.

mod draw;
mod html;
mod links;
mod parse;
mod rows;
mod total;

use super::{CoverageError, EncodedCoverage};
use crate::insight::{Coverage, CoveredFile};
use crate::report::printable;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The files of a page, by name.
type PageFiles = BTreeMap<String, CoveredFile>;

/// The maximum size of the source code in a page, with its elements, in bytes. Browsers are slow with larger pages.
const MAX_SOURCE_BYTES: usize = 64 << 20;

/// The approximate size of the elements of a row, in bytes.
const ROW_BYTES: usize = 40;

pub(super) fn add_to(
    existing: &str,
    coverage: &Coverage,
) -> Result<EncodedCoverage, CoverageError> {
    let mut files = parse::parse(existing)?;
    let mut outdated = Vec::new();
    for file in coverage.files.iter().map(drawable) {
        match files.entry(file.name.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(file);
            }
            Entry::Occupied(mut known) if is_outdated(known.get(), &file) => {
                outdated.push(known.insert(file).name);
            }
            Entry::Occupied(mut known) => add_run(known.get_mut(), file),
        }
    }
    limit_source(&mut files, MAX_SOURCE_BYTES);
    Ok(EncodedCoverage {
        content: draw::page(&files).into_bytes(),
        outdated,
    })
}

/// The file as a page shows it. Characters that a browser would not display are escaped.
fn drawable(file: &CoveredFile) -> CoveredFile {
    CoveredFile {
        name: printable(&file.name).into_owned(),
        path: printable(&file.path.to_string_lossy()).into_owned().into(),
        text: file.text.as_deref().map(drawable_text),
        lines: file.lines.clone(),
        functions: file.functions.clone(),
        source: file.source,
    }
}

fn drawable_text(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = |line: &str| {
        let parts = line.split('\t').map(printable);
        parts.collect::<Vec<_>>().join("\t") + "\n"
    };
    text.lines().map(line).collect()
}

/// Returns true if the page has another version of the file.
fn is_outdated(known: &CoveredFile, file: &CoveredFile) -> bool {
    known.text.is_some() && file.text.is_some() && known.text != file.text
}

/// Adds another run of the same version of a file.
fn add_run(known: &mut CoveredFile, run: CoveredFile) {
    known.lines = run.lines_with(&known.lines);
    known.text = known.text.take().or(run.text);
}

/// Removes the source code of files that would make the page larger than about `max_bytes`.
fn limit_source(files: &mut PageFiles, max_bytes: usize) {
    let mut bytes_left = max_bytes;
    for file in files.values_mut() {
        let text = file.text.as_deref().unwrap_or_default();
        let size = text.len() + text.lines().count() * ROW_BYTES;
        match bytes_left.checked_sub(size) {
            Some(left) => bytes_left = left,
            None => file.text = None,
        }
    }
}

#[cfg(test)]
mod tests;
