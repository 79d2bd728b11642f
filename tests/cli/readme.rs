//! Runs the README's `console` blocks in order, in a copy of `testdata`. Each must print the output in the block, which
//! has both output streams, as on a terminal.

use crate::trial;
use anyhow::{Result, bail};
use libtest_mimic::Trial;
use std::fs;
use std::path::Path;
use tinyrun_test_support::shell;

pub fn trials() -> Vec<Trial> {
    vec![trial("readme", check)]
}

fn check() -> Result<()> {
    let readme = fs::read_to_string(shell::root().join("README.md"))?;
    let folder = tempfile::tempdir()?;
    copy(
        &shell::root().join("testdata"),
        &folder.path().join("testdata"),
    )?;
    let blocks = blocks(&readme);
    if blocks.is_empty() {
        bail!("the README shows no command");
    }
    for block in blocks {
        let commands: Vec<_> = block
            .lines()
            .filter_map(|line| line.strip_prefix("$ "))
            .collect();
        let shown: String = block
            .lines()
            .filter(|line| !line.starts_with("$ "))
            .map(|line| format!("{line}\n"))
            .collect();
        let script = format!("exec 2>&1\n{}", commands.join("\n"));
        let printed = shell::run(&script, folder.path()).stdout;
        if printed != shown {
            bail!(
                "{}\n--- expected\n{shown}--- actual\n{printed}",
                commands.join("\n")
            );
        }
    }
    Ok(())
}

/// The contents of the blocks marked `console`.
fn blocks(readme: &str) -> Vec<&str> {
    let parts = readme.split("```console\n").skip(1);
    parts.filter_map(|part| part.split("```").next()).collect()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
