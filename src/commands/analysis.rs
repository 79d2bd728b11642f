//! The analysis of what an instrumented run recorded. Reading the debug information may take seconds, so it is
//! done on a thread of its own: the outcome is reported before it is finished, and it is given up at a limit.

use crate::guest::Stack;
use crate::guest::ending::Ending;
use crate::insight::{self, Backtrace, Samples, TopSlot};
use crate::instrument::SiteTable;
use crate::module::{self, Module};
use crate::report::{self, ProfileFormat};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long the outcome waits for the backtrace that is printed with it.
const OUTCOME_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the analysis may take.
pub(super) const ANALYSIS_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a wait checks whether it should end early.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The stack size of the thread, the same as the main thread's.
const STACK_BYTES: usize = 8 << 20;

/// What a run recorded.
pub(super) struct Recording {
    pub(super) program: Module,
    pub(super) path: PathBuf,
    pub(super) sites: SiteTable,
    pub(super) stack: Stack,
    /// `None` if no backtrace was asked for.
    pub(super) top_slot: Option<TopSlot>,
    pub(super) profile: Option<(Samples, ProfileFormat)>,
}

/// What the stack shows of where a run failed.
#[derive(Default)]
pub(super) struct StackAnalysis {
    /// The backtrace, if one was asked for.
    pub(super) backtrace: Option<Backtrace>,
    /// True if the program's own stack in linear memory overflowed.
    pub(super) is_own_stack_full: bool,
}

/// A profile that was encoded.
pub(super) struct EncodedProfile {
    pub(super) content: Vec<u8>,
    /// The share of the work that TinyGo's garbage collector did, in percent.
    pub(super) collector_percent: u64,
}

/// An analysis that was started.
pub(super) struct Analysis {
    started: Instant,
    stack: Receiver<StackAnalysis>,
    profile: Receiver<io::Result<EncodedProfile>>,
}

/// Where the thread sends its results. A result that is no longer waited for is dropped.
struct Senders {
    stack: SyncSender<StackAnalysis>,
    profile: SyncSender<io::Result<EncodedProfile>>,
}

impl Analysis {
    /// Starts the analysis of a recording.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub(super) fn start(recording: Recording) -> io::Result<Self> {
        Self::spawn(|senders| recording.analyze(&senders))
    }

    fn spawn(analyze: impl FnOnce(Senders) + Send + 'static) -> io::Result<Self> {
        // Sending the one result of each kind does not block.
        let (stack_sender, stack) = sync_channel(1);
        let (profile_sender, profile) = sync_channel(1);
        let senders = Senders {
            stack: stack_sender,
            profile: profile_sender,
        };
        thread::Builder::new()
            .name("analysis".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || analyze(senders))?;
        Ok(Self {
            started: Instant::now(),
            stack,
            profile,
        })
    }

    /// The stack, if it is ready in time to be printed with the outcome.
    pub(super) fn stack_in_time(&self, ending: &Ending) -> Option<StackAnalysis> {
        receive(&self.stack, self.started + OUTCOME_TIMEOUT, ending)
    }

    /// The stack, if it is ready before the analysis times out.
    pub(super) fn late_stack(&self, ending: &Ending) -> Option<StackAnalysis> {
        receive(&self.stack, self.started + ANALYSIS_TIMEOUT, ending)
    }

    /// The profile, if it is ready before the analysis times out.
    pub(super) fn profile(&self, ending: &Ending) -> Option<io::Result<EncodedProfile>> {
        receive(&self.profile, self.started + ANALYSIS_TIMEOUT, ending)
    }
}

fn receive<T>(from: &Receiver<T>, deadline: Instant, ending: &Ending) -> Option<T> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match from.recv_timeout(left.min(POLL_INTERVAL)) {
            Ok(result) => return Some(result),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if left.is_zero() || ending.is_hurried() => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

impl Recording {
    fn analyze(self, senders: &Senders) {
        let has_overflown = self.stack.has_overflown_memory();
        if self.top_slot.is_none() && !has_overflown {
            let _ = senders.stack.send(StackAnalysis::default());
        }
        // A plain run does not load names and debug information.
        let whole = module::whole(&self.program, &self.path);
        let module = whole.as_ref().unwrap_or(&self.program);
        if self.top_slot.is_some() || has_overflown {
            let _ = senders.stack.send(StackAnalysis {
                backtrace: self
                    .top_slot
                    .map(|top_slot| self.backtrace(module, top_slot)),
                is_own_stack_full: has_overflown && module.has_stack_pointer(),
            });
        }
        if let Some((samples, format)) = self.profile {
            let profile = samples.profile(&self.sites, module);
            let encoded = report::encode_profile(&profile, &module.name, format);
            let _ = senders.profile.send(encoded.map(|content| EncodedProfile {
                content,
                collector_percent: profile.collector_percent(),
            }));
        }
    }

    fn backtrace(&self, module: &Module, top_slot: TopSlot) -> Backtrace {
        let (slots, export) = (&self.stack.slots, self.stack.export.as_deref());
        let mut backtrace = insight::backtrace(&self.sites, module, slots, export, top_slot);
        if let Ok(directory) = std::env::current_dir() {
            backtrace.shorten_paths(&directory);
        }
        backtrace
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::{ANALYSIS_TIMEOUT, Analysis, OUTCOME_TIMEOUT, Senders, StackAnalysis};
    use crate::guest::ending::Ending;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Instant;

    /// Sends a stack when it is allowed to, and never a profile.
    fn analysis(allowed: Receiver<()>) -> Analysis {
        let analyze = move |senders: Senders| {
            let _ = allowed.recv();
            let _ = senders.stack.send(StackAnalysis::default());
            let _ = allowed.recv();
        };
        Analysis::spawn(analyze).expect("a thread")
    }

    #[test]
    fn the_outcome_waits_for_its_stack_for_a_limited_time() {
        let (allow, allowed) = channel();
        let (analysis, ending) = (analysis(allowed), Ending::default());
        assert!(analysis.stack_in_time(&ending).is_none());
        assert!(analysis.started.elapsed() >= OUTCOME_TIMEOUT);
        allow.send(()).expect("the thread waits");
        assert!(analysis.late_stack(&ending).is_some());
    }

    #[test]
    fn a_signal_ends_the_wait() {
        let (_allow, allowed) = channel();
        let (analysis, ending) = (analysis(allowed), Ending::default());
        ending.hurry();
        let asked = Instant::now();
        assert!(analysis.stack_in_time(&ending).is_none());
        assert!(analysis.late_stack(&ending).is_none());
        assert!(analysis.profile(&ending).is_none());
        assert!(asked.elapsed() < ANALYSIS_TIMEOUT);
    }

    #[test]
    fn the_wait_ends_at_its_limit() {
        let (_allow, allowed) = channel();
        let mut analysis = analysis(allowed);
        analysis.started -= ANALYSIS_TIMEOUT;
        assert!(analysis.profile(&Ending::default()).is_none());
    }
}
