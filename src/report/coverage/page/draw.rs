//! Draws a page: packages, their files, and the source code of each file, in elements that open without a script.

use super::PageFiles;
use super::html::{escaped, identifier};
use super::links::Links;
use super::rows::{Row, rows};
use super::total::Total;
use crate::insight::CoveredFile;
use std::collections::BTreeMap;

/// The first lines of every page, by which it is recognized. They change with the format.
pub(super) const FIRST_LINES: &str = "\
<!DOCTYPE html>
<!-- Written by tinyrun --coverage, which adds later runs to it. Format 1. -->
";

/// The parts of the element that begins a file.
pub(super) const FILE_START: &str = "<details class=file";
pub(super) const FILE_NAME: &str = " data-name=\"";
pub(super) const FILE_PATH: &str = "\" data-path=\"";
pub(super) const TAG_END: &str = "\">";

/// The number of rows in a list. A browser does not lay out the lists that are not visible.
const LIST_ROWS: usize = 500;

const STYLE: &str = include_str!("page.css");

/// The legend, with each color as the background of its meaning.
const LEGEND: &str = "\
<ul class=legend>
<li class=covered><b>3</b>ran 3 times
<li class=missed><b>0</b>never ran
<li>no code
</ul>
";

const NO_SOURCE: &str = "The source code is not shown: the file has changed since the build, cannot be read, or is too large for the page.";
const OTHER_SOURCE: &str =
    "The file ends before the following lines, so it is not the version that was compiled.";

pub(super) fn page(files: &PageFiles) -> String {
    let mut page = Page {
        html: String::new(),
        links: Links::between(files.values()),
        has_one_file: files.len() == 1,
    };
    page.draw_header(Total::of(files.values()));
    for (package, files) in packages(files) {
        page.draw_package(package, &files);
    }
    page.html.push_str("</main>\n");
    page.html
}

/// The files by the path of their package.
fn packages(files: &PageFiles) -> BTreeMap<&str, Vec<&CoveredFile>> {
    let mut packages = BTreeMap::<_, Vec<_>>::new();
    for file in files.values() {
        let (package, _) = split(&file.name);
        packages.entry(package).or_default().push(file);
    }
    packages
}

/// Splits the name of a file into its package, if it has one, and the rest.
fn split(name: &str) -> (&str, &str) {
    let parts = name.rsplit_once('/').or_else(|| name.rsplit_once('\\'));
    parts.unwrap_or(("", name))
}

/// A page that is drawn from top to bottom.
struct Page {
    html: String,
    links: Links,
    has_one_file: bool,
}

impl Page {
    fn draw_header(&mut self, total: Total) {
        let Total { covered, lines } = total;
        let link = self.links.to_next("first missed line");
        self.html.push_str(&format!(
            "{FIRST_LINES}<html lang=en>\n<meta charset=utf-8>\n\
             <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>Coverage {total}</title>\n<style>\n{STYLE}</style>\n<header>\n<h1>Coverage</h1>\n\
             <p><strong>{total}</strong> {covered} of {lines} lines ran {link}\n{LEGEND}</header>\n<main>\n"
        ));
    }

    fn draw_package(&mut self, package: &str, files: &[&CoveredFile]) {
        let name = match package {
            "" => "no package",
            package => package,
        };
        let name = escaped(name);
        let numbers = numbers(Total::of(files.iter().copied()), "");
        self.html.push_str(&format!(
            "<details class=package open>\n<summary><h2>{name}</h2>{numbers}</summary>\n"
        ));
        for file in files {
            self.draw_file(file);
        }
        self.html.push_str("</details>\n");
    }

    fn draw_file(&mut self, file: &CoveredFile) {
        let open = if self.has_one_file { " open" } else { "" };
        let (name, path) = (escaped(&file.name), escaped(&file.path.to_string_lossy()));
        let (id, widths) = (identifier(&file.name), column_widths(file));
        let summary = self.file_summary(file, &id);
        self.html.push_str(&format!(
            "{FILE_START}{open}{FILE_NAME}{name}{FILE_PATH}{path}{TAG_END}\n\
             <summary>{summary}</summary>\n<div id={id} style=\"{widths}\">\n<p>{path}\n"
        ));
        self.draw_source(file);
        self.html.push_str("</div>\n</details>\n");
    }

    fn file_summary(&self, file: &CoveredFile, id: &str) -> String {
        let (_, name) = split(&file.name);
        let (package, name) = (file.name.strip_suffix(name), escaped(name));
        let package = escaped(package.unwrap_or_default());
        let total = Total::of([file].into_iter());
        let missed = match total.lines - total.covered {
            0 => String::new(),
            missed => self.links.to_next(&format!("{missed} missed")),
        };
        let numbers = numbers(total, &missed);
        format!(
            "<h3><small>{package}</small>{name} <a href=#{id} title=\"link to this file\">#</a></h3>{numbers}"
        )
    }

    fn draw_source(&mut self, file: &CoveredFile) {
        let (with_text, without_text) = rows(file);
        self.links.begin_file();
        self.draw_rows(&with_text);
        if !without_text.is_empty() {
            let note = if with_text.is_empty() {
                NO_SOURCE
            } else {
                OTHER_SOURCE
            };
            self.html.push_str(&format!("<p>{note}\n"));
            self.draw_rows(&without_text);
        }
    }

    fn draw_rows(&mut self, rows: &[Row<'_>]) {
        for rows in rows.chunks(LIST_ROWS) {
            let first = rows.first().map_or(1, |row| row.number);
            let count = rows.len();
            let list = format!("<ol start={first} style=\"--rows:{count}\">\n");
            self.html.push_str(&list);
            for row in rows {
                self.html.push_str(&row.element(self.links.of(row)));
            }
            self.html.push_str("</ol>\n");
        }
    }
}

/// The columns with numbers.
fn numbers(total: Total, missed: &str) -> String {
    let Total { covered, lines } = total;
    format!(
        "<i style=\"--ran:{total}\"></i><b>{total}</b><span>{covered} of {lines} lines</span><span>{missed}</span>"
    )
}

/// The widths of the columns with line numbers and counts, in characters.
fn column_widths(file: &CoveredFile) -> String {
    let text_lines = file.text.as_ref().map_or(0, |text| text.lines().count());
    let last_line = file.lines.keys().last().copied().unwrap_or_default();
    let max_number = text_lines.max(last_line as usize).to_string();
    let max_count = file.lines.values().copied().max();
    let max_count = max_count.unwrap_or_default().to_string();
    format!(
        "--number-width:{}ch;--count-width:{}ch",
        max_number.len(),
        max_count.len()
    )
}
