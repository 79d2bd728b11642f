//! `tinyrun run`: from the options to the exit status, along the road.

use super::environment;
use super::logging::{self, Verbosity};
use crate::cli::call::CallArgs;
use crate::cli::{self, Cli, EnvVar, Run, slip};
use crate::error::{Error, Fault};
use crate::guest::deadline::{Deadline, Struck};
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
                deadline.settle(ExitStatus::of(&outcome).code());
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
    Ok(guest::run(&module, host, &plan, &mut |result| {
        report::print_results(&result.results)
    }))
}

/// Turns what was typed into what is meant, with the caller's environment at hand.
fn settle(options: &Run) -> Result<(Plan, World), Error> {
    let path = options.module();
    let program = match &options.argv0 {
        Some(name) => name.clone(),
        // A name that cannot be told is told as nearly as it can be.
        None => {
            let name = path.file_name().unwrap_or(path.as_os_str());
            name.to_string_lossy().into_owned()
        }
    };
    // Words that a call takes are not the program's, and need not be UTF-8.
    let args = match words_belong_to_call(&options.calls)? {
        true => Vec::new(),
        false => {
            let args = options.args().iter().map(|word| utf8_argument(word));
            args.collect::<Result<_, _>>()?
        }
    };
    let plan = Plan {
        max_memory: options.max_memory,
        max_stack: options.max_stack,
        fuel: options.fuel,
        job: job(options),
    };
    let world = World {
        args: std::iter::once(program).chain(args).collect(),
        env: settle_env(&options.env)?,
        mounts: options.mounts.clone(),
    };
    Ok((plan, world))
}

fn job(options: &Run) -> Job {
    let calls = options.calls.iter().map(|call| Call {
        call: call.clone(),
        words: match call.args {
            CallArgs::Words => options.args().to_vec(),
            CallArgs::Listed(_) => Vec::new(),
        },
    });
    match options.calls.is_empty() {
        true => Job::Main,
        false => Job::Calls {
            calls: calls.collect(),
            init: options.init,
        },
    }
}

/// Whether the words behind MODULE are the arguments of the one call that there is, rather than the
/// program's.
fn words_belong_to_call(calls: &[cli::call::Call]) -> Result<bool, Error> {
    match calls.iter().find(|call| call.args == CallArgs::Words) {
        Some(_) if calls.len() == 1 => Ok(true),
        Some(call) => Err(Error::command_line(format!(
            "--invoke {} takes its arguments from ARGS, and so has to be the only call",
            call.name
        ))
        .hint(format!(
            "write its arguments into it: --invoke '{}(…)'",
            call.name
        ))),
        None => Ok(false),
    }
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
    let end = move |struck| match struck {
        Struck::Running => last_word::end_with(&Outcome::TimedOut, &terms),
        Struck::Over { status } => last_word::leave(status),
    };
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
