//! Shell sessions: commands with their exact standard output, standard error and exit status.
//!
//!     # A comment.
//!     $ tinyrun exit.wat 7
//!     standard output, a line each
//!     ! standard error, a line each
//!     [7]
//!
//! A status of 0 is omitted. A line of output has the prefix `|` if it is empty or could be taken for another kind of
//! line. If the output does not end in a newline, `(no newline)` follows. With TINYRUN_BLESS=1, a session is rewritten
//! with the current output.

use crate::shell::{self, Done};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// Runs the commands of a session in `dir`, and fails if their output differs from the file's.
pub fn check(path: &Path, dir: &Path) -> Result<()> {
    check_after("", path, dir)
}

/// Like `check`, with a script that runs before each command.
pub fn check_after(prelude: &str, path: &Path, dir: &Path) -> Result<()> {
    let expected = fs::read_to_string(path)?;
    let actual = run(&expected, prelude, dir);
    if actual != expected && std::env::var_os("TINYRUN_BLESS").is_some() {
        fs::write(path, actual)?;
        return Ok(());
    }
    compare(path, &expected, &actual)
}

/// Like `check`, with these options added to each run of tinyrun.
pub fn check_with(options: &str, path: &Path, dir: &Path) -> Result<()> {
    let add_options = format!(
        "tinyrun() {{ case $1 in inspect) command tinyrun \"$@\";; *) command tinyrun {options} \"$@\";; esac; }}\n"
    );
    let expected = fs::read_to_string(path)?;
    let actual = run(&expected, &add_options, dir);
    compare(path, &expected, &actual).with_context(|| format!("with {options}"))
}

fn compare(path: &Path, expected: &str, actual: &str) -> Result<()> {
    let difference = || first_difference(expected, actual);
    ensure!(actual == expected, "{}\n{}", path.display(), difference());
    Ok(())
}

/// The session with the current output of its commands. Each command runs after `prelude` in its own shell.
fn run(session: &str, prelude: &str, dir: &Path) -> String {
    let steps = parse(session);
    let steps = steps.iter().map(|step| run_step(step, prelude, dir));
    steps.collect()
}

enum Step {
    Comment(String),
    Command(String),
}

/// The comments, empty lines and commands of a session, in order, without their output.
fn parse(session: &str) -> Vec<Step> {
    let step = |line: &str| match line.strip_prefix("$ ") {
        Some(command) => Some(Step::Command(command.to_owned())),
        None if line.is_empty() || line.starts_with('#') => Some(Step::Comment(line.to_owned())),
        None => None,
    };
    session.lines().filter_map(step).collect()
}

fn run_step(step: &Step, prelude: &str, dir: &Path) -> String {
    match step {
        Step::Comment(line) => format!("{line}\n"),
        Step::Command(command) => {
            let done = shell::run(&format!("{prelude}{command}"), dir);
            format!("$ {command}\n{}", format(&done))
        }
    }
}

/// Formats the output and the status of a command as in a session file.
pub fn format(done: &Done) -> String {
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

/// The first command whose output differs, with both outputs.
fn first_difference(expected: &str, actual: &str) -> String {
    let lines = expected.lines().zip(actual.lines());
    let same = lines.take_while(|(a, b)| a == b).count();
    let before = actual.lines().take(same).collect::<Vec<_>>();
    let command = before.iter().rposition(|line| line.starts_with("$ "));
    let step = |text: &str| {
        let lines = text.lines().skip(command.unwrap_or(0)).enumerate();
        let lines = lines.take_while(|(index, line)| *index == 0 || !line.starts_with("$ "));
        lines
            .map(|(_, line)| format!("    {line}\n"))
            .collect::<String>()
    };
    format!("expected:\n{}actual:\n{}", step(expected), step(actual))
}
