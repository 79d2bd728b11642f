//! `--timeout`: a thread that sleeps until the deadline and then ends the process, whatever the
//! guest's thread is doing. The two share one flag and no lock, and the guest's thread does not look
//! at it while the guest runs, so that a run which ends in time pays for the thread's start only.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A deadline that was set.
pub struct Deadline {
    /// Set by whichever comes first, the end of the run or the deadline.
    over: Arc<AtomicBool>,
}

impl Deadline {
    /// Sets a deadline `limit` after `started`. When it comes before the run is over, `end` is
    /// called on a thread of its own, and must end the process.
    ///
    /// # Errors
    ///
    /// Where the machine has no thread to spare.
    pub fn set(
        started: Instant,
        limit: Duration,
        end: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let deadline = Self { over: over.clone() };
        // A deadline beyond the clock's range never comes.
        if let Some(until) = started.checked_add(limit) {
            let watch = move || {
                sleep_until(until);
                if !over.swap(true, Ordering::AcqRel) {
                    end();
                }
            };
            thread::Builder::new()
                .name("deadline".to_owned())
                .spawn(watch)?;
        }
        Ok(deadline)
    }

    /// Says that the run is over. If the deadline has struck by now, the process is about to end,
    /// and this never returns.
    pub fn lift(&self) {
        if self.over.swap(true, Ordering::AcqRel) {
            loop {
                thread::park();
            }
        }
    }
}

fn sleep_until(until: Instant) {
    loop {
        match until.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => thread::sleep(left),
            _ => return,
        }
    }
}
