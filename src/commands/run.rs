//! `tinyrun run`: from the options to the exit status, along the road.

use super::environment;
use super::logging::{self, Verbosity};
use crate::cli::{Cli, EnvVar, Run, slip};
use crate::error::{Error, Fault};
use crate::guest::deadline::Deadline;
use crate::guest::{self, Call, DEFAULT_STACK, Job, Outcome, Plan};
use crate::host::{Host, World};
use crate::module;
use crate::report::{self, ExitStatus, Terms, last_word};
use clap::CommandFactory;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Instant;

/// Runs a module as `options` say.
pub(super) fn run(options: &Run, started: Instant) -> ExitStatus {
    logging::start(match options.verbose {
        true => Verbosity::Verbose,
        false => Verbosity::Quiet,
    });
    let terms = Terms {
        module: module::name_of(options.module()),
        max_stack: options.max_stack.unwrap_or(DEFAULT_STACK),
        fuel: options.fuel,
        timeout: options.timeout,
    };

    let outcome = match set_deadline(&terms, started) {
        Err(failure) => Outcome::Failed(failure),
        Ok(deadline) => {
            let outcome = to_the_end(options).unwrap_or_else(Outcome::Failed);
            if let Some(deadline) = deadline {
                deadline.lift();
            }
            outcome
        }
    };

    report::tell(&outcome, &terms);
    if may_miss_an_option(&outcome) {
        hint_at_misplaced_option(options, &terms.module);
    }
    ExitStatus::of(&outcome)
}

/// The road, from the world that the guest may see to its end.
fn to_the_end(options: &Run) -> Result<Outcome, Error> {
    let (plan, world) = settle(options)?;
    let host = Host::new(&world, plan.max_memory)?;
    let path = options.module();
    let module = module::load(path).map_err(|error| explain_command_word(error, path))?;
    log::info!("loaded {}, {} bytes", module.name, module.wasm.len());
    Ok(guest::run(&module, host, &plan, &mut report::print_results))
}

/// Turns what was typed into what is meant, with the caller's environment at hand.
fn settle(options: &Run) -> Result<(Plan, World), Error> {
    let args = options.args().iter().map(|word| utf8_argument(word));
    let args = args.collect::<Result<Vec<_>, _>>()?;
    let path = options.module();
    let program = match &options.argv0 {
        Some(name) => name.clone(),
        None => utf8_argument(path.file_name().unwrap_or(path.as_os_str()))?,
    };
    let (job, args) = match &options.invoke {
        Some(name) => {
            let call = Call {
                name: name.clone(),
                args,
            };
            (
                Job::Call {
                    call,
                    init: options.init,
                },
                Vec::new(),
            )
        }
        None => (Job::Main, args),
    };
    let plan = Plan {
        max_memory: options.max_memory,
        max_stack: options.max_stack,
        fuel: options.fuel,
        job,
    };
    let world = World {
        args: std::iter::once(program).chain(args).collect(),
        env: settle_env(&options.env)?,
        mounts: options.mounts.clone(),
    };
    Ok((plan, world))
}

fn utf8_argument(word: &OsStr) -> Result<String, Error> {
    word.to_str().map(str::to_owned).ok_or_else(|| {
        let shown = word.display();
        Error::command_line(format!(
            "the argument {shown} is not UTF-8, which WASI asks for"
        ))
    })
}

/// The guest's variables, each name once: the last one wins, and a variable to be passed on that the
/// caller does not have is left out.
fn settle_env(typed: &[EnvVar]) -> Result<Vec<(String, String)>, Error> {
    let mut settled: Vec<(String, String)> = Vec::new();
    for variable in typed {
        let (name, value) = match variable {
            EnvVar::Set { name, value } => (name, Some(value.clone())),
            EnvVar::Pass { name } => {
                let value = environment::variable(name).map(|value| utf8_variable(name, value));
                (name, value.transpose()?)
            }
        };
        settled.retain(|(known, _)| known != name);
        settled.extend(value.map(|value| (name.clone(), value)));
    }
    Ok(settled)
}

fn utf8_variable(name: &str, value: OsString) -> Result<String, Error> {
    value.into_string().map_err(|_| {
        Error::command_line(format!(
            "the variable {name} is not UTF-8, which WASI asks for"
        ))
    })
}

/// Sets the deadline of `--timeout`, if there is one.
fn set_deadline(terms: &Terms, started: Instant) -> Result<Option<Deadline>, Error> {
    let Some(limit) = terms.timeout else {
        return Ok(None);
    };
    let terms = terms.clone();
    let end = move || last_word::end_with(&Outcome::TimedOut, &terms);
    Deadline::set(started, limit, end)
        .map(Some)
        .map_err(|error| Error::runner("--timeout needs a thread").detail(error))
}

/// A MODULE that is not there and reads like a command was most likely meant as one.
fn explain_command_word(error: Error, path: &Path) -> Error {
    let typed = path.to_str().unwrap_or_default();
    let is_command = || Cli::command().find_subcommand(typed).is_some();
    if error.fault != Fault::NotFound {
        return error;
    }
    match typed {
        "help" => error.hint("for help, type: tinyrun --help"),
        _ if is_command() => error.hint(format!(
            "options come after the word {typed}: tinyrun {typed} [OPTIONS] ..."
        )),
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

/// Whether a run that ended so may have ended so for want of an option.
fn may_miss_an_option(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Returned | Outcome::Exited(0) | Outcome::BrokenPipe => false,
        Outcome::Failed(failure) => failure.fault != Fault::NotFound,
        _ => true,
    }
}
