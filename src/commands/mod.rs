//! The commands, each the recipe of its file.

mod completions;
mod environment;
mod logging;
mod run;

use crate::cli::{Cli, Command};
use crate::report::ExitStatus;
use clap::Parser;
use std::ffi::OsString;
use std::io;
use std::time::Instant;

/// Does what the command line says, and answers with the exit status. `started` is when the process
/// did.
pub fn dispatch(args: impl Iterator<Item = OsString>, started: Instant) -> ExitStatus {
    environment::silence_backtraces();
    let args: Vec<OsString> = args.collect();
    if environment::is_completion_request() {
        return completions::answer(args);
    }
    match Cli::try_parse_from(args) {
        Ok(Cli { command: Some(Command::Completions(options)), .. }) => completions::print(&options),
        Ok(Cli { command: Some(Command::Run(options)), .. }) => run::run(&options, started),
        Ok(Cli { command: None, run: options }) => run::run(&options, started),
        Err(message) => show(&message),
    }
}

/// Prints what clap has to say: help and version to standard output, errors to standard error.
fn show(message: &clap::Error) -> ExitStatus {
    let printed = message.print();
    if message.use_stderr() {
        return ExitStatus::COMMAND_LINE;
    }
    printed_to_output(printed)
}

/// The status of a command that only prints.
fn printed_to_output(printed: io::Result<()>) -> ExitStatus {
    match printed {
        Ok(()) => ExitStatus::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitStatus::BROKEN_PIPE,
        Err(_) => ExitStatus::RUNNER,
    }
}
