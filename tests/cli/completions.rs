//! Completion: the scripts in `completions/` are what the binary prints now, and what the shells are
//! told fits the place where it is asked for.

use crate::shell;
use libtest_mimic::{Failed, Trial};
use std::fs;

/// The shells, and their scripts' files.
const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "tinyrun.bash"),
    ("elvish", "tinyrun.elv"),
    ("fish", "tinyrun.fish"),
    ("powershell", "tinyrun.ps1"),
    ("zsh", "_tinyrun"),
];

pub fn trials() -> Vec<Trial> {
    let scripts = SCRIPTS.into_iter().map(|(name, file)| {
        Trial::test(format!("completions/{file}"), move || {
            is_current(name, file)
        })
    });
    let offers = Trial::test("completions/offers", offers);
    scripts.chain([offers]).collect()
}

fn is_current(name: &str, file: &str) -> Result<(), Failed> {
    let path = shell::root().join("completions").join(file);
    let now = shell::run(&format!("tinyrun completions {name}"), shell::root()).stdout;
    if std::env::var_os("TINYRUN_BLESS").is_some() {
        fs::write(&path, &now)?;
    }
    if now.is_empty() || fs::read_to_string(&path).unwrap_or_default() != now {
        return Err(format!(
            "completions/{file} is stale: tinyrun completions {name} > completions/{file}"
        )
        .into());
    }
    Ok(())
}

/// Asks as the script for fish does: with the words so far, of which the last is to be completed.
fn offers() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for file in ["a.wasm", "b.wat", "c.txt", "run.wasm"] {
        fs::write(folder.path().join(file), "")?;
    }
    fs::create_dir(folder.path().join("d"))?;
    for (words, offered, not_offered) in [
        (
            "''",
            "a.wasm b.wat d/ run completions --dir --invoke",
            "c.txt",
        ),
        ("a", "a.wasm", "b.wat c.txt --dir"),
        ("--d", "--dir", "--env a.wasm"),
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
        (
            "completions ''",
            "bash elvish fish powershell zsh",
            "a.wasm --dir",
        ),
    ] {
        let ask = format!("TINYRUN_COMPLETE=fish tinyrun -- tinyrun {words}");
        let done = shell::run(&ask, folder.path());
        let lines: Vec<_> = done
            .stdout
            .lines()
            .filter_map(|line| line.split('\t').next())
            .collect();
        let missing = offered
            .split_whitespace()
            .find(|word| !lines.contains(word));
        let stray = not_offered
            .split_whitespace()
            .find(|word| lines.contains(word));
        if missing.is_some() || stray.is_some() {
            return Err(
                format!("{words}: missing {missing:?}, stray {stray:?}, in {done:?}").into(),
            );
        }
    }
    Ok(())
}
