//! Standard streams that were closed when the process started. Each gets a stand-in, so that no file that is
//! opened later takes its number. What must not take the stand-in for the stream asks `was_closed`.

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

/// Whether the stream was closed when the process started, so that a stand-in has its descriptor now.
pub fn was_closed(stream: Stream) -> bool {
    CLOSED.load(Ordering::Relaxed) & bit(stream) != 0
}

/// Opens a stand-in for each standard stream that is closed. To be called first of all, before any file is
/// opened.
///
/// # Errors
///
/// The first stream that has no stand-in, and why.
pub fn replace() -> Result<(), (Stream, io::Error)> {
    // In this order, the first free descriptor is the stream's own.
    for stream in [Stream::Input, Stream::Output, Stream::Error] {
        // SAFETY: asking for a descriptor's flags changes nothing.
        if unsafe { libc::fcntl(stream as c_int, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(bit(stream), Ordering::Relaxed);
            if stand_in(stream) == -1 {
                return Err((stream, io::Error::last_os_error()));
            }
        }
    }
    Ok(())
}

/// `/dev/null`, as Go has it. Where that is missing, as in a chroot, input ends at once and output fails as
/// that to a closed descriptor does.
fn stand_in(stream: Stream) -> c_int {
    // SAFETY: the names end with a zero, and opening a file touches no memory of ours.
    unsafe {
        let mut opened = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        if opened == -1 && stream == Stream::Input {
            opened = libc::memfd_create(c"stdin".as_ptr(), 0);
        }
        if opened == -1 {
            // A descriptor that only names a file can be neither read nor written.
            opened = libc::open(c"/".as_ptr(), libc::O_PATH);
        }
        opened
    }
}

fn bit(stream: Stream) -> u8 {
    1 << stream as u8
}
