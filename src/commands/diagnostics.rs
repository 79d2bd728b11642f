//! `--backtrace` and `--profile`: what they need of a run. The module is instrumented, the run may go in slices
//! of fuel, and what was recorded is analyzed when the run is over.

use super::analysis::{Analysis, Recording};
use super::environment;
use crate::cli::Run;
use crate::cli::values::profile_path::ProfilePath;
use crate::error::Error;
use crate::guest::{self, DEFAULT_STACK, Ended, Outcome, Pace, Plan, Track, TrapKind};
use crate::insight::{Samples, TopSlot};
use crate::instrument::{self, InstrumentedModule};
use crate::module::{Module, Work};
use crate::report::{self, StackKept};
use std::path::Path;
use std::time::Duration;

/// The diagnostics that were asked for.
#[derive(Clone, Debug)]
pub(super) struct Diagnostics {
    /// Whether to print a backtrace if the run fails.
    pub(super) stack: StackKept,
    profile: Option<ProfilePath>,
    timeout: Option<Duration>,
    /// The number of frames that the guest's stack has room for.
    max_frames: u64,
}

/// An instrumented module and the samples of its run.
pub(super) struct Instrumented {
    module: InstrumentedModule,
    samples: Option<Samples>,
}

/// Slices that end on time for `--timeout`: each takes well under a millisecond.
const TIMEOUT_SLICES: Pace = Pace::Slices {
    least: 100_000,
    most: 100_000,
};

/// Slices between the samples of a profile: some thousand in a short run, one for each tenth of a millisecond in
/// a long one.
const SAMPLE_SLICES: Pace = Pace::Slices {
    least: 1_000,
    most: 20_000,
};

impl Diagnostics {
    /// What the command line and the environment ask for.
    pub(super) fn of(options: &Run) -> Self {
        Self {
            stack: match options.backtrace || environment::wants_backtrace() {
                true => StackKept::Yes,
                false => StackKept::No,
            },
            profile: options.profile.clone(),
            timeout: options.timeout,
            max_frames: guest::frames(options.max_stack.unwrap_or(DEFAULT_STACK)),
        }
    }

    /// Returns true if any were asked for.
    pub(super) fn are_wanted(&self) -> bool {
        self.stack == StackKept::Yes || self.profile.is_some()
    }

    /// Whether the run goes in slices, after each of which it can be sampled and stopped.
    pub(super) fn pace(&self) -> Pace {
        match (&self.profile, self.stack, self.timeout) {
            (Some(_), _, _) => SAMPLE_SLICES,
            (None, StackKept::Yes, Some(_)) => TIMEOUT_SLICES,
            (None, _, _) => Pace::Free,
        }
    }

    /// Instruments the module, if diagnostics were asked for. Prints a warning if that fails.
    ///
    /// # Errors
    ///
    /// `Module` if it is not valid.
    pub(super) fn instrument(
        &self,
        module: &Module,
        plan: &Plan,
    ) -> Result<Option<Instrumented>, Error> {
        if !self.are_wanted() {
            return Ok(None);
        }
        // An invalid module could become valid by what is added.
        guest::validate(module, plan.progress)?;
        let linked: Vec<_> = plan.preloads.iter().map(|(_, module)| module).collect();
        let _step = plan
            .progress
            .begin(Work::Rewrite, &module.name, module.wasm.len());
        match instrument::instrument(module, &linked, self.max_frames) {
            Ok(instrumented) => Ok(Some(Instrumented {
                module: instrumented,
                samples: self.profile.as_ref().map(|_| Samples::default()),
            })),
            Err(error) => {
                self.warn(module, &error.to_string());
                Ok(None)
            }
        }
    }

    /// Runs a module, instrumented or not.
    pub(super) fn run(
        &self,
        instrumented: &mut Option<Instrumented>,
        run: impl FnOnce(Option<Track<'_>>) -> Ended,
    ) -> Ended {
        let Some(Instrumented { module, samples }) = instrumented else {
            return run(None);
        };
        let mut add = |export: &str, slots: &[u8], work| {
            if let Some(samples) = samples {
                samples.add(export, slots, work);
            }
        };
        run(Some(Track {
            tracked: module,
            pace: self.pace(),
            sampler: Some(&mut add),
        }))
    }

    /// Starts the analysis of a run that is over; `None` if there is nothing to analyze.
    pub(super) fn analyze(
        &self,
        instrumented: Option<Instrumented>,
        ended: &mut Ended,
        program: Module,
        path: &Path,
    ) -> Option<Analysis> {
        if let Some(reason) = &ended.untracked {
            self.warn(&program, reason);
        }
        let (Instrumented { module, samples }, stack) = (instrumented?, ended.stack.take()?);
        let top_slot = top_slot(&ended.outcome).filter(|_| self.stack == StackKept::Yes);
        if top_slot.is_none() && samples.is_none() {
            return None;
        }
        let started = Analysis::start(Recording {
            program,
            path: path.to_owned(),
            sites: module.sites,
            stack,
            top_slot,
            profile: samples.zip(self.profile.as_ref().map(|profile| profile.format)),
        });
        if let Err(error) = &started {
            report::warning(&format!("cannot read the debug information: {error}"));
        }
        started.ok()
    }

    fn warn(&self, module: &Module, reason: &str) {
        let option = match self.profile {
            Some(_) => "--profile",
            None => "--backtrace",
        };
        report::warning(&format!("{} runs without {option}: {reason}", module.name));
    }
}

/// How the top slot relates to where a run stopped; `None` if the outcome has no backtrace.
fn top_slot(outcome: &Outcome) -> Option<TopSlot> {
    match outcome {
        Outcome::Trapped(trap) => Some(match trap.kind {
            // The site of what leads to these is recorded right before it.
            TrapKind::Unreachable
            | TrapKind::StackOverflow
            | TrapKind::NullCall
            | TrapKind::TypeMismatch => TopSlot::Exact,
            TrapKind::MemoryOutOfBounds
            | TrapKind::MemoryStackOverflow
            | TrapKind::TableOutOfBounds
            | TrapKind::DivisionByZero
            | TrapKind::IntegerOverflow
            | TrapKind::BadConversion
            | TrapKind::TooManyGrowths
            | TrapKind::Other(_) => TopSlot::Earlier,
        }),
        Outcome::OutOfFuel | Outcome::TimedOut => Some(TopSlot::Earlier),
        Outcome::Returned
        | Outcome::Exited(_)
        | Outcome::Interrupted(_)
        | Outcome::BrokenPipe
        | Outcome::Failed(_) => None,
    }
}
