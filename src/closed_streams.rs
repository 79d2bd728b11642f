//! Standard streams that were closed when the process started. Each is replaced by a stand-in, so that a file opened
//! later cannot get its descriptor. `was_closed` distinguishes a stand-in from the stream.

use std::ffi::c_int;
use std::fmt::{self, Display, Formatter};
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

impl Display for Stream {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "standard input",
            Self::Output => "standard output",
            Self::Error => "standard error",
        })
    }
}

/// One bit for each stream that was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Returns true if the stream was closed when the process started, so that its descriptor is a stand-in.
pub fn was_closed(stream: Stream) -> bool {
    CLOSED.load(Ordering::Relaxed) & bit(stream) != 0
}

/// Opens a stand-in for each standard stream that is closed. Must be called before any file is opened.
///
/// # Errors
///
/// The first stream for which nothing can be opened, as when the process may not open files, and the reason.
pub fn replace() -> Result<(), (Stream, io::Error)> {
    // open(2) returns the lowest free descriptor. In this order, that is the stream's.
    for stream in [Stream::Input, Stream::Output, Stream::Error] {
        // SAFETY: `F_GETFD` changes nothing.
        if unsafe { libc::fcntl(stream as c_int, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(bit(stream), Ordering::Relaxed);
            open_stand_in(stream).map_err(|error| (stream, error))?;
        }
    }
    Ok(())
}

/// Opens `/dev/null`, as Go does. If that is missing, as in a chroot, reads return the end of the file, and writes fail
/// as on a closed descriptor.
fn open_stand_in(stream: Stream) -> io::Result<()> {
    // SAFETY: the names are C strings, and these calls do not write to the program's memory.
    unsafe {
        if libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) != -1 {
            return Ok(());
        }
        if stream == Stream::Input {
            // The reading end of a pipe gets the lowest descriptor. It is at its end when the writing end is closed.
            let mut pipe = [0; 2];
            if libc::pipe(pipe.as_mut_ptr()) == 0 {
                libc::close(pipe[1]);
                return Ok(());
            }
        } else if libc::open(c"/".as_ptr(), libc::O_RDONLY) != -1 {
            // A directory cannot be written to.
            return Ok(());
        }
    }
    Err(io::Error::last_os_error())
}

fn bit(stream: Stream) -> u8 {
    1 << stream as u8
}
