//! An instance of a module in its store, through which the guest is called.

use super::fuel_slices::SliceBounds;
use super::go_values::ReferencedSpan;
use super::instrumentation::{InstanceInstrumentation, Instrumentation, no_fuel};
use super::memory_span::MemorySpan;
use super::shadow_stack::StackSnapshot;
use super::{Outcome, Plan, Program, TrapKind, TrapSite, go_memory, heap, instantiate};
use crate::error::Error;
use crate::host::Host;
use crate::module::{Module, START_UNWIND};
use crate::native_heap;
use crate::stop::{self, native_stack};
use std::ops::Range;
use wasmi::{Memory, Store, Val};

/// The export of the program's memory.
pub(super) const MEMORY: &str = "memory";

/// An instance of a module.
pub(super) struct Instance<'a> {
    store: Store<Host>,
    instance: wasmi::Instance,
    program: Program,
    /// The number of growths that a call may execute.
    max_growths: u64,
    instrumentation: Option<InstanceInstrumentation<'a>>,
}

impl<'a> Instance<'a> {
    /// Instantiates the modules that are linked to a module, then the module itself, with the imports of `host`.
    /// [`start`](Self::start) must be called next.
    ///
    /// # Errors
    ///
    /// `Failed` if a module lacks an import or exceeds a limit with its initial size; every outcome of a `start`
    /// function except a return.
    pub(super) fn new(
        module: &Module,
        compiled: &wasmi::Module,
        host: Host,
        plan: &Plan,
        instrumentation: Option<Instrumentation<'a>>,
    ) -> Result<Self, Outcome> {
        let slices = instrumentation.as_ref().and_then(|each| each.slices);
        let max_growths = native_stack::max_growths();
        let mut store = new_store(compiled, host, plan, slices, max_growths)?;
        let linked = instantiate::link_preloads(&mut store, module, compiled, plan)?;
        let instrumented = instrumentation.as_ref().map(|each| each.module);
        if let Some(stack) = instrumented.and_then(|each| each.exports.shadow_stack.as_ref()) {
            store.data_mut().limits.exempt_memory(stack.memory_maximum);
        }
        let instance = instantiate::instantiate(&mut store, module, compiled, plan, &linked)?;
        heap::enlarge(&mut store, instance, module, plan.heap);
        if linked.is_empty() {
            let memory = instance.get_memory(&store, MEMORY);
            store.data_mut().only_memory = memory;
        }
        let instrumentation = instrumentation
            .map(|each| InstanceInstrumentation::new(&mut store, instance, each, plan))
            .transpose()?;
        Ok(Self {
            store,
            instance,
            program: Program::of(module),
            max_growths,
            instrumentation,
        })
    }

    /// Calls the `start` function of an instrumented module. Without instrumentation, the engine has called it.
    ///
    /// # Errors
    ///
    /// Every outcome except a return.
    pub(super) fn start(&mut self) -> Result<(), Outcome> {
        let instrumentation = self.instrumentation.as_ref();
        match instrumentation.and_then(InstanceInstrumentation::start) {
            Some(name) => self.call(name, TrapSite::Instantiation, &[], &mut []),
            None => Ok(()),
        }
    }

    /// The shadow stack of the last call, if the module has one.
    pub(super) fn stack(&self) -> Option<StackSnapshot> {
        let instrumentation = self.instrumentation.as_ref()?;
        instrumentation.stack(&self.store, self.memory())
    }

    /// The counters of lines so far, if lines are counted.
    pub(super) fn counters(&self) -> Option<Vec<u64>> {
        let instrumentation = self.instrumentation.as_ref()?;
        instrumentation.counters(&self.store, self.instance)
    }

    /// The number of garbage collections so far, if they are counted.
    pub(super) fn collections(&self) -> Option<u32> {
        self.instrumentation.as_ref()?.collections(&self.store)
    }

    /// The bytes of `span` in the guest's memory; `None` if part of it is outside.
    pub(super) fn bytes(&self, span: MemorySpan) -> Option<&[u8]> {
        self.memory()?.data(&self.store).get(range(span)?)
    }

    /// The memory of `span`'s elements, each of `size` bytes.
    ///
    /// # Errors
    ///
    /// `CommandLine` if part of it is outside the guest's memory, so that it cannot be a value of type `ty`.
    pub(super) fn bytes_of(
        &self,
        span: ReferencedSpan,
        size: u32,
        ty: &str,
    ) -> Result<&[u8], Error> {
        let bytes = span.of_elements(size).and_then(|span| self.bytes(span));
        bytes.ok_or_else(|| {
            let ReferencedSpan { address, count } = span;
            let unit = if size == 1 { "bytes" } else { "elements" };
            Error::command_line(format!(
                "the result is not a {ty}: it points outside the program's memory"
            ))
            .detail(format!("{count} {unit} at address {address}"))
        })
    }

    /// The size of the guest's memory, in bytes.
    pub(super) fn memory_bytes(&self) -> u64 {
        let memory = self.memory();
        memory.map_or(0, |memory| memory.data_size(&self.store) as u64)
    }

    /// The same bytes, mutable.
    pub(super) fn bytes_mut(&mut self, span: MemorySpan) -> Option<&mut [u8]> {
        let memory = self.memory()?;
        memory.data_mut(&mut self.store).get_mut(range(span)?)
    }

    /// The remaining fuel, if it is counted.
    pub(super) fn fuel_left(&self) -> Option<u64> {
        let not_granted = match &self.instrumentation {
            Some(instrumentation) => instrumentation.fuel_left()?,
            None => 0,
        };
        Some(self.store.get_fuel().ok()? + not_granted)
    }

    /// Calls the function exported as `name`. The caller has checked its type.
    ///
    /// # Errors
    ///
    /// Every outcome except a return.
    pub(super) fn call(
        &mut self,
        name: &str,
        site: TrapSite,
        args: &[Val],
        results: &mut [Val],
    ) -> Result<(), Outcome> {
        let func = self
            .instance
            .get_func(&self.store, name)
            .ok_or_else(|| Error::runner(format!("the engine does not find the export {name}")))?;
        // During the last call, a stop may have been requested that the guest did not notice.
        if let Some(reason) = stop::reason() {
            return Err(reason.into());
        }
        // The growths of the last call no longer use the native stack.
        self.store.data_mut().limits.allow_growths(self.max_growths);
        let called = match &mut self.instrumentation {
            None => func.call(&mut self.store, args, results),
            Some(instrumentation) => {
                instrumentation.call((name, func), &mut self.store, args, results)
            }
        };
        native_heap::forget_growth();
        called.map_err(|error| {
            let outcome = Outcome::of_guest(error, self.store.data(), site, self.program.clone());
            self.explain(outcome)
        })
    }

    /// Adds to a trap what the program's memory shows.
    fn explain(&self, mut outcome: Outcome) -> Outcome {
        let Outcome::Trapped(trap) = &mut outcome else {
            return outcome;
        };
        let memory = self.memory();
        let memory = memory.map_or([].as_slice(), |memory| memory.data(&self.store));
        match trap.kind {
            TrapKind::Unreachable if !go_memory::prints_panics(memory) => trap.output = None,
            // With a shadow stack, the stack pointer is known.
            TrapKind::MemoryOutOfBounds
                if !self.has_shadow_stack()
                    && go_memory::is_stack_used_up(memory)
                    && (self.has_goroutines() || go_memory::has_tinygo_text(memory)) =>
            {
                trap.blame_own_stack();
            }
            _ => {}
        }
        outcome
    }

    fn has_shadow_stack(&self) -> bool {
        let instrumentation = self.instrumentation.as_ref();
        instrumentation.is_some_and(InstanceInstrumentation::has_shadow_stack)
    }

    /// Returns true if the program has TinyGo's scheduler.
    fn has_goroutines(&self) -> bool {
        let start_unwind = self.instance.get_func(&self.store, START_UNWIND);
        start_unwind.is_some()
    }

    fn memory(&self) -> Option<Memory> {
        self.instance.get_memory(&self.store, MEMORY)
    }
}

/// A store with the limits of a plan.
fn new_store(
    compiled: &wasmi::Module,
    host: Host,
    plan: &Plan,
    slices: Option<SliceBounds>,
    max_growths: u64,
) -> Result<Store<Host>, Error> {
    let mut store = Store::new(compiled.engine(), host);
    store.data_mut().limits.allow_growths(max_growths);
    store.limiter(|host| &mut host.limits);
    // Linked modules start before the run is divided into slices, so they need fuel even without a limit.
    if let Some(fuel) = plan.fuel.or(slices.map(|_| u64::MAX)) {
        store.set_fuel(fuel).map_err(no_fuel)?;
    }
    Ok(store)
}

fn range(span: MemorySpan) -> Option<Range<usize>> {
    let start = usize::try_from(span.address).ok()?;
    Some(start..start.checked_add(usize::try_from(span.length).ok()?)?)
}
