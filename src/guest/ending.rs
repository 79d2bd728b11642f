//! Who ends the process. The guest's thread, the deadline's and the one that waits for signals may all
//! want to; the first one does, and the others let it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

/// The right to end the process, to be had once.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The exit status of a run that is over, or one of the two marks below.
    state: Arc<AtomicI32>,
}

/// What somebody finds who comes too late.
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

/// Somebody else ends it.
const ENDED: i32 = -2;

impl Default for Ending {
    fn default() -> Self {
        Self {
            state: Arc::new(AtomicI32::new(RUNNING)),
        }
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

    /// Whether nobody has claimed it yet.
    pub fn is_open(&self) -> bool {
        self.state.load(Ordering::Acquire) == RUNNING
    }

    fn change(&self, to: i32) -> Result<(), i32> {
        let changed = self
            .state
            .compare_exchange(RUNNING, to, Ordering::AcqRel, Ordering::Acquire);
        changed.map(drop)
    }
}
