//! Standard streams that were closed when the process started. Each is replaced by another file, so that no file opened
//! later gets its descriptor. Code that must not use the replacement asks `was_closed`.

use std::ffi::c_int;
use std::io;
use std::sync::atomic::{AtomicU8, Ordering};

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard input.
    Input = libc::STDIN_FILENO as isize,
    /// Standard output.
    Output = libc::STDOUT_FILENO as isize,
    /// Standard error.
    Error = libc::STDERR_FILENO as isize,
}

/// A bit for each stream that was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Returns true if the stream was closed when the process started, and its descriptor is a replacement.
pub fn was_closed(stream: Stream) -> bool {
    CLOSED.load(Ordering::Relaxed) & bit(stream) != 0
}

/// Replaces each standard stream that is closed. Must be called before any file is opened.
///
/// # Errors
///
/// The first stream that cannot be replaced, and why.
pub fn replace() -> Result<(), (Stream, io::Error)> {
    // In this order, the lowest free descriptor is the stream's own.
    for stream in [Stream::Input, Stream::Output, Stream::Error] {
        // SAFETY: F_GETFD only reads a descriptor's flags; a closed descriptor is an error.
        if unsafe { libc::fcntl(stream as c_int, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(bit(stream), Ordering::Relaxed);
            if open_replacement(stream) == -1 {
                return Err((stream, io::Error::last_os_error()));
            }
        }
    }
    Ok(())
}

/// Opens `/dev/null`, as Go's runtime does (<https://github.com/golang/go/blob/go1.26.0/src/runtime/fds_unix.go>). Where
/// that is missing, as in a chroot, standard input is empty and output fails as on a closed descriptor.
fn open_replacement(stream: Stream) -> c_int {
    // SAFETY: the strings end with a zero byte; opening a file writes no memory of the process.
    unsafe {
        let mut opened = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        if opened == -1 && stream == Stream::Input {
            opened = libc::memfd_create(c"stdin".as_ptr(), 0);
        }
        if opened == -1 {
            // An O_PATH descriptor can be neither read nor written.
            opened = libc::open(c"/".as_ptr(), libc::O_PATH);
        }
        opened
    }
}

fn bit(stream: Stream) -> u8 {
    1 << stream as u8
}
