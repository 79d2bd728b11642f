//! The man page, `completions/tinyrun.1`: made of the same definition as the help, when the tests run, so
//! that the binary need not carry its maker. TINYRUN_BLESS=1 rewrites it.

use super::{Cli, help};
use clap::CommandFactory;
use clap_mangen::{Man, roff};
use std::io;
use std::path::Path;

/// The page. It has no date, so that it changes only with what it says.
fn page() -> io::Result<Vec<u8>> {
    let man = Man::new(Cli::command())
        .date(" ")
        .source(concat!("tinyrun ", env!("CARGO_PKG_VERSION")));
    let (before, behind): (Vec<_>, Vec<_>) = [help::TEMPLATE, help::LONG]
        .iter()
        .flat_map(|text| text.split("\n\n"))
        .filter_map(|part| part.split_once(":\n"))
        .partition(|(title, _)| *title == "Arguments");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    for (title, lines) in before {
        put_lines(title, lines, &mut page)?;
    }
    man.render_options_section(&mut page)?;
    for (title, lines) in behind {
        put_lines(title, lines, &mut page)?;
    }
    Ok(page)
}

/// Puts a section whose lines stay as they are.
fn put_lines(title: &str, lines: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let mut section = roff::Roff::new();
    section.control("SH", [&*title.to_uppercase()]);
    section.control("nf", []);
    for line in lines.lines() {
        section.text([roff::roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    section.control("fi", []);
    section.to_writer(page)
}

#[test]
fn the_page_is_current() -> io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions/tinyrun.1");
    let now = page()?;
    if std::env::var_os("TINYRUN_BLESS").is_some() {
        std::fs::write(&path, &now)?;
    }
    let written = std::fs::read(&path).unwrap_or_default();
    assert!(
        written == now,
        "completions/tinyrun.1 is stale: run the tests with TINYRUN_BLESS=1"
    );
    Ok(())
}
