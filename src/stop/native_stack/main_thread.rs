//! Linux: the guest runs on the main thread, whose stack can be enlarged while it is in use. This saves the start of
//! another thread.

use super::WANTED_BYTES;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::ffi::{CStr, c_char};
use std::io;

/// Calls `main` on the thread that runs the guest.
///
/// # Errors
///
/// Never; on other systems, if that thread cannot be started.
pub fn run<R>(main: impl FnOnce() -> R) -> io::Result<R> {
    Ok(main())
}

/// Sets the limit of the main thread's stack to the wanted size, or to the hard limit if that is less. Returns the
/// limit in bytes.
pub(in crate::stop) fn enlarge() -> u64 {
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
pub(in crate::stop) fn top() -> Option<usize> {
    // SAFETY: this reads what the kernel passed to the process.
    let name = unsafe { libc::getauxval(libc::AT_EXECFN) } as *const c_char;
    if name.is_null() {
        return None;
    }
    // SAFETY: the kernel passes a name that ends with a zero byte and lives as long as the process.
    let name = unsafe { CStr::from_ptr(name) };
    Some(name.as_ptr() as usize + name.count_bytes() + 1 + size_of::<u64>())
}
