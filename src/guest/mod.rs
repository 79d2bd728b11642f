//! Running the guest: compile the module, instantiate it, start its runtime, call it. Whatever
//! happens on the way ends in one `Outcome`; nothing here prints or exits.

mod arguments;
mod call;
mod content;
pub mod engine;
mod heap;
mod instance;
mod memory;
pub mod native_heap;
mod outcome;
mod oversized;
mod results;
mod runtime;
mod stages;
pub mod track;
mod value;

pub use call::{Call, CallResult};
pub use engine::{DEFAULT_STACK, frames};
pub use outcome::{Life, Outcome, Site, Trap, TrapKind};
pub use results::Shown;
pub use runtime::Init;
pub use stages::{Spent, Stage, Stages};
pub use track::{Pace, Stack, Track};
pub use value::{Reference, Value};

use crate::error::Error;
use crate::host::{self, Host, ImportOptions};
use crate::module::{Module, Progress};
use crate::size::Size;
use call::PreparedCall;
use content::Room;
use instance::Instance;
use std::io;
use std::mem::ManuallyDrop;

/// What to run, and within which bounds.
#[derive(Debug)]
pub struct Plan {
    /// How much linear memory the program starts with at least; `None` for the default.
    pub heap: Option<Size>,
    /// The bound on the call stack; `None` for the default.
    pub max_stack: Option<Size>,
    /// The bound on the guest's work, in the engine's units.
    pub fuel: Option<u64>,
    /// The modules that are linked before, in order, each under the name that others import it by.
    pub preloads: Vec<(String, Module)>,
    /// What answers imports besides.
    pub imports: ImportOptions,
    /// What to run.
    pub job: Job,
    /// Where it is noted how far the run has come.
    pub stages: Stages,
    /// Who is told of what takes long.
    pub progress: Progress,
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

/// A run that came to its end.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub outcome: Outcome,
    /// How much fuel was left, where it was counted and the guest got to run.
    pub fuel_left: Option<u64>,
    /// Where the guest was, where that was tracked.
    pub stack: Option<Stack>,
    /// Why the guest was not tracked, where it should have been.
    pub untracked: Option<String>,
}

impl Ended {
    /// A run that failed before the guest was looked at.
    pub fn before_it_ran(failure: Error) -> Self {
        Self {
            outcome: Outcome::Failed(failure),
            fuel_left: None,
            stack: None,
            untracked: None,
        }
    }
}

/// Runs a module to its end, and tracks it on the way if that is wanted. The content of one that is not
/// tracked is gone when the guest runs.
pub fn run(
    module: &mut Module,
    host: Host,
    plan: &Plan,
    track: Option<Track<'_>>,
    on_result: OnResult<'_>,
) -> Ended {
    let mut ended = Ended {
        outcome: Outcome::Returned,
        fuel_left: None,
        stack: None,
        untracked: None,
    };
    if let Err(outcome) = try_run(module, host, plan, track, on_result, &mut ended) {
        ended.outcome = outcome;
    }
    plan.stages.reach(Stage::End);
    ended
}

/// Sees whether the engine would take a module.
///
/// # Errors
///
/// `Module` where it is not valid.
pub fn validate(module: &Module, progress: Progress) -> Result<(), Error> {
    engine::validate(module, progress)
}

/// The recipe. `Err` is every end but that of a guest that did all it was asked to do.
fn try_run(
    module: &mut Module,
    host: Host,
    plan: &Plan,
    track: Option<Track<'_>>,
    on_result: OnResult<'_>,
    ended: &mut Ended,
) -> Result<(), Outcome> {
    // The process ends with the run, and takes all of it along at once: nothing is torn down.
    let (compiled, track) = compile(module, plan, track, &mut ended.untracked)?;
    let compiled = ManuallyDrop::new(compiled);
    refuse_unfit(module, plan)?;
    let max_memory = host.limits.max_memory().map(|size| size.0);
    let own = module.interface.maximal_memory;
    let room = Room::new(max_memory.into_iter().chain(own).min(), plan.progress);
    let program = Program::prepare(module, plan, room)?;
    if track.is_none() {
        module.forget_content();
    }
    native_heap::grow_blocks_in_place();
    let instance = Instance::new(module, &compiled, host, plan, track)?;
    let mut instance = ManuallyDrop::new(instance);
    let ran = instance
        .start()
        .and_then(|()| program.run(&mut instance, &plan.stages, on_result));
    ended.fuel_left = instance.fuel_left();
    ended.stack = instance.stack();
    ran
}

/// Refuses modules that could not be linked, or not as it was asked for.
fn refuse_unfit(module: &Module, plan: &Plan) -> Result<(), Error> {
    let linked = plan.preloads.iter().map(|(_, module)| module);
    let modules: Vec<_> = linked.chain([module]).collect();
    for module in &modules {
        host::refuse_other_builds(module)?;
    }
    host::refuse_idle_rules(&plan.imports.rules, &modules)
}

/// Compiles the module to be tracked, or the module as it is, where the engine does not take the other.
fn compile<'w>(
    module: &Module,
    plan: &Plan,
    track: Option<Track<'w>>,
    untracked: &mut Option<String>,
) -> Result<(wasmi::Module, Option<Track<'w>>), Error> {
    let mut refused = None;
    if let Some(track) = track {
        let engine = ManuallyDrop::new(engine::engine(plan, Some(&track)));
        match engine::compile(&engine, &module.name, &track.tracked.wasm, plan.progress) {
            Ok(compiled) => return Ok((compiled, Some(track))),
            Err(error) => refused = error.lines().nth(1),
        }
    }
    let engine = ManuallyDrop::new(engine::engine(plan, None));
    // That a module is not valid is all that is to be said of it.
    let compiled = engine::compile(&engine, &module.name, &module.wasm, plan.progress)?;
    *untracked = refused;
    Ok((compiled, None))
}

/// A job that fits its module.
enum Program {
    Main,
    Calls {
        starter: Option<&'static str>,
        calls: Vec<PreparedCall>,
    },
}

impl Program {
    /// Refuses whatever can be refused before the guest runs.
    fn prepare(module: &Module, plan: &Plan, room: Room) -> Result<Self, Error> {
        match &plan.job {
            Job::Main => {
                runtime::require_main(module)?;
                Ok(Self::Main)
            }
            Job::Calls { calls, init } => {
                let starter = runtime::starter(module, *init, calls)?;
                let signatures = call::signatures(calls, module);
                let prepare = |call: &Call| call.prepare(module, &signatures, room);
                let calls = calls.iter().map(prepare);
                let calls = calls.collect::<Result<_, _>>()?;
                Ok(Self::Calls { starter, calls })
            }
        }
    }

    fn run(
        self,
        instance: &mut Instance,
        stages: &Stages,
        on_result: OnResult<'_>,
    ) -> Result<(), Outcome> {
        match self {
            Self::Main => {
                stages.reach(Stage::Run);
                runtime::run_main(instance)
            }
            Self::Calls { starter, calls } => {
                if starter.is_some() {
                    stages.reach(Stage::Start);
                }
                runtime::start(instance, starter)?;
                stages.reach(Stage::Run);
                for call in calls {
                    call.call(instance, on_result)?;
                }
                Ok(())
            }
        }
    }
}
