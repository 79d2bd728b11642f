//! Calls an instrumented module: clears the shadow stack before each call, and runs the guest in fuel slices if its
//! stack is sampled or the run can be stopped with a call stack or with its coverage.

use super::Plan;
use super::allocations::{self, OnAllocation};
use super::fuel_slices::{FuelSlices, Sampler, SliceBounds};
use super::main_wait::MainWait;
use super::shadow_stack::{InstanceShadowStack, StackSnapshot};
use crate::error::Error;
use crate::host::Host;
use crate::instrument::{InstrumentedModule, SiteTable};
use crate::stop::{self, stack_copy};
use wasmi::{Func, Global, Memory, Store, Val};

/// The export that runs `main`.
const MAIN: &str = "_start";

/// How a guest is observed while it runs.
pub struct Instrumentation<'a> {
    /// The instrumented module.
    pub module: &'a InstrumentedModule,
    /// The bounds of the slices; `None` to run without slices.
    pub slices: Option<SliceBounds>,
    /// Called with the stack after each slice.
    pub sampler: Option<Sampler<'a>>,
    /// Called for each allocation that the module reports.
    pub on_allocation: Option<OnAllocation>,
}

/// The instrumentation of an instance.
pub(super) struct InstanceInstrumentation<'a> {
    shadow_stack: Option<InstanceShadowStack>,
    sites: &'a SiteTable,
    /// Where `main` waits, if the module's goroutines unwind the stack.
    main_wait: Option<MainWait>,
    /// The names of the globals that count lines.
    counters: Option<&'a [String]>,
    /// The global that holds the number of garbage collections.
    collections: Option<Global>,
    slices: Option<FuelSlices<'a>>,
    /// The export that instrumentation added for the `start` function.
    start: Option<&'a str>,
    /// The export that was called last.
    called: String,
}

impl<'a> InstanceInstrumentation<'a> {
    /// Prepares an instance. If the run is divided into slices, they take over the fuel in the store.
    ///
    /// # Errors
    ///
    /// `Runner` if the instance has no shadow stack or the store does not count fuel.
    pub(super) fn new(
        store: &mut Store<Host>,
        instance: wasmi::Instance,
        instrumentation: Instrumentation<'a>,
        plan: &Plan,
    ) -> Result<Self, Error> {
        let Instrumentation {
            module,
            slices,
            sampler,
            on_allocation,
        } = instrumentation;
        let slices = slices
            .map(|bounds| {
                let fuel = take_fuel(store).map_err(no_fuel)?;
                let fuel = plan.fuel.map(|_| fuel);
                Ok::<_, Error>(FuelSlices::new(bounds, fuel, sampler))
            })
            .transpose()?;
        let shadow_stack = InstanceShadowStack::find(store, instance, module)?;
        if let (Some(calls), Some(stack)) = (&module.exports.allocations, &shadow_stack) {
            allocations::provide(calls, store, instance, stack.clone(), on_allocation)?;
        }
        let unwinds = module.exports.unwinds.as_ref().zip(shadow_stack.as_ref());
        let main_wait = unwinds.map(|(table, stack)| {
            MainWait::provide(
                table,
                store,
                instance,
                (stack.clone(), module.sites.clone()),
            )
        });
        let collections = module.exports.collections.as_deref();
        Ok(Self {
            shadow_stack,
            sites: &module.sites,
            main_wait: main_wait.transpose()?,
            counters: module.counters.as_ref().map(|counters| &*counters.exports),
            collections: collections.and_then(|name| instance.get_global(&*store, name)),
            slices,
            start: module.exports.start.as_deref(),
            called: String::new(),
        })
    }

    /// The export through which the `start` function must be called.
    pub(super) fn start(&self) -> Option<&'a str> {
        self.start
    }

    /// Calls a function exported as `name`.
    ///
    /// # Errors
    ///
    /// As [`Func::call`]; a message after a stop request.
    pub(super) fn call(
        &mut self,
        (name, func): (&str, Func),
        store: &mut Store<Host>,
        args: &[Val],
        results: &mut [Val],
    ) -> Result<(), wasmi::Error> {
        name.clone_into(&mut self.called);
        if let Some(shadow_stack) = &self.shadow_stack {
            shadow_stack.clear(store)?;
        }
        stop::listen();
        match &mut self.slices {
            None => {
                let export = self.called_export();
                if let Some(shadow_stack) = &self.shadow_stack {
                    shadow_stack.allow_copies(store, export);
                }
                let called = func.call(store, args, results);
                stack_copy::forbid();
                called
            }
            Some(slices) => {
                let shadow_stack = self.shadow_stack.as_ref();
                slices.call((name, func), store, shadow_stack, args, results)
            }
        }
    }

    /// The export that was called last; `None` for the `start` function.
    fn called_export(&self) -> Option<&str> {
        let called = self.called.as_str();
        (self.start != Some(called)).then_some(called)
    }

    pub(super) fn has_shadow_stack(&self) -> bool {
        self.shadow_stack.is_some()
    }

    /// The stack of the last call, if the module has a shadow stack. `memory` is the program's own memory.
    pub(super) fn stack(
        &self,
        store: &Store<Host>,
        memory: Option<Memory>,
    ) -> Option<StackSnapshot> {
        let stack = self.shadow_stack.as_ref()?.read(store, memory);
        // The call during which a stop was requested may have returned.
        if stack.slots.is_empty()
            && stop::is_requested()
            && let Some(copy) = stack_copy::copied()
        {
            return Some(copy.into());
        }
        let main_wait = self.main_wait.as_ref().filter(|_| self.called == MAIN);
        Some(StackSnapshot {
            export: self.called_export().map(str::to_owned),
            main_wait: main_wait.map_or_else(Vec::new, |wait| wait.slots(&stack.slots, self.sites)),
            ..stack
        })
    }

    /// The counters of lines so far, if lines are counted.
    pub(super) fn counters(
        &self,
        store: &Store<Host>,
        instance: wasmi::Instance,
    ) -> Option<Vec<u64>> {
        let names = self.counters?.iter();
        let counts = names.map(|name| match instance.get_global(store, name)?.get(store) {
            Val::I64(count) => Some(count as u64),
            _ => None,
        });
        counts.collect()
    }

    /// The number of garbage collections so far, if they are counted.
    pub(super) fn collections(&self, store: &Store<Host>) -> Option<u32> {
        match self.collections?.get(store) {
            Val::I32(count) => Some(count as u32),
            _ => None,
        }
    }

    /// The fuel that has not been granted to the store; `None` without a limit.
    pub(super) fn fuel_left(&self) -> Option<u64> {
        match &self.slices {
            Some(slices) => slices.left(),
            None => Some(0),
        }
    }
}

fn take_fuel(store: &mut Store<Host>) -> Result<u64, wasmi::Error> {
    let fuel = store.get_fuel()?;
    store.set_fuel(0)?;
    Ok(fuel)
}

/// The error for a store that does not count fuel.
pub(super) fn no_fuel(error: wasmi::Error) -> Error {
    Error::runner("the engine does not count fuel").caused_by(error)
}
