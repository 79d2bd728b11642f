//! The calls about the guest's own process.

use super::{Call, Errno, WasiResult};

/// Ends the guest's run.
pub(super) fn proc_exit(rval: i32) -> Result<(), wasmi::Error> {
    Err(wasmi::Error::i32_exit(rval))
}

/// Fails, because a guest has no signals.
pub(super) fn proc_raise(_: Call<'_>, _sig: u32) -> WasiResult {
    Err(Errno::NOTSUP.into())
}

pub(super) fn sched_yield(_: Call<'_>) -> WasiResult {
    std::thread::yield_now();
    Ok(())
}
