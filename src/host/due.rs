//! Whether the run has to end, and why. A call that waits for the world looks here when it is interrupted,
//! so that the guest's own thread ends the run and can still tell where it was. There is one run in a
//! process, and what stands here is its.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// Why a run has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its time is up.
    Time,
    /// A signal with this number came, which is above zero.
    Signal(i32),
}

static WHY: AtomicI32 = AtomicI32::new(NOT_YET);

const NOT_YET: i32 = 0;
const TIME: i32 = -1;

/// Whether the guest's thread looks here at all.
static HEARD: AtomicBool = AtomicBool::new(false);

/// Says that the guest's thread looks here from now on.
pub fn listen() {
    HEARD.store(true, Ordering::Release);
}

/// Whether it does.
pub fn is_heard() -> bool {
    HEARD.load(Ordering::Acquire)
}

/// Says that it has to. Whoever waits has to be interrupted to hear it.
pub fn declare(why: Why) {
    let why = match why {
        Why::Time => TIME,
        Why::Signal(number) => number,
    };
    WHY.store(why, Ordering::Release);
}

/// Why it has to, if it has.
pub fn why() -> Option<Why> {
    match WHY.load(Ordering::Acquire) {
        NOT_YET => None,
        TIME => Some(Why::Time),
        number => Some(Why::Signal(number)),
    }
}

/// Whether it has to.
pub fn is_over() -> bool {
    why().is_some()
}
