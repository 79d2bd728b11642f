//! What the guest asks of its own process.

use super::{Answer, Errno, Memory, Wasi};

/// Exits the guest.
pub(super) fn proc_exit(code: i32) -> Result<(), wasmi::Error> {
    Err(wasmi::Error::i32_exit(code))
}

/// A guest has no signals.
pub(super) fn proc_raise(_: &mut Wasi, _: &mut Memory<'_>, _signal: u32) -> Answer {
    Err(Errno::NOTSUP.into())
}

pub(super) fn sched_yield(_: &mut Wasi, _: &mut Memory<'_>) -> Answer {
    std::thread::yield_now();
    Ok(())
}
