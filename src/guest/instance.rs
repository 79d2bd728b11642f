//! One instance of a module and the store it lives in: the place where the engine is spoken to.

use super::memory::Span;
use super::runtime::INITIALIZE;
use super::track::{Pace, Shadow, Slices, Stack, Track};
use super::{Life, Outcome, Plan, Site, engine, heap};
use crate::error::Error;
use crate::host::limits::{self, MAX_TABLE_ELEMENTS};
use crate::host::{self, Candidate, Host, Linked};
use crate::module::{FuncType, Module, Progress};
use crate::size::Size;
use crate::stop::{allocator, native_stack};
use wasmi::errors::{ErrorKind, InstantiationError, MemoryError, TableError};
use wasmi::{Engine, Func, Store, Val};

/// A module that was instantiated.
pub(super) struct Instance<'a> {
    store: Store<Host>,
    instance: wasmi::Instance,
    life: Life,
    /// How many growths a call may make.
    growths: u64,
    progress: Progress,
    track: Option<Tracking<'a>>,
}

/// What it takes to track an instance.
struct Tracking<'a> {
    shadow: Shadow,
    slices: Option<Slices<'a>>,
    start: Option<&'a str>,
    /// The export that was called last.
    called: String,
}

impl<'a> Instance<'a> {
    /// Instantiates a module over `host`, with the modules that are linked to it before it. The `start`
    /// function of one that is tracked has to be called next.
    ///
    /// # Errors
    ///
    /// `Failed` where one lacks an import or asks for more from the start than it may have; whatever
    /// a `start` function ends in, if that is not a return.
    pub(super) fn new(
        module: &Module,
        compiled: &wasmi::Module,
        host: Host,
        plan: &Plan,
        track: Option<Track<'a>>,
    ) -> Result<Self, Outcome> {
        let mut store = Store::new(compiled.engine(), host);
        let limits = &mut store.data_mut().limits;
        let growths = native_stack::max_growths();
        limits.allow_growths(growths);
        store.limiter(|host| &mut host.limits);
        let in_slices = track.as_ref().is_some_and(|track| track.pace != Pace::Free);
        // What is linked does not run in slices.
        if let Some(fuel) = plan.fuel.or(in_slices.then_some(u64::MAX)) {
            store.set_fuel(fuel).map_err(|error| {
                Error::runner("the engine does not count fuel").caused_by(error)
            })?;
        }
        let preloads = compile_preloads(compiled.engine(), plan)?;
        refuse_unfit(module, compiled, plan, &preloads, store.data())?;
        let mut linked = Vec::new();
        for ((name, preload), compiled) in plan.preloads.iter().zip(&preloads) {
            let instance = instantiate(&mut store, preload, compiled, plan, &linked)?;
            start_linked(&mut store, preload, instance)?;
            log::info!("linked {} as {name}", preload.name);
            linked.push((name.clone(), instance));
        }
        if let Some(track) = &track {
            let maximum = track.tracked.memory_maximum;
            store.data_mut().limits.leave_out(maximum);
        }
        let instance = instantiate(&mut store, module, compiled, plan, &linked)?;
        heap::enlarge(&mut store, instance, module, plan.heap);
        if linked.is_empty() {
            let memory = instance.get_memory(&store, "memory");
            store.data_mut().only_memory = memory;
        }
        let tracking = track
            .map(|track| Tracking::begin(&mut store, instance, track, plan))
            .transpose()?;
        Ok(Self {
            store,
            instance,
            life: life(module),
            growths,
            progress: plan.progress,
            track: tracking,
        })
    }

    /// Calls the `start` function of a tracked module, which the engine would have called of another.
    ///
    /// # Errors
    ///
    /// Every way in which it ends without returning.
    pub(super) fn start(&mut self) -> Result<(), Outcome> {
        match self.track.as_ref().and_then(|track| track.start) {
            Some(name) => self.call(name, Site::Instantiation, &[], &mut []),
            None => Ok(()),
        }
    }

    /// Where the guest was when it failed, where it was tracked.
    pub(super) fn stack(&self) -> Option<Stack> {
        let memory = self.instance.get_memory(&self.store, "memory");
        let track = self.track.as_ref()?;
        Some(Stack {
            export: Some(&track.called)
                .filter(|called| track.start != Some(called))
                .cloned(),
            ..track.shadow.read(&self.store, memory)
        })
    }

    /// Who is told of what takes long.
    pub(super) fn progress(&self) -> Progress {
        self.progress
    }

    /// The bytes at `span` of the guest's memory, if it has them.
    pub(super) fn bytes(&self, span: Span) -> Option<&[u8]> {
        let memory = self.instance.get_memory(&self.store, "memory")?;
        memory.data(&self.store).get(range(span)?)
    }

    /// The same, to be written.
    pub(super) fn bytes_mut(&mut self, span: Span) -> Option<&mut [u8]> {
        let memory = self.instance.get_memory(&self.store, "memory")?;
        memory.data_mut(&mut self.store).get_mut(range(span)?)
    }

    /// How much fuel is left, where it is counted.
    pub(super) fn fuel_left(&self) -> Option<u64> {
        let slices = self.track.as_ref().and_then(|track| track.slices.as_ref());
        let held_back = match slices {
            Some(slices) => slices.left()?,
            None => 0,
        };
        Some(self.store.get_fuel().ok()? + held_back)
    }

    /// Calls the function exported as `name`, whose type the caller has looked up in the module.
    ///
    /// # Errors
    ///
    /// Every way in which a call ends without returning.
    pub(super) fn call(
        &mut self,
        name: &str,
        site: Site,
        arguments: &[Val],
        results: &mut [Val],
    ) -> Result<(), Outcome> {
        let func = self
            .instance
            .get_func(&self.store, name)
            .ok_or_else(|| Error::runner(format!("the engine does not know the export {name}")))?;
        // The stack that growths took was given back when the last call returned.
        self.store.data_mut().limits.allow_growths(self.growths);
        let called = match &mut self.track {
            None => func.call(&mut self.store, arguments, results),
            Some(track) => {
                track.called = name.to_owned();
                track.call(func, &mut self.store, arguments, results)
            }
        };
        allocator::forget_growth();
        called.map_err(|error| Outcome::of_guest(error, self.store.data(), site, self.life))
    }
}

impl<'a> Tracking<'a> {
    fn begin(
        store: &mut Store<Host>,
        instance: wasmi::Instance,
        track: Track<'a>,
        plan: &Plan,
    ) -> Result<Self, Error> {
        let slices = match track.pace {
            Pace::Free => None,
            Pace::Slices { least, most } => {
                let uncounted =
                    |error| Error::runner("the engine does not count fuel").caused_by(error);
                let left = store.get_fuel().map_err(uncounted)?;
                store.set_fuel(0).map_err(uncounted)?;
                let left = plan.fuel.map(|_| left);
                Some(Slices::new((least, most), left, track.sampler))
            }
        };
        Ok(Self {
            shadow: Shadow::find(store, instance, track.tracked)?,
            slices,
            start: track.tracked.exports.start.as_deref(),
            called: String::new(),
        })
    }

    fn call(
        &mut self,
        func: Func,
        store: &mut Store<Host>,
        arguments: &[Val],
        results: &mut [Val],
    ) -> Result<(), wasmi::Error> {
        self.shadow.clear(store)?;
        match &mut self.slices {
            None => func.call(store, arguments, results),
            Some(slices) => {
                let called = (self.called.as_str(), func);
                slices.call(called, store, &self.shadow, arguments, results)
            }
        }
    }
}

/// Compiles the modules that are linked, all of them before one runs.
fn compile_preloads(engine: &Engine, plan: &Plan) -> Result<Vec<wasmi::Module>, Error> {
    let preloads = plan.preloads.iter();
    let compile = |(_, preload): &(_, Module)| {
        engine::compile(engine, &preload.name, &preload.wasm, plan.progress)
    };
    preloads.map(compile).collect()
}

/// Refuses modules that ask for too much or lack something, before one of them runs.
fn refuse_unfit(
    module: &Module,
    compiled: &wasmi::Module,
    plan: &Plan,
    preloads: &[wasmi::Module],
    host: &Host,
) -> Result<(), Error> {
    let linked = plan.preloads.iter().zip(preloads);
    let linked = linked.map(|((name, module), compiled)| Candidate {
        name,
        module,
        compiled,
    });
    let main = Candidate {
        name: "",
        module,
        compiled,
    };
    let candidates: Vec<_> = linked.chain([main]).collect();
    for candidate in &candidates {
        refuse_excess(candidate.module, host)?;
    }
    match preloads.is_empty() {
        // Linking finds it as well, and nothing runs before that.
        true => Ok(()),
        false => host::refuse_unlinkable(&candidates, &plan.imports),
    }
}

fn life(module: &Module) -> Life {
    match module.is_command() {
        true => Life::Command,
        false => Life::Reactor,
    }
}

fn instantiate(
    store: &mut Store<Host>,
    module: &Module,
    compiled: &wasmi::Module,
    plan: &Plan,
    linked: &[Linked],
) -> Result<wasmi::Instance, Outcome> {
    let segments = limits::segment_bytes(&module.interface);
    store.data_mut().limits.hold(segments);
    let imports = host::link(store, module, &plan.imports, linked)?;
    let instance = wasmi::Instance::new(&mut *store, compiled, &imports);
    allocator::forget_growth();
    instance.map_err(
        |error| match not_instantiated(module, error, store.data()) {
            Outcome::Trapped(trap) => Outcome::Trapped(trap.of_module(module)),
            outcome => outcome,
        },
    )
}

/// Starts the runtime of a linked reactor, which nobody else would.
fn start_linked(
    store: &mut Store<Host>,
    module: &Module,
    instance: wasmi::Instance,
) -> Result<(), Outcome> {
    let ours = module.interface.exported_function(INITIALIZE);
    let func = match ours {
        Some((ty, _)) if *ty == FuncType::default() => instance.get_func(&*store, INITIALIZE),
        _ => None,
    };
    let called = func.map_or(Ok(()), |func| func.call(&mut *store, &[], &mut []));
    let site = || Site::Export(INITIALIZE.to_owned());
    match called.map_err(|error| Outcome::of_guest(error, store.data(), site(), life(module))) {
        Err(Outcome::Exited(0)) => Ok(()),
        Err(Outcome::Trapped(trap)) => Err(Outcome::Trapped(trap.of_module(module))),
        ended => ended,
    }
}

fn range(span: Span) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(span.address).ok()?;
    Some(start..start.checked_add(usize::try_from(span.length).ok()?)?)
}

/// Refuses what the limiter would refuse, where the reason can still be told.
fn refuse_excess(module: &Module, host: &Host) -> Result<(), Error> {
    let name = &module.name;
    let memory = Size(module.interface.initial_memory);
    let segments = Size(limits::segment_bytes(&module.interface));
    let asked = Size(memory.0.saturating_add(segments.0));
    if let Some(allowed) = host.limits.max_memory().filter(|allowed| asked > *allowed) {
        let message =
            format!("{name} needs {asked} of memory from the start; --max-memory allows {allowed}");
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

/// An instantiation fails by a trap of the guest's, or because the module asks for what it cannot
/// have.
fn not_instantiated(module: &Module, error: wasmi::Error, host: &Host) -> Outcome {
    match error.kind() {
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
            Outcome::of_guest(error, host, Site::Instantiation, life(module))
        }
        ErrorKind::Instantiation(
            InstantiationError::FailedToInstantiateMemory(MemoryError::OutOfSystemMemory)
            | InstantiationError::FailedToInstantiateTable(TableError::OutOfSystemMemory),
        ) => Outcome::Failed(Error::runner(format!(
            "{} needs more memory from the start than this machine has",
            module.name
        ))),
        ErrorKind::Instantiation(_) | ErrorKind::Linker(_) => Outcome::Failed(
            Error::module(format!("{} cannot be instantiated", module.name)).caused_by(error),
        ),
        _ => Outcome::of_guest(error, host, Site::Instantiation, life(module)),
    }
}
