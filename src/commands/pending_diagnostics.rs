//! The call stack and the profile of a run that has ended. Making them reads the module's debug information, which may
//! take long, so it is done on a thread of its own: the outcome is reported before, and the thread is abandoned at a
//! limit.

use crate::stop::ExitClaim;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long the outcome waits for its call stack.
const OUTCOME_TIMEOUT: Duration = Duration::from_secs(1);

/// How long both may take in total.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// How often a wait checks whether it should end early.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The stack of the thread: as large as the main thread's.
const STACK_BYTES: usize = 8 << 20;

/// A call stack and a profile that are being made.
pub(super) struct PendingDiagnostics<S, P> {
    started: Instant,
    stack: Receiver<S>,
    profile: Receiver<P>,
}

/// Where the thread sends what it has made.
pub(super) struct DiagnosticsSender<S, P> {
    pub(super) stack: SyncSender<S>,
    pub(super) profile: SyncSender<P>,
}

impl<S: Send + 'static, P: Send + 'static> PendingDiagnostics<S, P> {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(super) fn start(
        make: impl FnOnce(DiagnosticsSender<S, P>) + Send + 'static,
    ) -> io::Result<Self> {
        // The channels have room for all that is sent, so the thread never blocks.
        let (stack_sender, stack) = sync_channel(1);
        let (profile_sender, profile) = sync_channel(1);
        let sender = DiagnosticsSender {
            stack: stack_sender,
            profile: profile_sender,
        };
        thread::Builder::new()
            .name("symbolizer".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || make(sender))?;
        Ok(Self {
            started: Instant::now(),
            stack,
            profile,
        })
    }

    /// The call stack, if it is ready soon enough to be printed with the outcome.
    pub(super) fn stack_with_outcome(&self, claim: &ExitClaim) -> Option<S> {
        receive(&self.stack, self.started + OUTCOME_TIMEOUT, claim)
    }

    /// The call stack, if it is ready before the limit.
    pub(super) fn late_stack(&self, claim: &ExitClaim) -> Option<S> {
        receive(&self.stack, self.started + TIMEOUT, claim)
    }

    /// The profile, if it is ready before the limit.
    pub(super) fn profile(&self, claim: &ExitClaim) -> Option<P> {
        receive(&self.profile, self.started + TIMEOUT, claim)
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
    use super::{DiagnosticsSender, OUTCOME_TIMEOUT, PendingDiagnostics, TIMEOUT};
    use crate::stop::ExitClaim;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Instant;

    /// Sends a stack after the first message to `allowed`, and never a profile.
    fn pending(allowed: Receiver<()>) -> PendingDiagnostics<&'static str, ()> {
        let make = move |sender: DiagnosticsSender<&'static str, ()>| {
            let _ = allowed.recv();
            let _ = sender.stack.send("stack");
            let _ = allowed.recv();
        };
        PendingDiagnostics::start(make).expect("the thread starts")
    }

    #[test]
    fn the_outcome_waits_a_little_for_its_stack() {
        let (allow, allowed) = channel();
        let (pending, claim) = (pending(allowed), ExitClaim::default());
        assert_eq!(pending.stack_with_outcome(&claim), None);
        assert!(pending.started.elapsed() >= OUTCOME_TIMEOUT);
        allow.send(()).expect("the thread receives");
        assert_eq!(pending.late_stack(&claim), Some("stack"));
    }

    #[test]
    fn a_signal_ends_the_wait() {
        let (_allow, allowed) = channel();
        let (pending, claim) = (pending(allowed), ExitClaim::default());
        claim.hurry();
        let asked = Instant::now();
        assert_eq!(pending.stack_with_outcome(&claim), None);
        assert_eq!(pending.late_stack(&claim), None);
        assert_eq!(pending.profile(&claim), None);
        assert!(asked.elapsed() < TIMEOUT);
    }

    #[test]
    fn the_limit_ends_the_wait() {
        let (_allow, allowed) = channel();
        let mut pending = pending(allowed);
        pending.started -= TIMEOUT;
        assert_eq!(pending.profile(&ExitClaim::default()), None);
    }
}
