//! Running the guest: compile the module, instantiate it, start its runtime, call it. Whatever
//! happens on the way ends in one `Outcome`; nothing here prints or exits.

mod call;
pub mod deadline;
mod engine;
mod instance;
mod outcome;
mod runtime;
mod value;

pub use call::Call;
pub use engine::DEFAULT_STACK;
pub use outcome::{Outcome, Site, Trap, TrapKind};
pub use value::{Reference, Value};

use crate::cli::{Init, Size};
use crate::host::Host;
use crate::module::Module;
use instance::Instance;
use std::io;

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
    /// A call of an export, once the runtime was started.
    Call {
        /// The call.
        call: Call,
        /// How the runtime is started.
        init: Init,
    },
}

/// Where the results of calls go, as each call returns.
pub type OnResults<'a> = &'a mut dyn FnMut(&[Value]) -> io::Result<()>;

/// Runs a module to its end.
pub fn run(module: &Module, host: Host, plan: &Plan, on_results: OnResults<'_>) -> Outcome {
    match try_run(module, host, plan, on_results) {
        Ok(()) => Outcome::Returned,
        Err(outcome) => outcome,
    }
}

/// The recipe. `Err` is every end but that of a guest that did all it was asked to do.
fn try_run(
    module: &Module,
    host: Host,
    plan: &Plan,
    on_results: OnResults<'_>,
) -> Result<(), Outcome> {
    let compiled = engine::compile(module, plan)?;
    match &plan.job {
        Job::Main => {
            runtime::require_main(module)?;
            let mut instance = Instance::new(module, &compiled, host, plan)?;
            runtime::run_main(&mut instance)
        }
        Job::Call { call, init } => {
            let prepared = call.prepare(module)?;
            let starter = runtime::starter(module, *init, call)?;
            let mut instance = Instance::new(module, &compiled, host, plan)?;
            runtime::start(&mut instance, starter)?;
            let results = prepared.call(&mut instance)?;
            on_results(&results).map_err(Outcome::of_output)
        }
    }
}
