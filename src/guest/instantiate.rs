//! Instantiates a module and the modules that are linked to it.

use super::runtime::INITIALIZE;
use super::{Outcome, Plan, Program, TrapSite, engine};
use crate::error::Error;
use crate::host::limits::{self, MAX_TABLE_ELEMENTS};
use crate::host::{self, Host, LinkedModule, ModuleToLink};
use crate::module::{FuncType, Module};
use crate::native_heap;
use crate::size::Size;
use wasmi::Store;
use wasmi::errors::{ErrorKind, InstantiationError, MemoryError, TableError};

/// Checks that all modules can be instantiated, and instantiates the preloaded ones.
///
/// # Errors
///
/// `Failed` if a module lacks an import or exceeds a limit with its initial size; every outcome of a `start` function
/// except a return.
pub(super) fn link_preloads(
    store: &mut Store<Host>,
    module: &Module,
    compiled: &wasmi::Module,
    plan: &Plan,
) -> Result<Vec<LinkedModule>, Outcome> {
    let compiled_preloads = compile_preloads(compiled.engine(), plan)?;
    refuse_unfit(module, compiled, plan, &compiled_preloads, store.data())?;
    let mut linked = Vec::new();
    for ((name, preload), compiled) in plan.preloads.iter().zip(&compiled_preloads) {
        let instance = instantiate(store, preload, compiled, plan, &linked)?;
        initialize(store, preload, instance)?;
        log::info!("linked {} as {name}", preload.name);
        let name = name.clone();
        linked.push(LinkedModule { name, instance });
    }
    Ok(linked)
}

/// Instantiates one module. If that fails, nothing may be called in the store: a shared table may refer to functions of
/// the module, and the engine does not initialize the instance that they use.
///
/// # Errors
///
/// As [`link_preloads`].
pub(super) fn instantiate(
    store: &mut Store<Host>,
    module: &Module,
    compiled: &wasmi::Module,
    plan: &Plan,
    linked: &[LinkedModule],
) -> Result<wasmi::Instance, Outcome> {
    let segments = limits::segment_bytes(&module.interface);
    store.data_mut().limits.charge(segments);
    let imports = host::link(store, module, compiled, &plan.imports, linked)?;
    let instance = wasmi::Instance::new(&mut *store, compiled, &imports);
    native_heap::forget_growth();
    instance.map_err(
        |error| match instantiation_outcome(module, error, store.data()) {
            Outcome::Trapped(trap) => Outcome::Trapped(trap.of_module(module)),
            outcome => outcome,
        },
    )
}

/// Compiles all preloaded modules before any of them runs.
fn compile_preloads(engine: &wasmi::Engine, plan: &Plan) -> Result<Vec<wasmi::Module>, Error> {
    let preloads = plan.preloads.iter();
    let compile =
        |(_, preload): &(_, Module)| engine::compile(engine, &preload.name, &preload.wasm);
    preloads.map(compile).collect()
}

/// Refuses modules that exceed a limit or lack an import, before any of them runs.
fn refuse_unfit(
    module: &Module,
    compiled: &wasmi::Module,
    plan: &Plan,
    preloads: &[wasmi::Module],
    host: &Host,
) -> Result<(), Error> {
    let linked = plan.preloads.iter().zip(preloads);
    let linked = linked.map(|((name, module), compiled)| ModuleToLink {
        name,
        module,
        compiled,
    });
    let main = ModuleToLink {
        name: "",
        module,
        compiled,
    };
    let modules: Vec<_> = linked.chain([main]).collect();
    for linked in &modules {
        refuse_excess(linked.module, host)?;
    }
    if preloads.is_empty() {
        // Linking the module makes the same checks, and nothing runs before that.
        Ok(())
    } else {
        host::check_links(&modules, &plan.imports)
    }
}

/// Refuses what the limiter would refuse, with the reason.
fn refuse_excess(module: &Module, host: &Host) -> Result<(), Error> {
    let name = &module.name;
    let memory = Size(module.interface.initial_memory);
    let segments = Size(limits::segment_bytes(&module.interface));
    let needed = Size(memory.0.saturating_add(segments.0));
    if let Some(max) = host.limits.max_memory().filter(|max| needed > *max) {
        let message = format!("{name} needs {needed} of initial memory; --max-memory allows {max}");
        return Err(match segments.0 {
            0 => Error::module(message),
            _ => Error::module(message).detail(format!("{segments} of it for element segments")),
        });
    }
    let elements = module.interface.initial_table;
    if elements > MAX_TABLE_ELEMENTS {
        let message = format!(
            "{name} needs tables of {elements} elements; tinyrun allows {MAX_TABLE_ELEMENTS}"
        );
        return Err(Error::module(message));
    }
    Ok(())
}

/// Starts the runtime of a linked reactor.
fn initialize(
    store: &mut Store<Host>,
    module: &Module,
    instance: wasmi::Instance,
) -> Result<(), Outcome> {
    let func = match module.interface.exported_function(INITIALIZE) {
        Some((ty, _)) if *ty == FuncType::default() => instance.get_func(&*store, INITIALIZE),
        _ => None,
    };
    let called = func.map_or(Ok(()), |func| func.call(&mut *store, &[], &mut []));
    let site = || TrapSite::Export(INITIALIZE.to_owned());
    let called =
        called.map_err(|error| Outcome::of_guest(error, store.data(), site(), Program::of(module)));
    match called {
        Err(Outcome::Exited(0)) => Ok(()),
        Err(Outcome::Trapped(trap)) => Err(Outcome::Trapped(trap.of_module(module))),
        other => other,
    }
}

/// The outcome of a failed instantiation: a trap, too little memory, or a module that does not fit the engine.
fn instantiation_outcome(module: &Module, error: wasmi::Error, host: &Host) -> Outcome {
    match error.kind() {
        ErrorKind::Instantiation(
            InstantiationError::FailedToInstantiateMemory(MemoryError::OutOfSystemMemory)
            | InstantiationError::FailedToInstantiateTable(TableError::OutOfSystemMemory),
        ) => Outcome::Failed(Error::runner(format!(
            "{} needs more initial memory than this machine has",
            module.name
        ))),
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
            Outcome::of_guest(error, host, TrapSite::Instantiation, Program::of(module))
        }
        ErrorKind::Instantiation(_) | ErrorKind::Linker(_) => Outcome::Failed(
            Error::module(format!("cannot instantiate {}", module.name)).caused_by(error),
        ),
        _ => Outcome::of_guest(error, host, TrapSite::Instantiation, Program::of(module)),
    }
}
