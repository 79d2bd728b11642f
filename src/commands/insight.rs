//! What is wanted of a run besides its outcome, and what it takes: the module rewritten, the run in
//! slices, and what was seen read when it is over.

use super::environment;
use super::symbols::Found;
use crate::cli::Run;
use crate::cli::values::profile_path::ProfilePath;
use crate::error::Error;
use crate::guest::{self, DEFAULT_STACK, Ended, Outcome, Pace, Plan, Stack, Track, TrapKind};
use crate::insight::{self, Backtrace, Precision, Samples};
use crate::instrument::{self, InstrumentedModule, SiteTable};
use crate::module::{self, Module, Work};
use crate::report::{self, BacktraceHint};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is wanted of a run besides its outcome.
#[derive(Clone, Debug)]
pub(super) struct Insight {
    /// Whether to print where the guest was, if it fails.
    wants_backtrace: bool,
    /// Where to tell what it worked on.
    profile: Option<ProfilePath>,
    timeout: Option<Duration>,
    /// How many frames there may be.
    frames: u64,
}

/// A module that is tracked, and what is seen.
pub(super) struct Tracking {
    tracked: InstrumentedModule,
    samples: Option<Samples>,
}

/// Where the guest was when it failed.
#[derive(Default)]
pub(super) struct StackFound {
    /// The call stack, if that was asked for.
    pub(super) backtrace: Option<Backtrace>,
    /// Whether the program's own stack in linear memory was full.
    pub(super) is_own_stack_full: bool,
}

/// What is read once a run is over.
pub(super) type Symbols = super::symbols::Symbols<StackFound, io::Result<ProfileMade>>;

/// A profile that is to be written.
pub(super) struct ProfileMade {
    pub(super) content: Vec<u8>,
    /// How much of the work TinyGo's garbage collector did, in percent.
    pub(super) collector_percent: u64,
}

/// How much fuel the guest has before somebody looks whether its time is up: well under a millisecond.
const UNTIL_DUE: Pace = Pace::Slices {
    least: 100_000,
    most: 100_000,
};

/// How much it has before somebody looks what it works on: some thousand times in a short run, and every
/// tenth of a millisecond in a long one.
const UNTIL_SEEN: Pace = Pace::Slices {
    least: 1_000,
    most: 20_000,
};

impl Insight {
    /// What the command line and the environment ask for.
    pub(super) fn of(options: &Run) -> Self {
        Self {
            wants_backtrace: options.backtrace || environment::wants_backtrace(),
            profile: options.profile.clone(),
            timeout: options.timeout,
            frames: guest::frames(options.max_stack.unwrap_or(DEFAULT_STACK)),
        }
    }

    /// What the message of a trap says of `--backtrace`.
    pub(super) fn backtrace_hint(&self) -> BacktraceHint {
        match self.wants_backtrace {
            true => BacktraceHint::Omit,
            false => BacktraceHint::Print,
        }
    }

    /// Whether anything is wanted.
    pub(super) fn is_wanted(&self) -> bool {
        self.wants_backtrace || self.profile.is_some()
    }

    /// Whether the run goes in slices, so that it can be looked at, and ended, where it is.
    pub(super) fn pace(&self) -> Pace {
        match (&self.profile, self.wants_backtrace, self.timeout) {
            (Some(_), _, _) => UNTIL_SEEN,
            (None, true, Some(_)) => UNTIL_DUE,
            (None, _, _) => Pace::Free,
        }
    }

    /// The module as it has to be to be tracked; `None` where it need not be or cannot be.
    ///
    /// # Errors
    ///
    /// `Module` where it is not valid.
    pub(super) fn rewrite(&self, module: &Module, plan: &Plan) -> Result<Option<Tracking>, Error> {
        if !self.is_wanted() {
            return Ok(None);
        }
        // Rewriting takes what is valid, so that nothing else becomes valid by it.
        guest::validate(module, plan.progress)?;
        let others: Vec<_> = plan.preloads.iter().map(|(_, module)| module).collect();
        let rewritten = {
            let _step = plan
                .progress
                .begin(Work::Rewrite, &module.name, module.wasm.len());
            instrument::instrument(module, &others, self.frames)
        };
        match rewritten {
            Ok(tracked) => Ok(Some(Tracking {
                tracked,
                samples: self.profile.as_ref().map(|_| Samples::default()),
            })),
            Err(error) => {
                report::print_warning(&self.untracked(module, &error.to_string()));
                Ok(None)
            }
        }
    }

    /// Runs a module, tracked as it is meant to be.
    pub(super) fn run(
        &self,
        tracking: &mut Option<Tracking>,
        run: impl FnOnce(Option<Track<'_>>) -> Ended,
    ) -> Ended {
        let Some(Tracking { tracked, samples }) = tracking else {
            return run(None);
        };
        let mut add = |export: &str, slots: &[u8], work| {
            if let Some(samples) = samples {
                samples.add(export, slots, work);
            }
        };
        run(Some(Track {
            tracked,
            pace: self.pace(),
            sampler: Some(&mut add),
        }))
    }

    /// Starts to read what a run that is over was asked for: the call stack, if it failed, and the profile.
    /// `None` where nothing was.
    pub(super) fn symbols(
        &self,
        tracking: Option<Tracking>,
        ended: &mut Ended,
        program: Module,
        path: &Path,
    ) -> Option<Symbols> {
        if let Some(why) = &ended.untracked {
            report::print_warning(&self.untracked(&program, why));
        }
        let (Tracking { tracked, samples }, stack) = (tracking?, ended.stack.take()?);
        let precision = precision(&ended.outcome).filter(|_| self.wants_backtrace);
        if precision.is_none() && samples.is_none() {
            return None;
        }
        let reading = Reading {
            program,
            path: path.to_owned(),
            tracked,
            stack,
            precision,
            profile: samples.zip(self.profile.clone()),
        };
        let started = Symbols::read(|found| reading.read(&found));
        if let Err(error) = &started {
            report::print_warning(&format!("cannot read the debug information: {error}"));
        }
        started.ok()
    }

    fn untracked(&self, module: &Module, why: &str) -> String {
        let option = match self.profile {
            Some(_) => "--profile",
            None => "--backtrace",
        };
        format!("{} runs without {option}: {why}", module.name)
    }
}

/// What is read once a run is over, and what it is read from.
struct Reading {
    program: Module,
    path: PathBuf,
    tracked: InstrumentedModule,
    stack: Stack,
    /// `None` where no call stack was asked for.
    precision: Option<Precision>,
    profile: Option<(Samples, ProfilePath)>,
}

impl Reading {
    fn read(self, found: &Found<StackFound, io::Result<ProfileMade>>) {
        let is_overflown = self.stack.has_overflown_memory();
        let needs_module = self.precision.is_some() || is_overflown;
        // Results are sent to a thread that may have given up waiting, which is no failure.
        if !needs_module {
            let _ = found.stack.send(StackFound::default());
        }
        // Names and lines are not read before they are needed.
        let whole = module::whole(&self.program, &self.path);
        let module = whole.as_ref().unwrap_or(&self.program);
        if needs_module {
            let _ = found.stack.send(StackFound {
                backtrace: self.precision.map(|precision| {
                    backtrace(&self.tracked.sites, module, &self.stack, precision)
                }),
                is_own_stack_full: is_overflown && module.has_stack_pointer(),
            });
        }
        if let Some((samples, to)) = self.profile {
            let profile = samples.profile(&self.tracked.sites, module);
            let encoded = report::encode_profile(&profile, &module.name, to.format);
            let made = encoded.map(|content| ProfileMade {
                content,
                collector_percent: profile.collector_percent(),
            });
            let _ = found.profile.send(made);
        }
    }
}

fn backtrace(sites: &SiteTable, module: &Module, stack: &Stack, precision: Precision) -> Backtrace {
    let mut told = insight::backtrace(
        sites,
        module,
        &stack.slots,
        stack.export.as_deref(),
        precision,
    );
    if let Ok(folder) = std::env::current_dir() {
        told.shorten_paths(&folder);
    }
    told
}

/// How well the shadow stack tells where a run ended; `None` for ends that nobody asks about.
fn precision(outcome: &Outcome) -> Option<Precision> {
    match outcome {
        Outcome::Trapped(trap) => Some(match trap.kind {
            // What these end in is recorded before it is done.
            TrapKind::Unreachable
            | TrapKind::StackOverflow
            | TrapKind::NullCall
            | TrapKind::TypeMismatch => Precision::Exact,
            TrapKind::MemoryOutOfBounds
            | TrapKind::MemoryStackOverflow
            | TrapKind::TableOutOfBounds
            | TrapKind::DivisionByZero
            | TrapKind::IntegerOverflow
            | TrapKind::BadConversion
            | TrapKind::TooManyGrowths
            | TrapKind::Other(_) => Precision::Before,
        }),
        Outcome::OutOfFuel | Outcome::TimedOut => Some(Precision::Before),
        Outcome::Returned
        | Outcome::Exited(_)
        | Outcome::Interrupted(_)
        | Outcome::BrokenPipe
        | Outcome::Failed(_) => None,
    }
}
