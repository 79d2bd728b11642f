//! Hints below an outcome: what the command line most likely lacks.

use crate::cli::{Run, slip};
use crate::error::{Error, Fault};
use crate::guest::Outcome;
use crate::report;
use std::ffi::OsString;
use std::path::Path;

/// Prints what the command line most likely lacks, for a run that ended so.
pub(super) fn print(options: &Run, outcome: &Outcome, module: &str) {
    if may_miss_an_option(outcome) {
        hint_at_misplaced_option(options, module);
        hint_at_mounts(options, outcome);
    }
}

/// A MODULE that is not there and reads like a command was most likely meant as one, and one behind a bare
/// `--trace` as its file.
pub(super) fn explain_module(error: Error, options: &Run) -> Error {
    let typed = options.module().to_str().unwrap_or_default();
    if options.trace == Some(None) && !options.args().is_empty() {
        return error.hint(format!(
            "--trace takes a file as --trace={typed}; else what comes first without an option is MODULE"
        ));
    }
    if error.fault != Fault::NotFound {
        return error;
    }
    match (typed, slip::nearest_command(typed)) {
        ("help", _) => error.hint("for help, type: tinyrun --help"),
        (_, Some(command)) if command == typed => error.hint(format!(
            "options come after the word {typed}: tinyrun {typed} [OPTIONS] ..."
        )),
        // A hint that is there knows better: what was meant is a file.
        (_, Some(command)) if error.hint.is_none() => {
            error.hint(format!("there is the command {command}"))
        }
        _ => error,
    }
}

/// An option of ours among the program's arguments is most likely there by mistake.
fn hint_at_misplaced_option(options: &Run, name: &str) {
    if let Some(option) = slip::misplaced_option(options.args()) {
        report::hint(&format!(
            "{option} was typed after {name}, so it went to the program; tinyrun's own options come before"
        ));
    }
}

/// A program that was given the name of a file and no directory most likely could not open it.
fn hint_at_mounts(options: &Run, outcome: &Outcome) {
    let has_mounts = !options.mounts.is_empty() || !options.read_only_mounts.is_empty();
    let has_ended = matches!(outcome, Outcome::Exited(_) | Outcome::Trapped(_));
    if has_mounts || !has_ended || !options.calls.is_empty() {
        return;
    }
    let is_file = |word: &&OsString| Path::new(word).is_file();
    if let Some(file) = options.args().iter().find(is_file) {
        let file = file.display();
        report::hint(&format!(
            "the program cannot see {file}: --dir . lets it see this folder"
        ));
    }
}

/// Whether a run that ended so may have ended so for want of an option.
fn may_miss_an_option(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Returned | Outcome::Exited(0) | Outcome::BrokenPipe => false,
        Outcome::Failed(failure) => failure.fault != Fault::NotFound,
        _ => true,
    }
}
