//! From what was typed to what is meant, with the caller's environment at hand.

use super::variables;
use crate::cli::Run;
use crate::cli::invoke::{CallArgs, CallExpr};
use crate::cli::values::preload::Preload;
use crate::error::Error;
use crate::guest::{Call, Job, Plan, Stages};
use crate::host::{ImportOptions, World};
use crate::module::{self, Module, Part};
use crate::size::Size;
use crate::spinner;
use std::ffi::OsStr;

/// What to run, and what it may see of the world.
///
/// # Errors
///
/// `CommandLine` where what was typed does not fit together or cannot be told to a guest; whatever the
/// loading of a linked module ends in.
pub(super) fn settle(options: &Run, stages: &Stages) -> Result<(Plan, World), Error> {
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
        heap: heap(options)?,
        max_stack: options.max_stack,
        fuel: options.fuel,
        preloads: preloads(&options.preloads)?,
        imports: ImportOptions {
            rules: options.import_rules.clone(),
            unknown: options.unknown_imports,
        },
        job: job(options),
        stages: stages.clone(),
        on_start: spinner::clear,
    };
    let world = World {
        args: std::iter::once(program).chain(args).collect(),
        env: variables::settle(options)?,
        mounts: [&*options.mounts, &options.read_only_mounts].concat(),
        clock: options.clock,
        seed: options.seed,
    };
    Ok((plan, world))
}

/// The memory that was asked for, which has to be allowed.
fn heap(options: &Run) -> Result<Option<Size>, Error> {
    match (options.heap, options.max_memory) {
        (Some(heap), Some(allowed)) if heap > allowed => Err(Error::command_line(format!(
            "--heap asks for {heap}; --max-memory allows {allowed}"
        ))),
        (heap, _) => Ok(heap),
    }
}

fn preloads(typed: &[Preload]) -> Result<Vec<(String, Module)>, Error> {
    let load = |preload: &Preload| {
        let module = module::load(&preload.path, Part::Program)?;
        Ok((preload.name.clone(), module))
    };
    typed.iter().map(load).collect()
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
fn words_belong_to_call(calls: &[CallExpr]) -> Result<bool, Error> {
    match calls.iter().find(|call| call.args == CallArgs::Words) {
        Some(_) if calls.len() == 1 => Ok(true),
        Some(call) => Err(Error::command_line(format!(
            "--invoke {} takes its arguments from ARGS, and so has to be the only call",
            call.name
        ))
        .hint(format!(
            "write its arguments into it, if any: --invoke '{}()'",
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
