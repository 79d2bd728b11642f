//! Computes the call stack, the profile and the coverage of a run that has ended from what was recorded.

use super::coverage;
use super::symbolizer_thread::SymbolizerSender;
use crate::cli::values::format_path::FormatPath;
use crate::guest::{Outcome, StackSnapshot, TrapKind};
use crate::insight::{self, Allocations, Backtrace, Samples, SourcePackages, TopSlot};
use crate::instrument::{LineCounters, SiteTable};
use crate::module::{self, Module};
use crate::report::{self, ProfileFormat};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// The counters of a run that has ended.
pub(super) struct CounterValues {
    pub(super) values: Vec<u64>,
    pub(super) counters: LineCounters,
    pub(super) packages: SourcePackages,
}

/// The call stack of a failed run.
#[derive(Default)]
pub(super) struct StackReport {
    /// The call stack, if it was requested.
    pub(super) backtrace: Option<Backtrace>,
    /// Whether the program's own stack in linear memory was full.
    pub(super) is_own_stack_full: bool,
}

/// A profile in its file format.
pub(super) struct EncodedProfile {
    pub(super) content: Vec<u8>,
    /// The percentage of the work that TinyGo's garbage collector did.
    pub(super) collector_percent: u64,
}

/// Computes the call stack, the profile and the coverage from the recording.
pub(super) struct Symbolizer {
    pub(super) program: Arc<Module>,
    pub(super) path: PathBuf,
    pub(super) sites: Arc<SiteTable>,
    pub(super) stack: StackSnapshot,
    /// `None` if no call stack is requested.
    pub(super) top_slot: Option<TopSlot>,
    pub(super) profile: Option<(Samples, FormatPath<ProfileFormat>)>,
    pub(super) allocations: Option<Arc<Mutex<Allocations>>>,
    pub(super) counters: Option<CounterValues>,
}

impl Symbolizer {
    /// Returns true if anything was requested.
    pub(super) fn has_work(&self) -> bool {
        self.top_slot.is_some() || self.profile.is_some() || self.counters.is_some()
    }

    /// Sends each result when it is computed. Sending fails only if the receiver has stopped waiting.
    pub(super) fn run(self, sender: &SymbolizerSender) {
        let has_overflowed = self.stack.has_overflowed_memory();
        let needs_module = self.top_slot.is_some() || has_overflowed;
        if !needs_module {
            let _ = sender.stack.send(StackReport::default());
        }
        let coverage = self.counters.as_ref().map(coverage::of_run);
        let _ = sender.coverage.send(coverage);
        if !needs_module && self.profile.is_none() {
            return;
        }
        // The module was loaded without names and debug information, unless the run needed them.
        let whole = module::load_all_parts(&self.program, &self.path);
        let module = whole.as_ref().unwrap_or(&self.program);
        if needs_module {
            let _ = sender.stack.send(StackReport {
                backtrace: self
                    .top_slot
                    .map(|top_slot| self.backtrace(module, top_slot)),
                is_own_stack_full: has_overflowed && module.has_stack_pointer(),
            });
        }
        if let Some((samples, path)) = self.profile {
            let allocations = self.allocations.as_ref();
            let allocations = allocations.and_then(|allocations| allocations.lock().ok());
            let profile = samples.profile(allocations.as_deref(), &self.sites, module);
            let encoded = report::encode_profile(&profile, &module.name, path.format);
            let encoded = encoded.map(|content| EncodedProfile {
                content,
                collector_percent: profile.collector_percent(),
            });
            let _ = sender.profile.send(encoded);
        }
    }

    fn backtrace(&self, module: &Module, top_slot: TopSlot) -> Backtrace {
        let StackSnapshot {
            slots,
            export,
            main_wait,
            ..
        } = &self.stack;
        let of = |slots, top_slot| {
            insight::backtrace(&self.sites, module, slots, export.as_deref(), top_slot)
        };
        let mut backtrace = of(slots, top_slot);
        if !main_wait.is_empty() && backtrace.is_idle() {
            backtrace.main_wait = Some(Box::new(of(main_wait, TopSlot::Exact)));
        }
        if let Ok(directory) = std::env::current_dir() {
            backtrace.shorten_paths(&directory);
        }
        backtrace
    }
}

/// How the top slot relates to the instruction at which the run ended; `None` for outcomes without a call stack.
pub(super) fn top_slot(outcome: &Outcome) -> Option<TopSlot> {
    match outcome {
        Outcome::Trapped(trap) => Some(match trap.kind {
            // The site is recorded immediately before these.
            TrapKind::Unreachable
            | TrapKind::StackOverflow
            | TrapKind::NullCall
            | TrapKind::TypeMismatch
            | TrapKind::Import(_) => TopSlot::Exact,
            TrapKind::MemoryOutOfBounds
            | TrapKind::MemoryStackOverflow
            | TrapKind::TableOutOfBounds
            | TrapKind::DivisionByZero
            | TrapKind::IntegerOverflow
            | TrapKind::BadConversion
            | TrapKind::TooManyGrowths
            | TrapKind::Other(_) => TopSlot::Earlier,
        }),
        Outcome::OutOfFuel | Outcome::TimedOut | Outcome::Interrupted(_) => Some(TopSlot::Earlier),
        Outcome::Returned
        | Outcome::Exited(_)
        | Outcome::ExitedBeforeCall { .. }
        | Outcome::BrokenPipe
        | Outcome::Failed(_) => None,
    }
}
