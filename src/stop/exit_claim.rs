//! The right to end the process. One thread claims it, and the others wait for that thread. The claim consists of
//! atomic variables rather than a lock, since the thread that holds it may never release it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The right to end the process, and the progress of its owner.
#[derive(Clone, Debug)]
pub struct ExitClaim(Arc<State>);

#[derive(Debug)]
struct State {
    /// The exit status of a finished run, or one of the two constants below.
    owner: AtomicI32,
    /// Whether the outcome of a finished run was printed and reported.
    is_reported: AtomicBool,
    /// Whether the run's thread must skip the work that remains after reporting the outcome.
    is_hurried: AtomicBool,
}

/// The owner while no thread has claimed the exit.
const UNCLAIMED: i32 = -1;

/// The owner after a thread other than the run's has claimed the exit.
const STOPPED: i32 = -2;

/// The thread that has claimed the exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimedBy {
    /// The run's thread, which will exit with this status.
    Run {
        /// The exit status.
        status: i32,
    },
    /// A thread that stops the run.
    Stop,
}

/// How often a waiting thread checks.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

impl Default for ExitClaim {
    fn default() -> Self {
        Self(Arc::new(State {
            owner: AtomicI32::new(UNCLAIMED),
            is_reported: AtomicBool::new(false),
            is_hurried: AtomicBool::new(false),
        }))
    }
}

impl ExitClaim {
    /// Claims the exit for a thread other than the run's.
    ///
    /// # Errors
    ///
    /// The thread that claimed it before.
    pub fn claim(&self) -> Result<(), ClaimedBy> {
        self.set_owner(STOPPED).map_err(|owner| match owner {
            STOPPED => ClaimedBy::Stop,
            status => ClaimedBy::Run { status },
        })
    }

    /// Claims the exit for a finished run, with its exit status. If another thread has claimed it, that thread ends the
    /// process and this never returns.
    pub fn claim_for_run(&self, status: i32) {
        if self.set_owner(status).is_err() {
            loop {
                thread::park();
            }
        }
    }

    /// Returns true until a thread has claimed the exit.
    pub fn is_open(&self) -> bool {
        self.0.owner.load(Ordering::Acquire) == UNCLAIMED
    }

    /// Records that the outcome of a finished run was printed and reported.
    pub fn set_reported(&self) {
        self.0.is_reported.store(true, Ordering::Release);
    }

    /// Waits until the outcome was printed and reported. Returns false after the timeout.
    pub fn wait_until_reported(&self, timeout: Duration) -> bool {
        let started = Instant::now();
        while !self.0.is_reported.load(Ordering::Acquire) {
            if started.elapsed() > timeout {
                return false;
            }
            thread::sleep(POLL_INTERVAL);
        }
        true
    }

    /// Asks the run's thread to skip the work that remains after reporting the outcome.
    pub fn hurry(&self) {
        self.0.is_hurried.store(true, Ordering::Release);
    }

    /// Returns true after a call of [`hurry`](Self::hurry).
    pub fn is_hurried(&self) -> bool {
        self.0.is_hurried.load(Ordering::Acquire)
    }

    fn set_owner(&self, owner: i32) -> Result<(), i32> {
        let state = &self.0.owner;
        state
            .compare_exchange(UNCLAIMED, owner, Ordering::AcqRel, Ordering::Acquire)
            .map(drop)
    }
}
