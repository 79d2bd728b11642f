//! Sessions at a shell, each file of `testdata/*/*.session` a test: what was typed, and exactly what
//! came of it on standard output, on standard error and as the exit status.
//!
//!     # A comment.
//!     $ tinyrun exit.wat 7
//!     standard output, a line each
//!     ! standard error, a line each
//!     [7]
//!
//! A status of 0 is not written. A line of output that would be taken for something else, an empty one
//! included, has `|` before it; where the last line does not end, `(no newline)` follows. Commands run
//! in the file's folder. With TINYRUN_BLESS=1 the files are rewritten to what came of them now.

mod shell;

use libtest_mimic::{Arguments, Failed, Trial};
use shell::Done;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let trials = sessions().into_iter().map(|path| {
        let name = path.strip_prefix(shell::root().join("testdata")).expect("it is there");
        Trial::test(name.display().to_string(), move || check(&path))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn sessions() -> Vec<PathBuf> {
    let folders = entries(&shell::root().join("testdata")).into_iter();
    let mut found: Vec<_> = folders
        .filter(|path| path.is_dir())
        .flat_map(|folder| entries(&folder))
        .filter(|path| path.extension().is_some_and(|ending| ending == "session"))
        .collect();
    found.sort();
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    entries.map(|entry| entry.expect("so can its entries").path()).collect()
}

fn check(path: &Path) -> Result<(), Failed> {
    let written = fs::read_to_string(path)?;
    let folder = path.parent().expect("a file is in a folder");
    let now: String = steps(&written).map(|step| replay(&step, folder)).collect();
    if now == written {
        return Ok(());
    }
    if std::env::var_os("TINYRUN_BLESS").is_some() {
        fs::write(path, now)?;
        return Ok(());
    }
    Err(format!("{}\n--- written\n{written}\n--- now\n{now}", path.display()).into())
}

/// The parts of a session: one for each run of comments and empty lines, and for each command with
/// what came of it.
fn steps(session: &str) -> impl Iterator<Item = Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in session.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step::Command(command.to_owned())),
            None if line.is_empty() || line.starts_with('#') => {
                steps.push(Step::Comment(line.to_owned()));
            }
            None => {}
        }
    }
    steps.into_iter()
}

enum Step {
    Comment(String),
    Command(String),
}

fn replay(step: &Step, folder: &Path) -> String {
    match step {
        Step::Comment(line) => format!("{line}\n"),
        Step::Command(command) => format!("$ {command}\n{}", told(&shell::run(command, folder))),
    }
}

/// What a command did, in the notation of the files.
fn told(done: &Done) -> String {
    let mut text = String::new();
    for line in done.stdout.lines() {
        let ambiguous = line.is_empty() || line.starts_with(['$', '#', '!', '[', '|', '(']);
        text += &format!("{}{line}\n", if ambiguous { "|" } else { "" });
    }
    if !done.stdout.is_empty() && !done.stdout.ends_with('\n') {
        text += "(no newline)\n";
    }
    for line in done.stderr.lines() {
        text += &format!("! {line}\n");
    }
    if done.status != 0 {
        text += &format!("[{}]\n", done.status);
    }
    text
}
