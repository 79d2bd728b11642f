//! The size of the main thread's native stack, on which the guest runs. wasmi 2.0.0 dispatches instructions by tail
//! calls, except after [`memory.grow` and `table.grow`][handler]: each execution, whether it succeeds or fails, keeps
//! about 176 bytes of native stack until the call into the guest returns. The stack is therefore enlarged for all
//! growths that a program can use, and a program that executes more of them traps. Memory is committed only as it is
//! used.
//!
//! The engine does not report growths that it refuses itself, such as those beyond a memory's maximum, so they are not
//! counted. A program that executes them endlessly uses up the stack, and the [fault handler](super::fault_handler)
//! ends the run as a trap.
//!
//! [handler]: https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/wasmi/src/engine/executor/handler/exec.rs

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::ffi::{CStr, c_char};

/// The size to set: enough for a memory that grows to 4 GiB page by page.
const WANTED_BYTES: u64 = 64 << 20;

/// The stack that everything except growths needs, in bytes.
const RESERVED_BYTES: u64 = 512 << 10;

/// An upper bound of the native stack that one growth takes.
const BYTES_PER_GROWTH: u64 = 256;

/// The minimum number of growths to allow: every program grows its memory a few times.
const MIN_GROWTHS: u64 = 64;

/// Enlarges the main thread's stack, as far as its hard limit allows, and returns the number of growths that it has
/// room for.
pub(crate) fn max_growths() -> u64 {
    let size = enlarge().min(WANTED_BYTES);
    (size.saturating_sub(RESERVED_BYTES) / BYTES_PER_GROWTH).max(MIN_GROWTHS)
}

/// Sets the limit of the main thread's stack to the wanted size, or to the hard limit if that is less. Returns the
/// limit in bytes.
pub(super) fn enlarge() -> u64 {
    let limit = getrlimit(Resource::Stack);
    // Linux checks the limit whenever the main thread's stack grows, so it can be raised now. Without a limit, a
    // program would use up the machine's memory before the stack.
    if limit.current.is_none_or(|current| current < WANTED_BYTES) {
        let current = limit.maximum.unwrap_or(WANTED_BYTES).min(WANTED_BYTES);
        // If that fails, the current limit is returned below.
        let _ = setrlimit(
            Resource::Stack,
            Rlimit {
                current: Some(current),
                ..limit
            },
        );
    }
    getrlimit(Resource::Stack).current.unwrap_or(WANTED_BYTES)
}

/// The address from which the main thread's stack grows downwards. Linux puts the name of the
/// executed file there, followed by eight zero bytes: see `AT_EXECFN` in
/// <https://man7.org/linux/man-pages/man3/getauxval.3.html> and `bprm_mm_init` in
/// <https://github.com/torvalds/linux/blob/v6.12/fs/exec.c>.
pub(super) fn top() -> Option<usize> {
    // SAFETY: this reads what the kernel passed to the process.
    let name = unsafe { libc::getauxval(libc::AT_EXECFN) } as *const c_char;
    if name.is_null() {
        return None;
    }
    // SAFETY: the kernel passes a name that ends with a zero byte and lives as long as the process.
    let name = unsafe { CStr::from_ptr(name) };
    Some(name.as_ptr() as usize + name.count_bytes() + 1 + size_of::<u64>())
}
