//! Sessions at a shell: what was typed, and exactly what came of it on standard output, on standard
//! error and as the exit status.
//!
//!     # A comment.
//!     $ tinyrun exit.wat 7
//!     standard output, a line each
//!     ! standard error, a line each
//!     [7]
//!
//! A status of 0 is not written. A line of output that would be taken for something else, an empty one
//! included, has `|` before it; where the last line does not end, `(no newline)` follows. With
//! TINYRUN_BLESS=1 a session is rewritten to what comes of it now.

use crate::shell::{self, Done};
use libtest_mimic::Failed;
use std::fs;
use std::path::Path;

/// Replays the session in a file with its commands run in `folder`, and fails if the output or a status differs.
pub fn check(path: &Path, folder: &Path) -> Result<(), Failed> {
    let written = fs::read_to_string(path)?;
    let now = replayed(&written, "", folder);
    if now != written && std::env::var_os("TINYRUN_BLESS").is_some() {
        fs::write(path, now)?;
        return Ok(());
    }
    compare(path, &written, &now)
}

/// The same, with these options given to each run.
pub fn check_with(options: &str, path: &Path, folder: &Path) -> Result<(), Failed> {
    let add_options = format!(
        "tinyrun() {{ case $1 in inspect) command tinyrun \"$@\";; *) command tinyrun {options} \"$@\";; esac; }}\n"
    );
    let written = fs::read_to_string(path)?;
    compare(path, &written, &replayed(&written, &add_options, folder)).map_err(|failed| {
        format!("with {options}: {}", failed.message().unwrap_or_default()).into()
    })
}

fn compare(path: &Path, written: &str, now: &str) -> Result<(), Failed> {
    match now == written {
        true => Ok(()),
        false => Err(format!("{}\n{}", path.display(), difference(written, now)).into()),
    }
}

/// The session with what its commands do now, each run after `prelude` in its shell.
fn replayed(session: &str, prelude: &str, folder: &Path) -> String {
    let steps = steps(session);
    steps
        .iter()
        .map(|step| replay(step, prelude, folder))
        .collect()
}

enum Step {
    Comment(String),
    Command(String),
}

/// The comments, empty lines and commands of a session, in order, without what came of them.
fn steps(session: &str) -> Vec<Step> {
    let step = |line: &str| match line.strip_prefix("$ ") {
        Some(command) => Some(Step::Command(command.to_owned())),
        None if line.is_empty() || line.starts_with('#') => Some(Step::Comment(line.to_owned())),
        None => None,
    };
    session.lines().filter_map(step).collect()
}

fn replay(step: &Step, prelude: &str, folder: &Path) -> String {
    match step {
        Step::Comment(line) => format!("{line}\n"),
        Step::Command(command) => {
            let done = shell::run(&format!("{prelude}{command}"), folder);
            format!("$ {command}\n{}", told(&done))
        }
    }
}

/// What a command did, in the notation of the files.
pub fn told(done: &Done) -> String {
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

/// The command whose outcome is not the written one, with both.
fn difference(written: &str, now: &str) -> String {
    let same = written
        .lines()
        .zip(now.lines())
        .take_while(|(a, b)| a == b)
        .count();
    let before = now.lines().take(same).collect::<Vec<_>>();
    let command = before
        .iter()
        .rposition(|line| line.starts_with("$ "))
        .unwrap_or(0);
    let part = |text: &str| {
        let lines = text.lines().skip(command).enumerate();
        let lines = lines.take_while(|(at, line)| *at == 0 || !line.starts_with("$ "));
        lines
            .map(|(_, line)| format!("    {line}\n"))
            .collect::<String>()
    };
    format!("written:\n{}now:\n{}", part(written), part(now))
}
