//! Runs the lists of WASI calls in `testdata/wasi/*.calls`. Each call must return the result in the list. With
//! TINYRUN_BLESS=1, the lists are rewritten with the current results.

use anyhow::{Result, bail};
use libtest_mimic::Trial;
use std::fs;
use std::path::{Path, PathBuf};
use tinyrun_test_support::calls::{Line, parse};
use tinyrun_test_support::shell;

pub fn trials() -> Vec<Trial> {
    let dir = shell::root().join("testdata/wasi");
    let paths = shell::entries(&dir, "calls").into_iter();
    paths.map(trial).collect()
}

fn trial(path: PathBuf) -> Trial {
    let name = shell::name_below("testdata", &path);
    crate::trial(name, move || check(&path))
}

fn check(path: &Path) -> Result<()> {
    let expected = fs::read_to_string(path)?;
    let actual = run(&expected)?;
    if actual == expected {
        return Ok(());
    }
    if std::env::var_os("TINYRUN_BLESS").is_some() {
        fs::write(path, actual)?;
        return Ok(());
    }
    let mut differences = String::new();
    for (before, after) in expected.lines().zip(actual.lines()) {
        if before != after {
            differences += &format!("    expected: {before}\n    actual:   {after}\n");
        }
    }
    bail!("{}\n{differences}", path.display())
}

/// Runs a list in an empty directory, and returns it with the current results.
fn run(list: &str) -> Result<String> {
    let temp = tempfile::tempdir()?;
    let dir = temp.path().join("world");
    fs::create_dir(&dir)?;
    let mut actual = String::new();
    for line in parse(list) {
        match line {
            Line::Comment(line) => actual += &format!("{line}\n"),
            Line::Step(step) => {
                let output = step.run(&shell::bin_dir(), &dir)?;
                actual += &format!("$ {}\n{output}", step.command);
            }
        }
    }
    Ok(actual)
}
