//! Tests that the scripts in `completions/` are current, and that the candidates suit the position of the cursor.

use crate::trial;
use anyhow::{Result, bail};
use libtest_mimic::Trial;
use std::fs;
use std::path::Path;
use tinyrun_test_support::shell;

/// The shells, and the files of their scripts.
const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "tinyrun.bash"),
    ("elvish", "tinyrun.elv"),
    ("fish", "tinyrun.fish"),
    ("powershell", "tinyrun.ps1"),
    ("zsh", "_tinyrun"),
];

pub fn trials() -> Vec<Trial> {
    let scripts = SCRIPTS.into_iter().map(|(name, file)| {
        trial(format!("completions/{file}"), move || {
            is_current(name, file)
        })
    });
    let offers = trial("completions/offers", offers);
    scripts.chain([offers]).collect()
}

fn is_current(name: &str, file: &str) -> Result<()> {
    let path = shell::root().join("completions").join(file);
    let now = shell::run(&format!("tinyrun completions {name}"), shell::root()).stdout;
    if std::env::var_os("TINYRUN_BLESS").is_some() {
        fs::write(&path, &now)?;
    }
    if now.is_empty() || fs::read_to_string(&path).unwrap_or_default() != now {
        bail!("completions/{file} is stale: tinyrun completions {name} > completions/{file}");
    }
    Ok(())
}

/// Requests candidates as the script for fish does: with the words so far, the last of which is incomplete.
fn offers() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for file in ["a.wasm", "b.wat", "c.txt", "run.wasm", "s.svg"] {
        fs::write(folder.path().join(file), "")?;
    }
    fs::create_dir(folder.path().join("d"))?;
    let exports = r#"(import "env" "f" (func)) (func (export "add")) (func (export "sub")) (func (export "malloc"))"#;
    fs::write(folder.path().join("e.wat"), exports)?;
    for (words, offered, not_offered) in [
        (
            "''",
            "a.wasm b.wat d/ run completions --dir --invoke",
            "c.txt",
        ),
        ("a", "a.wasm", "b.wat c.txt --dir"),
        ("--d", "--dir", "--env a.wasm"),
        ("--env-file ''", "c.txt d/", "--dir"),
        ("--init ''", "auto none _initialize _start", "a.wasm --dir"),
        ("--dir ''", "d/", "a.wasm c.txt"),
        ("--dir . ''", "a.wasm --env", "c.txt"),
        ("run ''", "a.wasm b.wat d/ --dir", "c.txt completions"),
        (
            "a.wasm ''",
            "a.wasm b.wat c.txt d/",
            "--dir run completions",
        ),
        ("a.wasm -", "", "--dir -v"),
        ("a.wasm --d", "", "--dir"),
        ("a.wasm run ''", "c.txt", "--dir"),
        ("run --dir . a.wasm x ''", "c.txt d/", "--dir --env"),
        ("-- ''", "a.wasm d/", "--dir c.txt"),
        ("inspect ''", "a.wasm b.wat d/ --json", "c.txt --dir"),
        ("inspect --treemap ''", "s.svg d/", "c.txt a.wasm --json"),
        ("--invoke ''", "", "add a.wasm"),
        ("--trace ''", "a.wasm --dir", "c.txt"),
        ("--trace=", "--trace=c.txt", "c.txt a.wasm"),
        ("--dir d::", "d::/ d::/d", "d/ d"),
        ("--env PAT", "PATH", "HOME"),
        ("--preload env=", "env=a.wasm env=d/", "env=c.txt"),
        (
            "completions ''",
            "bash elvish fish powershell zsh",
            "a.wasm --dir",
        ),
    ] {
        let ask = format!("TINYRUN_COMPLETE=fish tinyrun -- tinyrun {words}");
        offer(&ask, '\t', folder.path(), offered, not_offered)?;
    }
    // bash passes the words as they are typed, the index of the one to complete, and its start that is not replaced.
    for (index, kept, words, offered, not_offered) in [
        (2, "", "--invoke '' e.wat", "add sub", "malloc a.wasm --dir"),
        (3, "", "run --invoke a e.wat x", "add", "sub"),
        (1, "", "'' e.wat", "a.wasm d --dir", "c.txt d/"),
        (4, "", "--invoke add e.wat ''", "c.txt d", "--dir add"),
        (1, "--init=", "--init=_s e.wat", "_start", "_initialize"),
        (1, "--trace=", "--trace= a.wasm", "c.txt d", "--dir"),
        (1, "", "--trace= a.wasm", "--trace=c.txt", "c.txt"),
        (2, "", "--import env e.wat", "env.f=", "env.f"),
        (
            2,
            "env.f=",
            "--import env.f=t e.wat",
            "trap trace",
            "zero env.f=trap",
        ),
        (2, "", "--preload e e.wat", "env=", "env.f="),
    ] {
        let bash =
            format!("TINYRUN_COMPLETE=bash _CLAP_COMPLETE_INDEX={index} _TINYRUN_KEPT={kept}");
        let ask = format!("{bash} tinyrun -- tinyrun {words}");
        offer(&ask, '\n', folder.path(), offered, not_offered)?;
    }
    Ok(())
}

/// Checks that the candidates contain all words of `offered`, and no word of `not_offered`.
fn offer(ask: &str, end: char, folder: &Path, offered: &str, not_offered: &str) -> Result<()> {
    let done = shell::run(ask, folder);
    let lines = done.stdout.lines();
    let lines: Vec<_> = lines.filter_map(|line| line.split(end).next()).collect();
    let missing = offered
        .split_whitespace()
        .find(|word| !lines.contains(word));
    let stray = not_offered
        .split_whitespace()
        .find(|word| lines.contains(word));
    match (missing, stray) {
        (None, None) => Ok(()),
        _ => bail!("{ask}: missing {missing:?}, stray {stray:?}, in {done:?}"),
    }
}
