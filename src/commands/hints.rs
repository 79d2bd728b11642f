//! Hints below an outcome: what the command line most likely lacks.

use super::record::Record;
use crate::cli::{Run, suggestions};
use crate::error::{Error, ErrorKind};
use crate::guest::Outcome;
use crate::report;

/// Prints what the command line most likely lacks, for a run that ended so.
pub(super) fn print(options: &Run, outcome: &Outcome, record: &Record) {
    if may_miss_an_option(outcome) {
        hint_at_misplaced_option(options, &record.context.module);
        record.mounts.print(options, outcome);
    }
}

/// A missing MODULE that reads like a command was most likely meant as one, and one after a bare `--trace` as its
/// file.
pub(super) fn explain_module(error: Error, options: &Run) -> Error {
    let typed = options.module().to_str().unwrap_or_default();
    if options.trace == Some(None) && !options.args().is_empty() {
        return error.hint(format!(
            "--trace takes a file as --trace={typed}; else what comes first without an option is MODULE"
        ));
    }
    if error.kind != ErrorKind::NotFound {
        return error;
    }
    match (typed, suggestions::nearest_command(typed)) {
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
    if let Some(option) = suggestions::misplaced_option(options.args()) {
        report::print_hint(&format!(
            "{option} was typed after {name}, so it went to the program; tinyrun's own options come before"
        ));
    }
}

/// Whether a run that ended so may have ended so for want of an option.
fn may_miss_an_option(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Returned | Outcome::Exited(0) | Outcome::BrokenPipe => false,
        Outcome::Failed(failure) => failure.kind != ErrorKind::NotFound,
        _ => true,
    }
}
