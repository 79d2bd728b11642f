//! `--timeout`: a thread that sleeps until the deadline and then ends the process, whatever the
//! guest's thread is doing. The two share the one number of `ending`, at which the guest's thread does
//! not look while the guest runs, so that a run which ends in time pays for the thread's start only.

use super::ending::Ending;
use crate::host::due::{self, Why};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// Sets a deadline `limit` after `started`. When it comes, `end` is called on a thread of its own.
///
/// # Errors
///
/// Where the machine has no thread to spare.
pub fn set(
    started: Instant,
    limit: Duration,
    end: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    // A deadline beyond the clock's range never comes.
    let Some(until) = started.checked_add(limit) else {
        return Ok(());
    };
    let watch = move || {
        sleep_until(until);
        end();
    };
    thread::Builder::new()
        .name("deadline".to_owned())
        .spawn(watch)
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

/// The guest's thread, which can be got out of whatever call it waits in.
#[derive(Clone, Copy)]
pub struct GuestThread(libc::pthread_t);

/// The signal by which it is. Where nobody has a use for it, it does nothing.
const NUDGE: libc::c_int = libc::SIGURG;

/// How long the guest's thread may take to end the run by itself, and how often it is nudged meanwhile:
/// a signal that comes just before a call is lost on it.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(5);

impl GuestThread {
    /// The thread that calls this.
    pub fn current() -> Self {
        // SAFETY: a handler that is all zero but for its function has no flags and an empty mask; without
        // SA_RESTART, calls that wait are interrupted. The function does nothing at all.
        let thread = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_nudge as *const () as usize;
            libc::sigaction(NUDGE, &action, std::ptr::null_mut());
            libc::pthread_self()
        };
        Self(thread)
    }

    /// Says that the run has to end, and waits for the thread to notice: it can tell where the guest was.
    /// One that does not notice, or does not run in slices yet, has to be ended without.
    pub fn ask_to_end(self, why: Why, ending: &Ending) {
        due::declare(why);
        if !due::is_heard() {
            return;
        }
        let asked = Instant::now();
        while ending.is_open() && asked.elapsed() < PATIENCE {
            // SAFETY: the guest's thread is the main one, which ends with the process only.
            unsafe { libc::pthread_kill(self.0, NUDGE) };
            thread::sleep(PAUSE);
        }
    }
}

extern "C" fn on_nudge(_: libc::c_int) {}
