//! Running the guest: compile the module, instantiate it, start its runtime, call it. Whatever
//! happens on the way ends in one `Outcome`; nothing here prints or exits.

mod arguments;
mod call;
mod content;
pub mod deadline;
mod engine;
mod instance;
mod memory;
mod native_stack;
mod outcome;
mod results;
mod runtime;
mod value;

pub use call::{Call, CallResult};
pub use engine::DEFAULT_STACK;
pub use outcome::{Outcome, Site, Trap, TrapKind};
pub use results::Shown;
pub use value::{Reference, Value};

use crate::cli::{Init, Size};
use crate::host::{self, Host};
use crate::module::Module;
use instance::Instance;
use std::io;
use std::mem::ManuallyDrop;

/// What to run, and within which bounds.
#[derive(Debug)]
pub struct Plan {
    /// The bound on all linear memories together.
    pub max_memory: Option<Size>,
    /// The bound on the call stack; `None` for the default.
    pub max_stack: Option<Size>,
    /// The bound on the guest's work, in the engine's units.
    pub fuel: Option<u64>,
    /// What to run.
    pub job: Job,
}

/// What to run.
#[derive(Debug)]
pub enum Job {
    /// The program's `main`.
    Main,
    /// Calls of exports, in order, once the runtime was started.
    Calls {
        /// The calls.
        calls: Vec<Call>,
        /// How the runtime is started.
        init: Init,
    },
}

/// Where what came of a call goes, as soon as it has returned.
pub type OnResult<'a> = &'a mut dyn FnMut(CallResult) -> io::Result<()>;

/// Runs a module to its end.
pub fn run(module: &Module, host: Host, plan: &Plan, on_result: OnResult<'_>) -> Outcome {
    match try_run(module, host, plan, on_result) {
        Ok(()) => Outcome::Returned,
        Err(outcome) => outcome,
    }
}

/// The recipe. `Err` is every end but that of a guest that did all it was asked to do.
fn try_run(
    module: &Module,
    host: Host,
    plan: &Plan,
    on_result: OnResult<'_>,
) -> Result<(), Outcome> {
    let compiled = ManuallyDrop::new(engine::compile(module, plan)?);
    host::refuse_other_builds(module)?;
    match &plan.job {
        Job::Main => {
            runtime::require_main(module)?;
            let mut instance = instantiate(module, &compiled, host, plan)?;
            runtime::run_main(&mut instance)
        }
        Job::Calls { calls, init } => {
            let prepared = calls.iter().map(|call| call.prepare(module));
            let prepared = prepared.collect::<Result<Vec<_>, _>>()?;
            let starter = runtime::starter(module, *init, calls)?;
            let mut instance = instantiate(module, &compiled, host, plan)?;
            runtime::start(&mut instance, starter)?;
            for call in prepared {
                call.call(&mut instance, on_result)?;
            }
            Ok(())
        }
    }
}

/// An instance that is never torn down: the process ends with the run, and takes it along at once.
fn instantiate(
    module: &Module,
    compiled: &wasmi::Module,
    host: Host,
    plan: &Plan,
) -> Result<ManuallyDrop<Instance>, Outcome> {
    Instance::new(module, compiled, host, plan).map(ManuallyDrop::new)
}
