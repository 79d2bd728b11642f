//! The recording of an instrumented run: samples, allocations and counters, and what is needed to symbolize them.

use super::symbolizer::{CounterValues, Symbolizer};
use crate::cli::values::format_path::FormatPath;
use crate::guest::{Instrumentation, OnAllocation, RunResult, SliceBounds};
use crate::insight::{Allocations, Samples, SourcePackages, TopSlot};
use crate::instrument::{InstrumentedModule, SiteTable};
use crate::module::Module;
use crate::report::ProfileFormat;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// An instrumented module and the recording of its run.
pub(super) struct Recording {
    module: InstrumentedModule,
    /// The fuel slices in which the guest must run; `None` to run without slices.
    slices: Option<SliceBounds>,
    /// The samples for the profile.
    samples: Option<Samples>,
    /// The allocations for the profile, if the module reports them. The engine keeps a reference.
    allocations: Option<Arc<Mutex<Allocations>>>,
    /// The packages of the files whose lines are counted, if there are any.
    packages: Option<SourcePackages>,
}

impl Recording {
    pub(super) fn new(
        module: InstrumentedModule,
        slices: Option<SliceBounds>,
        samples: Option<Samples>,
        packages: Option<SourcePackages>,
    ) -> Self {
        let allocations = module.exports.allocations.as_ref().map(|calls| {
            let allocations = Allocations::new(&calls.inner_callers, &module.sites);
            Arc::new(Mutex::new(allocations))
        });
        Self {
            module,
            slices,
            samples,
            allocations,
            packages,
        }
    }

    pub(super) fn sites(&self) -> Arc<SiteTable> {
        Arc::clone(&self.module.sites)
    }

    /// Runs the module with `run`, and adds samples.
    pub(super) fn run(
        &mut self,
        run: impl FnOnce(Option<Instrumentation<'_>>) -> RunResult,
    ) -> RunResult {
        let samples = &mut self.samples;
        let mut add = |export: &str, slots: &[u8], work| {
            if let Some(samples) = samples {
                samples.add(export, slots, work);
            }
        };
        run(Some(Instrumentation {
            module: &self.module,
            slices: self.slices,
            sampler: Some(&mut add),
            on_allocation: self.allocations.clone().map(on_allocation),
        }))
    }

    /// Takes the call stack and the counters from the result of the run. The call stack is symbolized if there is a
    /// `top_slot`, the samples if there is a `profile` to write.
    pub(super) fn symbolizer(
        self,
        result: &mut RunResult,
        (program, path): (Arc<Module>, &Path),
        top_slot: Option<TopSlot>,
        profile: Option<FormatPath<ProfileFormat>>,
    ) -> Symbolizer {
        let counters = result.counters.take().zip(self.module.counters);
        let counters = counters.zip(self.packages);
        let stack = result.stack.take();
        Symbolizer {
            program,
            path: path.to_owned(),
            sites: self.module.sites,
            top_slot: top_slot.filter(|_| stack.is_some()),
            profile: self.samples.zip(profile).filter(|_| stack.is_some()),
            stack: stack.unwrap_or_default(),
            allocations: self.allocations,
            counters: counters.map(|((values, counters), packages)| CounterValues {
                values,
                counters,
                packages,
            }),
        }
    }
}

/// Counts the allocations that a module reports.
fn on_allocation(allocations: Arc<Mutex<Allocations>>) -> OnAllocation {
    Box::new(move |slots, bytes| {
        if let Ok(mut allocations) = allocations.lock() {
            allocations.add(slots, bytes);
        }
    })
}
