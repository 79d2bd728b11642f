//! What takes long once a run is over: names and lines for its call stack and its profile, which are read
//! from the module's debug information. That is done on a thread of its own, so that the outcome can be
//! reported before it is finished, and given up at a limit.

use crate::stop::ExitClaim;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long the outcome waits for the call stack that is printed with it.
const OUTCOME_LIMIT: Duration = Duration::from_secs(1);

/// How long reading the debug information may take in all.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// How often a wait checks whether it should end early.
const PAUSE: Duration = Duration::from_millis(10);

/// As much stack as the main thread has.
const STACK_BYTES: usize = 8 << 20;

/// A call stack and a profile that are being read.
pub(super) struct Symbols<S, P> {
    started: Instant,
    stack: Receiver<S>,
    profile: Receiver<P>,
}

/// Where the thread that reads puts what it has found.
pub(super) struct Found<S, P> {
    pub(super) stack: SyncSender<S>,
    pub(super) profile: SyncSender<P>,
}

impl<S: Send + 'static, P: Send + 'static> Symbols<S, P> {
    /// Starts reading.
    ///
    /// # Errors
    ///
    /// Where the machine has no thread to spare.
    pub(super) fn read(read: impl FnOnce(Found<S, P>) + Send + 'static) -> io::Result<Self> {
        // The thread never waits for what it has found to be taken.
        let (stack_found, stack) = sync_channel(1);
        let (profile_found, profile) = sync_channel(1);
        let found = Found {
            stack: stack_found,
            profile: profile_found,
        };
        thread::Builder::new()
            .name("symbols".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || read(found))?;
        Ok(Self {
            started: Instant::now(),
            stack,
            profile,
        })
    }

    /// The call stack, if it is found soon enough to be printed with the outcome.
    pub(super) fn stack_in_time(&self, claim: &ExitClaim) -> Option<S> {
        receive(&self.stack, self.started + OUTCOME_LIMIT, claim)
    }

    /// The call stack, if it is found before the limit.
    pub(super) fn late_stack(&self, claim: &ExitClaim) -> Option<S> {
        receive(&self.stack, self.started + LIMIT, claim)
    }

    /// The profile, if it is made before the limit.
    pub(super) fn profile(&self, claim: &ExitClaim) -> Option<P> {
        receive(&self.profile, self.started + LIMIT, claim)
    }
}

fn receive<T>(from: &Receiver<T>, until: Instant, claim: &ExitClaim) -> Option<T> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match from.recv_timeout(left.min(PAUSE)) {
            Ok(found) => return Some(found),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if left.is_zero() || claim.is_hurried() => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::{Found, LIMIT, OUTCOME_LIMIT, Symbols};
    use crate::stop::ExitClaim;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Instant;

    /// Finds a stack when it is allowed to, and never a profile.
    fn reading(allowed: Receiver<()>) -> Symbols<&'static str, ()> {
        let read = move |found: Found<&'static str, ()>| {
            let _ = allowed.recv();
            let _ = found.stack.send("stack");
            let _ = allowed.recv();
        };
        Symbols::read(read).expect("there is a thread")
    }

    #[test]
    fn the_outcome_waits_a_little_for_its_stack() {
        let (allow, allowed) = channel();
        let (symbols, claim) = (reading(allowed), ExitClaim::default());
        assert_eq!(symbols.stack_in_time(&claim), None);
        assert!(symbols.started.elapsed() >= OUTCOME_LIMIT);
        allow.send(()).expect("it is read");
        assert_eq!(symbols.late_stack(&claim), Some("stack"));
    }

    #[test]
    fn reading_is_given_up_at_a_signal() {
        let (_allow, allowed) = channel();
        let (symbols, claim) = (reading(allowed), ExitClaim::default());
        claim.hurry();
        let asked = Instant::now();
        assert_eq!(symbols.stack_in_time(&claim), None);
        assert_eq!(symbols.late_stack(&claim), None);
        assert_eq!(symbols.profile(&claim), None);
        assert!(asked.elapsed() < LIMIT);
    }

    #[test]
    fn reading_is_given_up_at_its_limit() {
        let (_allow, allowed) = channel();
        let mut symbols = reading(allowed);
        symbols.started -= LIMIT;
        assert_eq!(symbols.profile(&ExitClaim::default()), None);
    }
}
