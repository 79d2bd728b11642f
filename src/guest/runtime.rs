//! Starts the runtime of a Go program, which its exports need. The runtime of a command works while `_start` runs, that
//! of a reactor after `_initialize`.

use super::instance::Instance;
use super::{Invocation, Outcome, TrapSite, export_errors};
use crate::error::Error;
use crate::go_literals::name;
use crate::module::{FuncType, Module};

/// How the program's runtime is started before a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Init {
    /// By `_initialize` if the module exports it, otherwise by `_start` if it exports that.
    #[default]
    Auto,
    /// The runtime is not started.
    None,
    /// By `_initialize`, as for a reactor (`-buildmode=c-shared`).
    Initialize,
    /// By `_start`, as for a command: `main` runs first.
    Start,
}

/// The export that runs `main`.
const START: &str = "_start";

/// The export that starts the runtime of a reactor.
pub(super) const INITIALIZE: &str = "_initialize";

/// The maximum number of exports in a message: as many as fit on a screen.
const MAX_LISTED_EXPORTS: usize = 20;

/// Checks that a module exports `main`.
///
/// # Errors
///
/// `Module`, with a list of its exports.
pub(super) fn require_main(module: &Module) -> Result<(), Error> {
    let name = &module.name;
    match module.interface.exported_function(START) {
        Some((ty, _)) if *ty == FuncType::default() => Ok(()),
        Some((ty, _)) => Err(Error::module(format!(
            "{name} exports {START} as {ty}, which is not a program's main"
        ))),
        None => Err(list_exports(
            Error::module(format!("{name} has no main: it does not export {START}")),
            module,
        )),
    }
}

/// Adds the list of exports, which can be called instead.
fn list_exports(error: Error, module: &Module) -> Error {
    let exports = module.callable_functions();
    if exports.is_empty() {
        return error.detail(export_errors::no_exports(module));
    }
    let lines = exports
        .iter()
        .take(MAX_LISTED_EXPORTS)
        .map(|(name, ty)| format!("  {} {ty}", name::quote(name)));
    let error = error.detail("its exports are:").details(lines);
    let error = match exports.len().saturating_sub(MAX_LISTED_EXPORTS) {
        0 => error,
        more => error.detail(format!("  and {more} more")),
    };
    error.hint("call one of them with --invoke NAME")
}

/// Runs `main`.
///
/// # Errors
///
/// Every outcome except a return.
pub(super) fn run_main(instance: &mut Instance) -> Result<(), Outcome> {
    log::info!("running main, with {START}");
    instance.call(START, TrapSite::Main, &[], &mut [])
}

/// The export that starts the runtime before the first of `calls`; `None` if none is called.
///
/// # Errors
///
/// `CommandLine` if the module lacks the export that `init` names.
pub(super) fn starter(
    module: &Module,
    init: Init,
    calls: &[Invocation],
) -> Result<Option<&'static str>, Error> {
    let exported = |name| {
        let function = module.interface.exported_function(name);
        function.is_some_and(|(ty, _)| *ty == FuncType::default())
    };
    let required = |name: &'static str| {
        if exported(name) {
            return Ok(Some(name));
        }
        Err(Error::command_line(format!(
            "{} does not export {name} (), which --init {name} requires",
            module.name
        )))
    };
    match init {
        Init::None => Ok(None),
        Init::Initialize => required(INITIALIZE),
        Init::Start => required(START),
        Init::Auto if starts_itself(calls) => Ok(None),
        Init::Auto => Ok([INITIALIZE, START].into_iter().find(|name| exported(name))),
    }
}

/// Returns true if the first call itself starts the runtime.
fn starts_itself(calls: &[Invocation]) -> bool {
    let first = calls.first();
    first.is_some_and(|call| [INITIALIZE, START].contains(&call.name()))
}

/// Starts the runtime by calling `starter` before `first_call`. After a `main` that exits with 0, exports can still be
/// called.
///
/// # Errors
///
/// Every other outcome except a return.
pub(super) fn start(
    instance: &mut Instance,
    starter: Option<&'static str>,
    first_call: &str,
) -> Result<(), Outcome> {
    let Some(name) = starter else {
        log::info!("no runtime to start before the first call");
        return Ok(());
    };
    log::info!("starting the program's runtime with {name}");
    let site = match name {
        START => TrapSite::Main,
        _ => TrapSite::Export(name.to_owned()),
    };
    match instance.call(name, site, &[], &mut []) {
        Ok(()) | Err(Outcome::Exited(0)) => Ok(()),
        Err(Outcome::Exited(code)) => Err(Outcome::ExitedBeforeCall {
            code,
            starter: name,
            call: first_call.to_owned(),
        }),
        Err(outcome) => Err(outcome),
    }
}
