//! The thread that computes the call stack, the profile and the coverage of a run that has ended. Reading the module's debug
//! information may take long, so the outcome is reported meanwhile, and the thread is abandoned after a timeout.

use super::symbolizer::{EncodedProfile, StackReport};
use crate::insight::Coverage;
use crate::stop::ExitClaim;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long the outcome waits for its call stack.
const OUTCOME_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the call stack, the profile and the coverage may take in total.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// How often a wait checks whether it should end early.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The stack size of the thread: as large as the main thread's by default.
const STACK_BYTES: usize = 8 << 20;

/// A thread that computes a call stack, a profile and coverage.
pub(super) struct SymbolizerThread {
    started: Instant,
    stack: Receiver<StackReport>,
    profile: Receiver<io::Result<EncodedProfile>>,
    coverage: Receiver<Option<Coverage>>,
}

/// The channels on which the thread sends its results.
pub(super) struct SymbolizerSender {
    pub(super) stack: Sender<StackReport>,
    pub(super) profile: Sender<io::Result<EncodedProfile>>,
    pub(super) coverage: Sender<Option<Coverage>>,
}

impl SymbolizerThread {
    /// Starts a thread that runs `symbolize`.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(super) fn start(
        symbolize: impl FnOnce(SymbolizerSender) + Send + 'static,
    ) -> io::Result<Self> {
        let (stack_sender, stack) = channel();
        let (profile_sender, profile) = channel();
        let (coverage_sender, coverage) = channel();
        let sender = SymbolizerSender {
            stack: stack_sender,
            profile: profile_sender,
            coverage: coverage_sender,
        };
        thread::Builder::new()
            .name("symbolizer".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || symbolize(sender))?;
        Ok(Self {
            started: Instant::now(),
            stack,
            profile,
            coverage,
        })
    }

    /// The call stack, if it is ready within [`OUTCOME_TIMEOUT`].
    pub(super) fn stack_with_outcome(&self, claim: &ExitClaim) -> Option<StackReport> {
        receive(&self.stack, self.started + OUTCOME_TIMEOUT, claim)
    }

    /// The call stack, if it is ready within [`TIMEOUT`].
    pub(super) fn late_stack(&self, claim: &ExitClaim) -> Option<StackReport> {
        receive(&self.stack, self.started + TIMEOUT, claim)
    }

    /// The profile, if it is ready within [`TIMEOUT`].
    pub(super) fn profile(&self, claim: &ExitClaim) -> Option<io::Result<EncodedProfile>> {
        receive(&self.profile, self.started + TIMEOUT, claim)
    }

    /// The coverage, if lines were counted and it is ready within [`TIMEOUT`].
    pub(super) fn coverage(&self, claim: &ExitClaim) -> Option<Option<Coverage>> {
        receive(&self.coverage, self.started + TIMEOUT, claim)
    }
}

fn receive<T>(receiver: &Receiver<T>, deadline: Instant, claim: &ExitClaim) -> Option<T> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left.min(POLL_INTERVAL)) {
            Ok(value) => return Some(value),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if left.is_zero() || claim.is_hurried() => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::{OUTCOME_TIMEOUT, StackReport, SymbolizerSender, SymbolizerThread, TIMEOUT};
    use crate::stop::ExitClaim;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    /// Sends a stack after the first message to `allowed`, and never a profile.
    fn start_thread(allowed: Receiver<()>) -> SymbolizerThread {
        let symbolize = move |sender: SymbolizerSender| {
            let _ = allowed.recv();
            let _ = sender.stack.send(StackReport::default());
            let _ = allowed.recv();
        };
        SymbolizerThread::start(symbolize).expect("the thread starts")
    }

    #[test]
    fn the_outcome_waits_briefly_for_its_stack() {
        let (allow, allowed) = channel();
        let (mut thread, claim) = (start_thread(allowed), ExitClaim::default());
        thread.started -= OUTCOME_TIMEOUT;
        assert!(thread.stack_with_outcome(&claim).is_none());
        allow.send(()).expect("the thread receives");
        assert!(thread.late_stack(&claim).is_some());
    }

    #[test]
    fn a_signal_ends_the_wait() {
        let (_allow, allowed) = channel();
        let (mut thread, claim) = (start_thread(allowed), ExitClaim::default());
        // Without the signal, the waits would take an hour.
        thread.started += Duration::from_secs(3600);
        claim.hurry();
        assert!(thread.stack_with_outcome(&claim).is_none());
        assert!(thread.late_stack(&claim).is_none());
        assert!(thread.profile(&claim).is_none());
    }

    #[test]
    fn the_timeout_ends_the_wait() {
        let (_allow, allowed) = channel();
        let mut thread = start_thread(allowed);
        thread.started -= TIMEOUT;
        assert!(thread.profile(&ExitClaim::default()).is_none());
    }
}
