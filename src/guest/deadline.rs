//! `--timeout`: a thread that sleeps until the deadline and then ends the process, whatever the
//! guest's thread is doing. The two share one number and no lock, and the guest's thread does not look
//! at it while the guest runs, so that a run which ends in time pays for the thread's start only.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A deadline that was set.
pub struct Deadline {
    /// The exit status that was settled on, or one of the two marks below.
    state: Arc<AtomicI32>,
}

/// What a deadline comes upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Struck {
    /// The guest still runs.
    Running,
    /// The run is over and its exit status settled, but the process still is not: what there is to say
    /// has nobody who reads it.
    Over {
        /// The status.
        status: i32,
    },
}

/// The run is not over.
const RUNNING: i32 = -1;

/// The deadline came first.
const STRUCK: i32 = -2;

impl Deadline {
    /// Sets a deadline `limit` after `started`. When it comes, `end` is called on a thread of its own,
    /// and must end the process.
    ///
    /// # Errors
    ///
    /// Where the machine has no thread to spare.
    pub fn set(
        started: Instant,
        limit: Duration,
        end: impl FnOnce(Struck) + Send + 'static,
    ) -> io::Result<Self> {
        let state = Arc::new(AtomicI32::new(RUNNING));
        let deadline = Self {
            state: state.clone(),
        };
        // A deadline beyond the clock's range never comes.
        if let Some(until) = started.checked_add(limit) {
            let watch = move || {
                sleep_until(until);
                end(match change(&state, STRUCK) {
                    Ok(()) => Struck::Running,
                    Err(status) => Struck::Over { status },
                });
            };
            thread::Builder::new()
                .name("deadline".to_owned())
                .spawn(watch)?;
        }
        Ok(deadline)
    }

    /// Says that the run is over, in time, and with which exit status. If the deadline has struck by
    /// now, the process is about to end, and this never returns.
    pub fn settle(&self, status: i32) {
        if change(&self.state, status).is_err() {
            loop {
                thread::park();
            }
        }
    }
}

/// Changes the state of a run that is not over; else tells what it was.
fn change(state: &AtomicI32, to: i32) -> Result<(), i32> {
    let order = Ordering::AcqRel;
    state
        .compare_exchange(RUNNING, to, order, Ordering::Acquire)
        .map(drop)
}

fn sleep_until(until: Instant) {
    loop {
        match until.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => thread::sleep(left),
            _ => return,
        }
    }
}
