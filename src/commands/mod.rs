//! The commands, each the recipe of its file.

mod completions;
mod diagnostics;
mod environment;
mod finish;
mod go_names;
mod guest_env;
mod hints;
mod inspect;
mod logging;
mod lookup;
mod mount_hints;
mod outputs;
mod pending_diagnostics;
mod plan;
mod planted_links;
mod record;
mod run;
mod stops;

use crate::cli::{self, Command, foreign_options, suggestions};
use crate::error::Error;
use crate::host::closed_streams::{self, Stream};
use crate::report::{self, ExitStatus, Terms};
use crate::stop::emergency_exit;
use rustix::io::Errno as HostErrno;
use std::ffi::OsString;
use std::io;
use std::time::Instant;

/// Does what the command line says, and answers with the exit status. `started` is when the process
/// did.
pub fn dispatch(args: Vec<OsString>, started: Instant) -> ExitStatus {
    environment::silence_backtraces();
    if environment::is_completion_request() {
        return completions::answer(args);
    }
    match cli::read(&args) {
        Ok(Command::Run(options)) => run::run(&options, started),
        Ok(Command::Inspect(options)) => {
            emergency_exit::prepare(report::prepared_exits(&Terms::default()));
            inspect::inspect(&options)
        }
        Ok(Command::Completions(options)) => {
            emergency_exit::prepare(report::prepared_exits(&Terms::default()));
            completions::print(&options)
        }
        Err(message) => show(&message, &args),
    }
}

/// Prints what clap has to say: help and version to standard output, errors to standard error. No report is
/// written: which file is meant is not known before the command line is understood.
fn show(message: &clap::Error, args: &[OsString]) -> ExitStatus {
    if !message.use_stderr() {
        return printed_to_output(message.print());
    }
    match explain(message, args) {
        Some(failure) => report::error(&failure),
        // That nothing reads it is no failure.
        None => drop(message.print()),
    }
    ExitStatus::COMMAND_LINE
}

/// Our own words where clap's would mislead.
fn explain(message: &clap::Error, args: &[OsString]) -> Option<Error> {
    if let Some(option) = suggestions::unknown_option(message) {
        if let Some(habit) = foreign_options::of(&option, args) {
            let failure = Error::command_line(format!("{} is {}'s", habit.typed, habit.owner));
            return Some(failure.hint(habit.advice));
        }
        // clap would advise to put `--` before it, and so to run a module of that name.
        let typed = suggestions::as_typed(&option, args);
        let failure = Error::command_line(format!("there is no option {typed} here"));
        return Some(match suggestions::nearest_option(&typed) {
            Some(near) if near == typed => failure.hint(format!("{near} is an option of run")),
            Some(near) => failure.hint(format!("there is {near}")),
            None => failure.hint("tinyrun --help shows all of them"),
        });
    }
    if let Some(option) = suggestions::needless_value(message) {
        return Some(Error::command_line(format!("{option} takes no value")));
    }
    let missing = suggestions::missing_argument(message)?;
    if missing.contains("MODULE") {
        let failure = Error::command_line("there is no MODULE on the command line");
        return Some(failure.hint("tinyrun [OPTIONS] MODULE [ARGS]...; tinyrun --help tells more"));
    }
    (missing.contains("--invoke"))
        .then(|| Error::command_line("--init is about calls, and needs an --invoke"))
}

/// The status of a command that only prints.
fn printed_to_output(printed: io::Result<()>) -> ExitStatus {
    // Its stand-in takes what is printed, and loses it.
    let lost = closed_streams::was_closed(Stream::Output).then(|| HostErrno::BADF.into());
    match printed.and(lost.map_or(Ok(()), Err)) {
        Ok(()) => ExitStatus::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitStatus::BROKEN_PIPE,
        Err(error) => {
            report::error(&Error::runner("standard output cannot be written").caused_by(error));
            ExitStatus::RUNNER
        }
    }
}
