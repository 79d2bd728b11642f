//! The life of a Go program's runtime: a command lives while `_start` runs, a reactor from
//! `_initialize` on. Nothing of a program works before its runtime was started.

use super::instance::Instance;
use super::{Call, Outcome, Site};
use crate::error::Error;
use crate::module::{FuncType, Module};

/// How the program's runtime is started before a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Init {
    /// By `_initialize` if the module exports it, else by `_start` if it exports that.
    #[default]
    Auto,
    /// Not at all.
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

/// Refuses a module that has no `main` to run.
///
/// # Errors
///
/// `Module`, with the exports that it does have.
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

/// Shows what could be called instead.
fn list_exports(error: Error, module: &Module) -> Error {
    /// As many as fit on a screen.
    const MOST: usize = 20;
    let exports = module.interface.functions_to_offer();
    if exports.is_empty() {
        return error.detail("it exports no function at all");
    }
    let shown = exports
        .iter()
        .take(MOST)
        .map(|(name, ty)| format!("  {name} {ty}"));
    let error = error.detail("its exports are:").details(shown);
    let error = match exports.len().saturating_sub(MOST) {
        0 => error,
        more => error.detail(format!("  and {more} more")),
    };
    error.hint("call one of them with --invoke NAME")
}

/// Runs `main`.
///
/// # Errors
///
/// Every end but a return.
pub(super) fn run_main(instance: &mut Instance) -> Result<(), Outcome> {
    log::info!("running main, by {START}");
    instance.call(START, Site::Main, &[], &mut [])
}

/// The export that starts the runtime before the first of `calls`, if one does.
///
/// # Errors
///
/// `CommandLine` where `init` names an export that is not there.
pub(super) fn starter(
    module: &Module,
    init: Init,
    calls: &[Call],
) -> Result<Option<&'static str>, Error> {
    let exported = |name| {
        let found = module.interface.exported_function(name);
        found.is_some_and(|(ty, _)| *ty == FuncType::default())
    };
    let required = |name: &'static str| match exported(name) {
        true => Ok(Some(name)),
        false => Err(Error::command_line(format!(
            "{} exports no {name} (), which --init {name} asks for",
            module.name
        ))),
    };
    match init {
        Init::None => Ok(None),
        Init::Initialize => required(INITIALIZE),
        Init::Start => required(START),
        Init::Auto if starts_itself(calls) => Ok(None),
        Init::Auto => Ok([INITIALIZE, START].into_iter().find(|name| exported(name))),
    }
}

/// Whether the first call is the one that would be made before it.
fn starts_itself(calls: &[Call]) -> bool {
    let first = calls.first();
    first.is_some_and(|call| [INITIALIZE, START].contains(&call.name()))
}

/// Starts the runtime by calling `starter`. A `main` that exits with 0 has done its part: the
/// exports can still be called.
///
/// # Errors
///
/// Every other end.
pub(super) fn start(instance: &mut Instance, starter: Option<&'static str>) -> Result<(), Outcome> {
    let Some(name) = starter else {
        log::info!("starting nothing before the first call");
        return Ok(());
    };
    log::info!("starting the program's runtime with {name}");
    let site = match name {
        START => Site::Main,
        _ => Site::Export(name.to_owned()),
    };
    match instance.call(name, site, &[], &mut []) {
        Ok(()) | Err(Outcome::Exited(0)) => Ok(()),
        Err(outcome) => Err(outcome),
    }
}
