//! Random bytes of the system.

use rustix::io::Errno;
use std::ffi::{c_int, c_void};
use std::io;

unsafe extern "C" {
    /// <https://pubs.opengroup.org/onlinepubs/9799919799/functions/getentropy.html>. The crate libc does not have it for
    /// musl.
    fn getentropy(buffer: *mut c_void, length: usize) -> c_int;
}

/// The maximum size of one request in bytes: `GETENTROPY_MAX` of POSIX.
pub const MAX_REQUEST_BYTES: usize = 256;

/// Fills `bytes` with random bytes.
///
/// # Errors
///
/// Those of getentropy(3).
pub fn fill(bytes: &mut [u8]) -> rustix::io::Result<()> {
    for request in bytes.chunks_mut(MAX_REQUEST_BYTES) {
        // SAFETY: the pointer and the length are the request's.
        if unsafe { getentropy(request.as_mut_ptr().cast(), request.len()) } == -1 {
            let error = io::Error::last_os_error();
            return Err(Errno::from_io_error(&error).unwrap_or(Errno::IO));
        }
    }
    Ok(())
}
