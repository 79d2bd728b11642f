//! `--backtrace`, `--profile` and `--coverage`: instruments the module, divides the run into fuel slices if needed, and
//! starts to symbolize the recording after the run.

use super::coverage::CoverageRequest;
use super::environment;
use super::recording::Recording;
use super::stopped_stack::StackSource;
use super::symbolizer::top_slot;
use super::symbolizer_thread::SymbolizerThread;
use crate::cli::Run;
use crate::cli::values::format_path::FormatPath;
use crate::error::Error;
use crate::guest::{self, DEFAULT_STACK, Outcome, Plan, RunResult, SliceBounds};
use crate::insight::Samples;
use crate::instrument::{
    self, CountedEvents, Counting, GoJumps, InstrumentedModule, Instruments, RecordedStacks,
};
use crate::module::{Compiler, Module};
use crate::report::{self, BacktraceHint, ProfileFormat};
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The diagnostics that the command line and the environment request.
#[derive(Clone, Debug)]
pub(super) struct Diagnostics {
    /// Whether to print the call stack of a failed run.
    wants_backtrace: bool,
    /// Where to write the profile.
    profile: Option<FormatPath<ProfileFormat>>,
    /// The coverage to record.
    coverage: Option<CoverageRequest>,
    timeout: Option<Duration>,
    max_frames: u64,
    counted: CountedEvents,
}

/// The slices of a run that can be stopped with a call stack. Each takes well under a millisecond.
const STOP_SLICES: SliceBounds = SliceBounds {
    min: 100_000,
    max: 100_000,
};

/// The slices of a profiled run: a few thousand samples in a short run, and one per 0.5 ms in a long run.
const SAMPLE_SLICES: SliceBounds = SliceBounds {
    min: 1_000,
    max: 100_000,
};

impl Diagnostics {
    /// The diagnostics that the command line and the environment request.
    pub(super) fn of(options: &Run) -> Self {
        let profile = options.profile.as_ref();
        let counting = |is_wanted| {
            if is_wanted {
                Counting::On
            } else {
                Counting::Off
            }
        };
        Self {
            wants_backtrace: options.backtrace || environment::wants_backtrace(),
            profile: profile.cloned(),
            coverage: CoverageRequest::of(options),
            timeout: options.timeout,
            max_frames: guest::frames(options.max_stack.unwrap_or(DEFAULT_STACK)),
            counted: CountedEvents {
                collections: counting(options.stats),
                // Other formats have only one value for each stack.
                allocations: counting(
                    profile.is_some_and(|profile| profile.format == ProfileFormat::Pprof),
                ),
            },
        }
    }

    /// Whether the message of a trap suggests `--backtrace`.
    pub(super) fn backtrace_hint(&self) -> BacktraceHint {
        if self.wants_backtrace {
            BacktraceHint::Omit
        } else {
            BacktraceHint::Print
        }
    }

    /// Whether any diagnostics are requested.
    pub(super) fn are_wanted(&self) -> bool {
        self.wants_stacks() || self.coverage.is_some()
    }

    /// Whether the module must keep a shadow stack.
    fn wants_stacks(&self) -> bool {
        self.wants_backtrace || self.profile.is_some()
    }

    /// Whether function names or lines are needed before the run.
    pub(super) fn need_all_parts(&self) -> bool {
        let CountedEvents {
            collections,
            allocations,
        } = self.counted;
        let need_names = [collections, allocations].contains(&Counting::On);
        self.coverage.is_some() || self.wants_stacks() && need_names
    }

    /// The fuel slices in which the guest must run; `None` to run without slices.
    fn slices(&self, compiler: Compiler) -> Option<SliceBounds> {
        // Ctrl-C comes from a terminal. Elsewhere, slices cost too much to have them in case of a signal.
        let may_stop = self.timeout.is_some() || io::stderr().is_terminal();
        match (&self.profile, &self.coverage) {
            (Some(_), _) => Some(SAMPLE_SLICES),
            // The counters can only be read between slices.
            (None, Some(_)) => Some(STOP_SLICES),
            // The stack of other programs can be read at any time.
            (None, None) => (compiler == Compiler::Go && may_stop).then_some(STOP_SLICES),
        }
    }

    /// The data for the call stack of a guest that computes when the run is stopped.
    pub(super) fn stack_source(
        &self,
        recording: Option<&Recording>,
        program: &Arc<Module>,
        path: &Path,
    ) -> Option<StackSource> {
        let recording = recording.filter(|_| self.wants_backtrace)?;
        Some(StackSource {
            program: Arc::clone(program),
            path: path.to_owned(),
            sites: recording.sites(),
        })
    }

    /// Instruments a module. `None` if no diagnostics are requested or, after a warning, if it cannot be instrumented.
    ///
    /// # Errors
    ///
    /// `Module` if it is invalid.
    pub(super) fn instrument(
        &self,
        module: &Module,
        plan: &Plan,
    ) -> Result<Option<Recording>, Error> {
        if !self.are_wanted() {
            return Ok(None);
        }
        // Instrumenting an invalid module could make it valid.
        guest::validate(module)?;
        let linked: Vec<_> = plan.preloads.iter().map(|(_, module)| module).collect();
        let coverage = self.coverage.as_ref();
        let sources = coverage.and_then(|request| request.sources(module));
        let (lines, packages) = sources.unzip();
        if lines.is_none() && !self.wants_stacks() {
            return Ok(None);
        }
        // Without slices and fuel, a run ends at a call, or at a trap that Go's code does not cause.
        let slices = self.slices(module.interface.compiler);
        let jumps = if slices.is_some() || plan.fuel.is_some() {
            GoJumps::Recorded
        } else {
            GoJumps::Ignored
        };
        let stacks = RecordedStacks {
            max_frames: self.max_frames,
            jumps,
        };
        let instruments = Instruments {
            stacks: self.wants_stacks().then_some(stacks),
            counted: self.counted,
            coverage: lines.as_ref(),
        };
        match instrument::instrument(module, &linked, instruments) {
            Ok(instrumented) => {
                self.warn_of_missing_symbols(module, &instrumented);
                let samples = self.profile.as_ref().map(|_| Samples::default());
                Ok(Some(Recording::new(
                    instrumented,
                    slices,
                    samples,
                    packages,
                )))
            }
            Err(error) => {
                self.warn(module, &error.to_string());
                Ok(None)
            }
        }
    }

    /// Starts to symbolize the recording: the call stack, if the run failed, the profile and the coverage. `None` if there
    /// is nothing to symbolize.
    pub(super) fn symbolize(
        &self,
        recording: Option<Recording>,
        result: &mut RunResult,
        program: Arc<Module>,
        path: &Path,
    ) -> Option<SymbolizerThread> {
        if let Some(refusal) = &result.refusal {
            self.warn(&program, refusal);
        }
        let recording = recording?;
        let has_run = result.refusal.is_none() && !matches!(result.outcome, Outcome::Failed(_));
        if has_run && result.stack.is_none() && result.counters.is_none() {
            self.warn_of_missing_recording(&program);
        }
        let top_slot = top_slot(&result.outcome).filter(|_| self.wants_backtrace);
        let profile = self.profile.clone();
        let symbolizer = recording.symbolizer(result, (program, path), top_slot, profile);
        if !symbolizer.has_work() {
            return None;
        }
        let started = SymbolizerThread::start(|sender| symbolizer.run(&sender));
        if let Err(error) = &started {
            report::print_warning(&format!("cannot read the debug information: {error}"));
        }
        started.ok()
    }

    /// Warns that the profile lacks allocations, since the functions that allocate are found by their names, or lines.
    fn warn_of_missing_symbols(&self, module: &Module, instrumented: &InstrumentedModule) {
        let name = &module.name;
        if self.profile.is_none() || instrumented.go_callers.is_some() {
            return;
        }
        if self.counted.allocations == Counting::On && module.function_names().next().is_none() {
            report::print_warning(&format!(
                "{name} has no function names, so the profile has no allocations"
            ));
        }
        if module.interface.compiler == Compiler::Go {
            report::print_warning(&format!(
                "cannot read the function table of {name}, which another version of Go wrote: the profile has no lines"
            ));
        }
    }

    /// Warns that a module runs without instrumentation.
    fn warn(&self, module: &Module, reason: &str) {
        let wanted = self.wanted().join(" and ");
        report::print_warning(&format!("{} runs without {wanted}: {reason}", module.name));
    }

    /// Warns that nothing was recorded, because no function was called.
    fn warn_of_missing_recording(&self, module: &Module) {
        let mut files = self.wanted();
        files.retain(|option| *option != "--backtrace");
        if !files.is_empty() {
            let (name, files) = (&module.name, files.join(" and "));
            report::print_warning(&format!(
                "{files} recorded nothing: no function of {name} was called"
            ));
        }
    }

    /// The options that were passed.
    fn wanted(&self) -> Vec<&'static str> {
        let options = [
            ("--coverage", self.coverage.is_some()),
            ("--profile", self.profile.is_some()),
            ("--backtrace", self.wants_backtrace),
        ];
        let wanted = options.into_iter().filter(|(_, is_wanted)| *is_wanted);
        wanted.map(|(option, _)| option).collect()
    }
}
