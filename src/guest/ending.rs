//! Who ends the process. The guest's thread, the deadline's and the one that waits for signals may all
//! want to; the first one does, and the others wait until it has. None of them takes a lock for that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The right to end the process, which one thread gets, and how far that thread has come.
#[derive(Clone, Debug)]
pub struct Ending(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The exit status of a run that is over, or one of the two marks below.
    state: AtomicI32,
    /// Whether the outcome of a run that is over was printed and reported.
    is_reported: AtomicBool,
    /// Whether the run's thread should wait no longer for what takes long.
    is_hurried: AtomicBool,
}

/// Why a thread cannot end the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The run is over, and its thread is about to end the process with this status.
    ByRun {
        /// The status.
        status: i32,
    },
    /// The deadline or a signal is about to end the process.
    FromOutside,
}

/// The run is not over.
const RUNNING: i32 = -1;

/// A thread other than the run's ends it.
const ENDED: i32 = -2;

/// How often a thread that waits looks.
const PAUSE: Duration = Duration::from_millis(5);

impl Default for Ending {
    fn default() -> Self {
        Self(Arc::new(Shared {
            state: AtomicI32::new(RUNNING),
            is_reported: AtomicBool::new(false),
            is_hurried: AtomicBool::new(false),
        }))
    }
}

impl Ending {
    /// Claims the end from outside the guest's thread.
    ///
    /// # Errors
    ///
    /// Who has claimed it before.
    pub fn claim(&self) -> Result<(), Taken> {
        self.change(ENDED).map_err(|state| match state {
            ENDED => Taken::FromOutside,
            status => Taken::ByRun { status },
        })
    }

    /// Claims the end for a run that is over, with its exit status. If it was claimed before, the
    /// process is about to end, and this never returns.
    pub fn settle(&self, status: i32) {
        if self.change(status).is_err() {
            loop {
                thread::park();
            }
        }
    }

    /// Whether nothing has claimed it yet.
    pub fn is_open(&self) -> bool {
        self.0.state.load(Ordering::Acquire) == RUNNING
    }

    /// Notes that the outcome of a run that is over was printed and reported.
    pub fn set_reported(&self) {
        self.0.is_reported.store(true, Ordering::Release);
    }

    /// Waits until it was, and returns whether that happened within `limit`.
    pub fn wait_until_reported(&self, limit: Duration) -> bool {
        let started = Instant::now();
        while !self.0.is_reported.load(Ordering::Acquire) {
            if started.elapsed() > limit {
                return false;
            }
            thread::sleep(PAUSE);
        }
        true
    }

    /// Asks the run's thread to wait no longer for what takes long.
    pub fn hurry(&self) {
        self.0.is_hurried.store(true, Ordering::Release);
    }

    /// Whether it was asked to.
    pub fn is_hurried(&self) -> bool {
        self.0.is_hurried.load(Ordering::Acquire)
    }

    fn change(&self, to: i32) -> Result<(), i32> {
        let state = &self.0.state;
        state
            .compare_exchange(RUNNING, to, Ordering::AcqRel, Ordering::Acquire)
            .map(drop)
    }
}
