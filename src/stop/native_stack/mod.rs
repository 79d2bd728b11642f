//! The native stack on which the guest runs. wasmi 2.0.0 dispatches instructions by tail calls, except after
//! [`memory.grow` and `table.grow`][handler]: each execution, whether it succeeds or fails, keeps about 176 bytes of
//! native stack until the call into the guest returns. The stack is therefore large enough for all growths that a program
//! can use, and a program that executes more of them traps. Memory is committed only as it is used.
//!
//! The engine does not ask the limiter for every growth, so [`engine_workarounds`](crate::module::engine_workarounds)
//! rewrites the module such that it executes only those that the limiter counts. Two kinds are left: growths of a memory
//! from a preloaded module, beyond its maximum, if the import declares a larger one, and growths in functions with more
//! than 20,000 locals. A program that executes these endlessly uses up the stack, down to its guard page, and the
//! [fault handler](super::fault_handler) ends the run as a trap.
//!
//! [handler]: https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/wasmi/src/engine/executor/handler/exec.rs

#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
mod main_thread;
#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
mod own_thread;

#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
pub use main_thread::run;
#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
pub(super) use main_thread::{enlarge, top};
#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
pub use own_thread::run;
#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
pub(super) use own_thread::{enlarge, top};

/// The wanted size: enough for a memory that grows to 4 GiB page by page.
const WANTED_BYTES: u64 = 64 << 20;

/// The stack that everything except growths needs, in bytes.
const RESERVED_BYTES: u64 = 512 << 10;

/// An upper bound of the native stack that one growth takes.
const BYTES_PER_GROWTH: u64 = 256;

/// The minimum number of growths to allow: every program grows its memory a few times.
const MIN_GROWTHS: u64 = 64;

/// Enlarges the stack of the guest's thread as far as possible, and returns the number of growths that it has room for.
pub(crate) fn max_growths() -> u64 {
    let size = enlarge().min(WANTED_BYTES);
    (size.saturating_sub(RESERVED_BYTES) / BYTES_PER_GROWTH).max(MIN_GROWTHS)
}
