//! Hints after an outcome: what the command line most likely lacks.

use super::mount_hints;
use super::run_record::RunRecord;
use crate::cli::{Run, suggestions};
use crate::error::{Error, ErrorKind};
use crate::guest::Outcome;
use crate::module::Module;
use crate::report;

/// Prints the hints for a run with this outcome.
pub(super) fn print(options: &Run, outcome: &Outcome, record: &RunRecord) {
    if may_lack_an_option(outcome) {
        hint_at_misplaced_option(options, &record.context.module);
        mount_hints::print(options, outcome, record);
    } else if let Some(call) = record.misplaced_call.get() {
        let module = &record.context.module;
        report::print_hint(&format!(
            "--invoke was typed after {module}, so it went to the program; to call the export, write {call} {module}"
        ));
    }
}

/// Records a call of an export of the module among the program's arguments: the order of other runtimes.
pub(super) fn note_misplaced_call(options: &Run, module: &Module, record: &RunRecord) {
    let exports = |name: &str| module.interface.exported_function(name).is_some();
    if let Some(call) = suggestions::misplaced_call(options.args())
        && options.calls.is_empty()
        && exports(&call.name)
    {
        record.misplaced_call.get_or_init(|| call.option());
    }
}

/// Adds a hint to the error for a module that cannot be loaded. A missing MODULE that resembles a command was most
/// likely meant as one, and a MODULE after a bare `--trace` as that option's file.
pub(super) fn explain_module(error: Error, options: &Run) -> Error {
    let typed = options.module().to_str().unwrap_or_default();
    if options.trace == Some(None) && !options.args().is_empty() {
        return error.hint(format!(
            "--trace takes its file after `=`, as in --trace={typed}; without it, {typed} is MODULE"
        ));
    }
    if error.kind != ErrorKind::NotFound {
        return error;
    }
    match (typed, suggestions::nearest_command(typed)) {
        ("help", _) => error.hint("see tinyrun --help"),
        (_, Some(command)) if command == typed => error.hint(format!(
            "options come after the word {typed}: tinyrun {typed} [OPTIONS] ..."
        )),
        // A hint that names a similar file takes precedence.
        (_, Some(command)) if error.hint.is_none() => {
            error.hint(format!("did you mean the command {command}?"))
        }
        (_, None) if error.hint.is_none() => match options
            .args()
            .first()
            .and_then(|word| word.to_str())
        {
            Some(next) if next.ends_with(".wasm") || next.ends_with(".wat") => error.hint(format!(
                "{typed} was taken for MODULE, and {next} for an argument of it; leave out {typed}"
            )),
            _ => error,
        },
        _ => error,
    }
}

/// Prints a hint if an option of tinyrun is among the program's arguments.
fn hint_at_misplaced_option(options: &Run, module: &str) {
    if let Some(option) = suggestions::misplaced_option(options.args()) {
        report::print_hint(&format!(
            "{option} was typed after {module}, so it went to the program; tinyrun's own options come before"
        ));
    }
}

/// Whether a missing option may have led to this outcome.
fn may_lack_an_option(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Returned | Outcome::Exited(0) | Outcome::BrokenPipe => false,
        Outcome::Failed(error) => error.kind != ErrorKind::NotFound,
        _ => true,
    }
}
