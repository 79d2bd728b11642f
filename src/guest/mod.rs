//! Runs the guest: compiles and instantiates the module, starts its runtime and calls it. The result is always an
//! [`Outcome`]; nothing here prints or exits.

mod allocations;
mod allocator;
mod arg_bytes;
mod call_memory;
pub mod engine;
mod export_errors;
pub mod fuel_slices;
mod go_memory;
mod go_stack;
mod go_values;
mod heap;
mod instance;
mod instantiate;
mod instrumentation;
mod invoke;
mod lift;
mod lower;
mod lower_untyped;
mod main_wait;
mod memory_span;
mod outcome;
mod oversized;
mod phases;
mod runtime;
pub mod shadow_stack;
mod value;

pub use allocations::OnAllocation;
pub use allocator::AllocatorNames;
pub use engine::{DEFAULT_STACK, frames, validate};
pub use fuel_slices::SliceBounds;
pub use instrumentation::Instrumentation;
pub use invoke::{Invocation, InvocationResult};
pub use outcome::{Outcome, Program, ProgramKind, Trap, TrapKind, TrapSite};
pub use phases::{Phase, PhaseTimes, Phases};
pub use runtime::Init;
pub use shadow_stack::StackSnapshot;
pub use value::{ElementValue, Number, Reference, ResultValue, SliceValue, Value};

use crate::error::Error;
use crate::host::{self, Host, ImportOptions};
use crate::module::Module;
use crate::size::Size;
use allocator::Allocator;
use arg_bytes::MaxBytes;
use instance::Instance;
use invoke::{CallContext, PreparedInvocation};
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// The modules and calls of a run, and its limits.
#[derive(Debug)]
pub struct Plan {
    /// The minimum linear memory at the start of the program; `None` for the default.
    pub heap: Option<Size>,
    /// The limit of the call stack; `None` for the default.
    pub max_stack: Option<Size>,
    /// The limit of the guest's work, in units of fuel.
    pub fuel: Option<u64>,
    /// The modules to link first, in order, each with the name under which other modules import it.
    pub preloads: Vec<(String, Module)>,
    /// How all other imports are provided.
    pub imports: ImportOptions,
    /// The entry of the run.
    pub entry: EntryPoint,
    /// Records the phases of the run.
    pub phases: Phases,
    /// Called after all preparations, before any code of the program runs.
    pub on_start: fn(),
}

/// The functions that a run calls.
#[derive(Debug)]
pub enum EntryPoint {
    /// The program's `main`.
    Main,
    /// Calls of exports, in order, after the runtime is started.
    Calls {
        /// The calls.
        calls: Vec<Invocation>,
        /// How the runtime is started.
        init: Init,
        /// The functions that allocate and free memory, if they are named.
        allocator: Option<AllocatorNames>,
    },
}

/// Receives the result of each call after it has returned.
pub type OnResult<'a> = &'a mut dyn FnMut(InvocationResult) -> Result<(), Outcome>;

/// A run that has ended.
#[derive(Debug)]
pub struct RunResult {
    /// How it ended.
    pub outcome: Outcome,
    /// The remaining fuel, if it was counted and the guest was started.
    pub fuel_left: Option<u64>,
    /// The number of garbage collections, if they were counted.
    pub collections: Option<u32>,
    /// The shadow stack, if the module has one.
    pub stack: Option<StackSnapshot>,
    /// The counters of lines, if lines were counted.
    pub counters: Option<Vec<u64>>,
    /// Why the engine refused the instrumented module, if it did.
    pub refusal: Option<String>,
}

impl RunResult {
    /// A run that ended before the guest was started.
    fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            fuel_left: None,
            collections: None,
            stack: None,
            counters: None,
            refusal: None,
        }
    }

    /// A run that failed before the guest was started.
    pub fn failed(error: Error) -> Self {
        Self::new(Outcome::Failed(error))
    }
}

/// Runs a module to its end, with instrumentation if it is given. Without instrumentation, the module's bytes are
/// freed before the guest runs.
pub fn run(
    module: &mut Arc<Module>,
    host: Host,
    plan: &Plan,
    instrumentation: Option<Instrumentation<'_>>,
    on_result: OnResult<'_>,
) -> RunResult {
    let mut result = RunResult::new(Outcome::Returned);
    if let Err(outcome) = try_run(module, host, plan, instrumentation, on_result, &mut result) {
        result.outcome = outcome;
    }
    plan.phases.begin(Phase::End);
    result
}

/// Runs a module. `Err` is every outcome except a return.
fn try_run(
    module: &mut Arc<Module>,
    host: Host,
    plan: &Plan,
    instrumentation: Option<Instrumentation<'_>>,
    on_result: OnResult<'_>,
    result: &mut RunResult,
) -> Result<(), Outcome> {
    let (compiled, instrumentation) = compile(module, plan, instrumentation, &mut result.refusal)?;
    // The process ends soon after the run, so nothing of the engine is dropped.
    let compiled = ManuallyDrop::new(compiled);
    refuse_unfit(module, plan)?;
    let max_memory = host.limits.max_memory().map(|size| size.0);
    let maximum = module.interface.maximum_memory;
    let max = MaxBytes::new(max_memory.into_iter().chain(maximum).min());
    let entry = PreparedEntry::new(module, plan, max)?;
    if instrumentation.is_none()
        && let Some(module) = Arc::get_mut(module)
    {
        module.drop_wasm();
    }
    (plan.on_start)();
    let instance = Instance::new(module, &compiled, host, plan, instrumentation)?;
    let mut instance = ManuallyDrop::new(instance);
    let ran = instance
        .start()
        .and_then(|()| entry.run(&mut instance, &plan.phases, on_result));
    result.fuel_left = instance.fuel_left();
    result.collections = instance.collections();
    result.stack = instance.stack();
    result.counters = instance.counters();
    ran
}

/// Refuses modules built for the browser, and import rules that match no import.
fn refuse_unfit(module: &Module, plan: &Plan) -> Result<(), Error> {
    let names: Vec<_> = plan.preloads.iter().map(|(name, _)| &**name).collect();
    let linked = plan.preloads.iter().map(|(_, module)| module);
    let modules: Vec<_> = linked.chain([module]).collect();
    for module in &modules {
        host::refuse_browser_build(module, &plan.imports, &names)?;
    }
    host::refuse_unused_rules(&plan.imports.rules, &modules)
}

/// Compiles the instrumented module, or the original module if the engine refuses the instrumented one.
fn compile<'i>(
    module: &Module,
    plan: &Plan,
    instrumentation: Option<Instrumentation<'i>>,
    refusal: &mut Option<String>,
) -> Result<(wasmi::Module, Option<Instrumentation<'i>>), Error> {
    let mut error_line = None;
    if let Some(instrumentation) = instrumentation {
        let engine = ManuallyDrop::new(engine::engine(plan, Some(&instrumentation)));
        let wasm = &instrumentation.module.wasm;
        match engine::compile(&engine, &module.name, wasm) {
            Ok(compiled) => return Ok((compiled, Some(instrumentation))),
            Err(error) => error_line = error.lines().nth(1),
        }
    }
    let engine = ManuallyDrop::new(engine::engine(plan, None));
    // If this fails, the module itself is invalid, and the refusal is irrelevant.
    let compiled = engine::compile(&engine, &module.name, &module.wasm)?;
    *refusal = error_line;
    Ok((compiled, None))
}

/// An entry that was checked against its module.
enum PreparedEntry {
    /// The module has only a start function, which runs when it is instantiated.
    StartFunction,
    Main,
    Calls {
        starter: Option<&'static str>,
        calls: Vec<PreparedInvocation>,
        allocator: Option<Allocator>,
    },
}

impl PreparedEntry {
    /// Makes every check that is possible before the guest runs.
    fn new(module: &Module, plan: &Plan, max: MaxBytes) -> Result<Self, Error> {
        match &plan.entry {
            EntryPoint::Main if module.interface.has_only_start_function() => {
                Ok(Self::StartFunction)
            }
            EntryPoint::Main => {
                runtime::require_main(module)?;
                Ok(Self::Main)
            }
            EntryPoint::Calls {
                calls,
                init,
                allocator,
            } => {
                let starter = runtime::starter(module, *init, calls)?;
                let allocator = Allocator::find(module, allocator.as_ref())?;
                let context = CallContext {
                    module,
                    signatures: invoke::signatures(calls, module),
                    allocator: allocator.as_ref(),
                    max,
                };
                let calls = calls.iter().map(|call| call.prepare(&context));
                let calls = calls.collect::<Result<_, _>>()?;
                Ok(Self::Calls {
                    starter,
                    calls,
                    allocator,
                })
            }
        }
    }

    fn run(
        self,
        instance: &mut Instance,
        phases: &Phases,
        on_result: OnResult<'_>,
    ) -> Result<(), Outcome> {
        match self {
            Self::StartFunction => Ok(()),
            Self::Main => {
                phases.begin(Phase::Run);
                runtime::run_main(instance)
            }
            Self::Calls {
                starter,
                calls,
                allocator,
            } => {
                if starter.is_some() {
                    phases.begin(Phase::Start);
                }
                let first_call = calls.first().map_or("", |call| &*call.description);
                runtime::start(instance, starter, first_call)?;
                phases.begin(Phase::Run);
                for call in calls {
                    call.invoke(instance, allocator.as_ref(), on_result)?;
                }
                Ok(())
            }
        }
    }
}
