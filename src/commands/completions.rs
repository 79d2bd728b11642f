//! Shell completion. The scripts are short and run tinyrun for each completion. clap's static scripts would not
//! complete modules and exports, and would offer tinyrun's options after MODULE. Its dynamic scripts for bash, zsh and
//! fish do not handle quotes, `=` and the words after the cursor, so those are written by hand in `completions/`.

use super::environment::{self, COMPLETION_VARIABLE};
use super::{completers, status_of_print};
use crate::cli::Completions;
use crate::error::Error;
use crate::report::{self, ExitStatus};
use crate::shell_word;
use clap_complete::Shell;
use clap_complete::engine::{self, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Elvish, EnvCompleter, Powershell};
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

/// The name of the command in the scripts.
const PROGRAM: &str = "tinyrun";

/// The scripts that are written by hand.
const BASH: &str = include_str!("../../completions/tinyrun.bash");
const FISH: &str = include_str!("../../completions/tinyrun.fish");
const ZSH: &str = include_str!("../../completions/_tinyrun");

/// Prints the script for a shell.
pub(super) fn print(options: &Completions) -> ExitStatus {
    let script = match options.shell {
        Shell::Bash => Ok(BASH.into()),
        Shell::Elvish => generate(&Elvish),
        Shell::Fish => Ok(FISH.into()),
        Shell::PowerShell => generate(&Powershell),
        Shell::Zsh => Ok(ZSH.into()),
        other => {
            let message = format!("there is no completion script for {other}");
            report::print_error(&Error::command_line(message));
            return ExitStatus::COMMAND_LINE;
        }
    };
    status_of_print(script.and_then(|script| io::stdout().write_all(&script)))
}

/// The script of clap for a shell.
fn generate(shell: &dyn EnvCompleter) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    shell.write_registration(COMPLETION_VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)?;
    Ok(script)
}

/// Prints completions for a script. `args` is the name of the command, `--`, and the words of the command line. Some
/// scripts pass the index of the word to complete, and words after it; for the others it is the last word.
pub(super) fn complete(shell: &OsStr, args: Vec<OsString>) -> ExitStatus {
    let words = args.into_iter().skip_while(|word| *word != "--").skip(1);
    let mut words: Vec<_> = words.collect();
    let last = words.len().saturating_sub(1);
    let index = environment::completion_index().unwrap_or(last).min(last);
    for (at, word) in words.iter_mut().enumerate() {
        // zsh removes the quotes itself, and fish those of complete words.
        if shell == "bash" || shell == "fish" && at == index {
            *word = unquote(word);
        }
    }
    let command = completers::command(&words, index);
    words.truncate(index + 1);
    let completed = match shell.to_str() {
        Some("bash") => candidates(command, words).and_then(|found| print_for_bash(&found)),
        Some("fish" | "zsh") => candidates(command, words).and_then(|found| print_lines(&found)),
        _ => complete_by_clap(&command, words),
    };
    match completed {
        Ok(()) => ExitStatus::SUCCESS,
        Err(_) => ExitStatus::RUNNER,
    }
}

fn candidates(
    mut command: clap::Command,
    words: Vec<OsString>,
) -> io::Result<Vec<CompletionCandidate>> {
    let (last, directory) = (words.len().saturating_sub(1), std::env::current_dir().ok());
    let mut found = engine::complete(&mut command, words, last, directory.as_deref())?;
    // The scripts read lines.
    found.retain(|candidate| !candidate.get_value().as_bytes().contains(&b'\n'));
    Ok(found)
}

/// Prints the part of each candidate that replaces the last word of bash, which adds the slash of a directory itself.
fn print_for_bash(candidates: &[CompletionCandidate]) -> io::Result<()> {
    let kept = unquote(&environment::completion_kept());
    let mut lines = Vec::new();
    for candidate in candidates {
        let value = candidate.get_value().as_bytes();
        let part = value.strip_prefix(kept.as_bytes()).unwrap_or(value);
        lines.extend_from_slice(match part {
            [name @ .., b'/'] if !name.is_empty() => name,
            part => part,
        });
        lines.push(b'\n');
    }
    io::stdout().write_all(&lines)
}

/// Prints each candidate with its help after a tab.
fn print_lines(candidates: &[CompletionCandidate]) -> io::Result<()> {
    let mut lines = Vec::new();
    for candidate in candidates {
        lines.extend_from_slice(candidate.get_value().as_bytes());
        if let Some(help) = candidate.get_help() {
            let help = help.to_string();
            let first = help.lines().next().unwrap_or_default();
            lines.extend_from_slice(format!("\t{first}").as_bytes());
        }
        lines.push(b'\n');
    }
    io::stdout().write_all(&lines)
}

/// Prints completions as the script of clap reads them.
fn complete_by_clap(command: &clap::Command, words: Vec<OsString>) -> io::Result<()> {
    let args = [PROGRAM, "--"].into_iter().map(OsString::from).chain(words);
    let directory = std::env::current_dir().ok();
    CompleteEnv::with_factory(|| command.clone())
        .var(COMPLETION_VARIABLE)
        .completer(PROGRAM)
        .try_complete(args, directory.as_deref())
        .map(drop)
        .map_err(io::Error::other)
}

fn unquote(word: &OsStr) -> OsString {
    match word.to_str() {
        Some(word) => shell_word::unquote(word).into(),
        None => word.to_owned(),
    }
}
