//! The commands of tinyrun: running a module, inspecting one, and shell completion.

mod before_main;
mod completers;
mod completions;
mod coverage;
mod diagnostics;
mod environment;
mod finish;
mod guest_env;
mod guest_links;
mod hints;
mod inspect;
mod logging;
mod mount_hints;
mod official_go_paths;
mod outputs;
mod parse_error;
mod path_lookup;
mod plan;
mod progress;
mod recording;
mod results;
mod run;
mod run_record;
mod stop_threads;
mod stopped_stack;
mod symbolizer;
mod symbolizer_thread;

use crate::cli::{self, Command, version};
use crate::closed_streams::{self, Stream};
use crate::error::Error;
use crate::report::{self, ExitStatus, RunContext};
use crate::stop::{self, emergency_exit, native_stack};
use clap::error::ErrorKind;
use rustix::io::Errno as HostErrno;
use std::ffi::OsString;
use std::io::{self, Write};
use std::time::Instant;

/// Runs a command line and returns the exit status. `started` is when the process started.
pub fn dispatch(args: Vec<OsString>, started: Instant) -> ExitStatus {
    native_stack::run(move || dispatch_here(args, started)).unwrap_or_else(|error| {
        report::print_error(&Error::runner("cannot start a thread").caused_by(error));
        ExitStatus::RUNNER
    })
}

/// Runs a command line on the calling thread.
fn dispatch_here(args: Vec<OsString>, started: Instant) -> ExitStatus {
    stop::exit_on_panic(|panic| {
        report::print_final_error(&report::panic_error(panic));
        ExitStatus::RUNNER.code()
    });
    environment::disable_rust_backtraces();
    if let Some(shell) = environment::completion_shell() {
        return completions::complete(&shell, args);
    }
    match cli::parse(&args) {
        Ok(Command::Run(options)) => run::run(&options, started),
        Ok(Command::Inspect(options)) => {
            emergency_exit::prepare(report::prepared_exits(&RunContext::default()));
            inspect::inspect(&options)
        }
        Ok(Command::Completions(options)) => {
            emergency_exit::prepare(report::prepared_exits(&RunContext::default()));
            completions::print(&options)
        }
        Err(error) => print_parse_error(&error, &args),
    }
}

/// Prints clap's help and version on standard output, and its errors on standard error. No report is written, since its
/// path is unknown until the command line is parsed.
fn print_parse_error(error: &clap::Error, args: &[OsString]) -> ExitStatus {
    if !error.use_stderr() {
        return match parse_error::misread_as_help(args) {
            Some(error) => {
                report::print_error(&error);
                ExitStatus::COMMAND_LINE
            }
            None if is_verbose_version(error, args) => {
                status_of_print(io::stdout().write_all(version::verbose().as_bytes()))
            }
            None => status_of_print(error.print()),
        };
    }
    match parse_error::explain(error, args) {
        Some(error) => report::print_error(&error),
        // An error of printing does not change the exit status.
        None => drop(error.print()),
    }
    ExitStatus::COMMAND_LINE
}

fn is_verbose_version(error: &clap::Error, args: &[OsString]) -> bool {
    error.kind() == ErrorKind::DisplayVersion && version::is_verbose(args)
}

/// The exit status of a command that only prints.
fn status_of_print(printed: io::Result<()>) -> ExitStatus {
    // A closed standard output was replaced by another descriptor when the process started.
    let closed = closed_streams::was_closed(Stream::Output);
    let printed = printed.and_then(|()| {
        if closed {
            Err(HostErrno::BADF.into())
        } else {
            Ok(())
        }
    });
    match printed {
        Ok(()) => ExitStatus::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitStatus::BROKEN_PIPE,
        Err(error) => {
            report::print_error(&Error::runner("cannot write to standard output").caused_by(error));
            ExitStatus::RUNNER
        }
    }
}
