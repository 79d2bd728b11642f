//! The man page, `completions/tinyrun.1`, is what the definition of the command line makes now. TINYRUN_BLESS=1
//! rewrites it.

use crate::trial;
use anyhow::{Result, bail};
use clap_mangen::{Man, roff};
use libtest_mimic::Trial;
use std::fs;
use std::io;
use tinyrun::cli::{self, help};
use tinyrun_test_support::shell;

pub fn trials() -> Vec<Trial> {
    vec![trial("man", is_current)]
}

fn is_current() -> Result<()> {
    let path = shell::root().join("completions/tinyrun.1");
    let now = page()?;
    if std::env::var_os("TINYRUN_BLESS").is_some() {
        fs::write(&path, &now)?;
    }
    match fs::read(&path)? == now {
        true => Ok(()),
        false => bail!("completions/tinyrun.1 is stale: run the tests with TINYRUN_BLESS=1"),
    }
}

/// The page, without a date, so that it changes only with its text.
fn page() -> io::Result<Vec<u8>> {
    let man = Man::new(cli::command())
        .date(" ")
        .source(concat!("tinyrun ", env!("CARGO_PKG_VERSION")));
    let (before, after): (Vec<_>, Vec<_>) = [help::TEMPLATE, help::LONG]
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
        write_lines(title, lines, &mut page)?;
    }
    man.render_options_section(&mut page)?;
    for (title, lines) in after {
        write_lines(title, lines, &mut page)?;
    }
    Ok(page)
}

/// Writes a section whose lines stay as they are.
fn write_lines(title: &str, lines: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let mut section = roff::Roff::new();
    section.control("SH", [&*title.to_uppercase()]);
    section.control("nf", []);
    for line in lines.lines() {
        section.text([roff::roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    section.control("fi", []);
    section.to_writer(page)
}
