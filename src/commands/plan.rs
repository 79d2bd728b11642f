//! Makes the plan of a run and the configuration of its host from the options and tinyrun's own environment.

use super::guest_env;
use crate::call_expr::{CallArgs, CallExpr};
use crate::cli::Run;
use crate::cli::values::preload::Preload;
use crate::error::Error;
use crate::go_literals::name;
use crate::guest::{EntryPoint, Invocation, Phases, Plan};
use crate::host::{HostConfig, ImportOptions};
use crate::module::{self, LoadedParts, Module};
use crate::size::Size;
use crate::spinner;
use std::ffi::OsStr;

/// Makes the plan and loads the preloaded modules.
///
/// # Errors
///
/// `CommandLine` if the options contradict each other or contain text that is not UTF-8; any error of loading a module.
pub(super) fn plan(options: &Run, phases: &Phases) -> Result<(Plan, HostConfig), Error> {
    let plan = Plan {
        heap: heap(options)?,
        max_stack: options.max_stack,
        fuel: options.fuel,
        preloads: preloads(&options.preloads)?,
        imports: ImportOptions {
            rules: options.import_rules.clone(),
            unknown: options.unknown_imports,
        },
        entry: entry(options),
        phases: phases.clone(),
        on_start: spinner::clear,
    };
    let config = HostConfig {
        args: program_args(options)?,
        env: guest_env::collect(options)?,
        mounts: [&*options.mounts, &options.read_only_mounts].concat(),
        clock: options.clock,
        seed: options.seed,
    };
    Ok((plan, config))
}

/// The value of `--heap`, which must not exceed that of `--max-memory`.
fn heap(options: &Run) -> Result<Option<Size>, Error> {
    match (options.heap, options.max_memory) {
        (Some(heap), Some(max)) if heap > max => Err(Error::command_line(format!(
            "--heap is {heap}; --max-memory allows {max}"
        ))),
        (heap, _) => Ok(heap),
    }
}

fn preloads(preloads: &[Preload]) -> Result<Vec<(String, Module)>, Error> {
    let load = |preload: &Preload| {
        let module = module::load(&preload.path, LoadedParts::Program)?;
        Ok((preload.name.clone(), module))
    };
    preloads.iter().map(load).collect()
}

fn entry(options: &Run) -> EntryPoint {
    let calls = options.calls.iter().map(|call| Invocation {
        call: call.clone(),
        words: match call.args {
            CallArgs::Words => options.args().to_vec(),
            CallArgs::Listed(_) => Vec::new(),
        },
    });
    if options.calls.is_empty() {
        EntryPoint::Main
    } else {
        EntryPoint::Calls {
            calls: calls.collect(),
            init: options.init,
            allocator: options.allocator.clone(),
        }
    }
}

/// The program's arguments, which begin with its name. ARGS that are the arguments of a call are not included and need
/// not be UTF-8.
fn program_args(options: &Run) -> Result<Vec<String>, Error> {
    let path = options.module();
    let name = match &options.argv0 {
        Some(name) => name.clone(),
        None => {
            let name = path.file_name().unwrap_or(path.as_os_str());
            name.to_string_lossy().into_owned()
        }
    };
    let mut args = vec![name];
    if !is_call_with_words(&options.calls)? {
        for word in options.args() {
            args.push(utf8(word)?);
        }
    }
    Ok(args)
}

/// Whether ARGS are the arguments of the only call.
fn is_call_with_words(calls: &[CallExpr]) -> Result<bool, Error> {
    match calls.iter().find(|call| call.args == CallArgs::Words) {
        None => Ok(false),
        Some(_) if calls.len() == 1 => Ok(true),
        Some(call) => {
            let name = name::quote(&call.name);
            let message = format!(
                "--invoke {name} takes its arguments from ARGS, so it must be the only call"
            );
            let hint = format!("write its arguments in parentheses: --invoke '{name}()'");
            Err(Error::command_line(message).hint(hint))
        }
    }
}

fn utf8(word: &OsStr) -> Result<String, Error> {
    word.to_str().map(str::to_owned).ok_or_else(|| {
        let word = word.display();
        Error::command_line(format!(
            "the argument {word} is not UTF-8, which WASI requires"
        ))
    })
}
