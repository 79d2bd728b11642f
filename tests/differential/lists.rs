//! Compares the results of the lists of WASI calls.

use crate::Comparison;
use crate::table::Difference;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use tinyrun_test_support::calls::{Line, Step, parse};
use tinyrun_test_support::shell;

/// Options that the wasmi_wasi runner does not have. A command with one of them is skipped.
const MISSING_OPTIONS: [&str; 4] = ["--ro-dir", "--clock", "--trace", "-v "];

pub fn comparisons() -> Vec<Comparison> {
    let dir = shell::root().join("testdata/wasi");
    let paths = shell::entries(&dir, "calls").into_iter();
    let comparison = |path: std::path::PathBuf| Comparison {
        name: shell::name_below("testdata", &path),
        run: Box::new(move |bin_dir| compare(&path, bin_dir)),
    };
    paths.map(comparison).collect()
}

/// Runs a list with both, each in an empty directory.
fn compare(path: &Path, bin_dir: &Path) -> Result<Vec<Difference>> {
    let list = fs::read_to_string(path)?;
    let temps = [tempfile::tempdir()?, tempfile::tempdir()?];
    let [ours, theirs] = temps.each_ref().map(|temp| temp.path().join("world"));
    for dir in [&ours, &theirs] {
        fs::create_dir(dir)?;
    }
    let mut differences = Vec::new();
    for line in parse(&list) {
        let Line::Step(mut step) = line else {
            continue;
        };
        if MISSING_OPTIONS
            .iter()
            .any(|option| step.command.contains(option))
        {
            continue;
        }
        // The runner has no deadline, and no list needs one.
        let command = step.command.replace("--timeout 20s ", "");
        step.command = &command;
        let ours = step.run(&shell::bin_dir(), &ours)?;
        let theirs = step.run(bin_dir, &theirs)?;
        if step.calls.is_empty() {
            // The output of commands between the programs depends on earlier differences.
            continue;
        }
        differences.extend(first_difference(&step, &ours, &theirs)?);
    }
    Ok(differences)
}

/// The first difference of a program. Later ones may be its consequences.
fn first_difference(step: &Step<'_>, ours: &str, theirs: &str) -> Result<Option<Difference>> {
    let failure = |text: &str| {
        let mut lines = text.lines().skip(step.calls.len());
        let panics = text.contains(" panicked at ");
        let error = lines.find_map(|line| line.strip_prefix("! error: "));
        match (panics, error) {
            (true, _) => Some("a panic".to_owned()),
            (false, error) => error.map(|error| format!("a trap: {error}")),
        }
    };
    if let Some(failure) = failure(theirs) {
        return Ok(Some(Difference::new(step.command, "no trap", &failure)));
    }
    let mut lines = ours.lines().zip(theirs.lines());
    let Some((ours, theirs)) = lines.find(|(ours, theirs)| ours != theirs) else {
        return Ok(None);
    };
    let (call, ours) = ours
        .rsplit_once(" = ")
        .context("a line without an answer")?;
    let (_, theirs) = theirs
        .rsplit_once(" = ")
        .context("a line without an answer")?;
    Ok(Some(Difference::new(call, ours, theirs)))
}
