//! Whether the run's time is over. A call that waits for the world looks here when it is interrupted, so
//! that the guest's own thread ends the run and can still tell where it was. There is one run in a
//! process, and the one flag is its.

use std::sync::atomic::{AtomicBool, Ordering};

static OVER: AtomicBool = AtomicBool::new(false);

/// Says that it is. Whoever waits has to be interrupted to hear it.
pub fn declare() {
    OVER.store(true, Ordering::Release);
}

/// Whether it is.
pub fn is_over() -> bool {
    OVER.load(Ordering::Acquire)
}
