//! `--timeout`: a thread that sleeps until the deadline and then ends the process, whatever the
//! guest's thread is doing. The two share the one number of `ending`, at which the guest's thread does
//! not look while the guest runs, so that a run which ends in time pays for the thread's start only.

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
