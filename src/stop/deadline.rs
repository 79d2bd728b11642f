//! `--timeout`: a thread that sleeps until the deadline. The guest's thread does not check the time, so a run that ends
//! before the deadline pays only for starting the thread.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// Calls `stop` on its own thread, `timeout` after `started`.
///
/// # Errors
///
/// If the thread cannot be started.
pub(super) fn set(
    started: Instant,
    timeout: Duration,
    stop: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    // A deadline beyond the clock's range is never reached.
    let Some(deadline) = started.checked_add(timeout) else {
        return Ok(());
    };
    let sleep_and_stop = move || {
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
        stop();
    };
    thread::Builder::new()
        .name("deadline".to_owned())
        .spawn(sleep_and_stop)
        .map(drop)
}
