//! Standard streams that were closed when the process started. Each is replaced by a stand-in, so that a file opened
//! later cannot get its descriptor. `was_closed` distinguishes a stand-in from the stream.
//!
//! The standard library also opens stand-ins before `main`, but does not report which ([`sanitize_standard_fds`]). So
//! this code runs earlier: from a section whose functions the C library calls when it loads the program.
//!
//! [`sanitize_standard_fds`]: https://github.com/rust-lang/rust/blob/1.88.0/library/std/src/sys/pal/unix/mod.rs

use std::ffi::c_int;
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

/// One bit for each stream that was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Returns true if the stream was closed when the process started, so that its descriptor is a stand-in.
pub fn was_closed(stream: Stream) -> bool {
    CLOSED.load(Ordering::Relaxed) & bit(stream) != 0
}

// SAFETY: the C library calls each function in this section once. It passes arguments, which a function with the C
// calling convention may ignore.
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(
    target_vendor = "apple",
    unsafe(link_section = "__DATA,__mod_init_func,mod_init_funcs")
)]
static BEFORE_MAIN: extern "C" fn() = replace_closed_streams;

/// Opens a stand-in for each standard stream that is closed.
extern "C" fn replace_closed_streams() {
    // open(2) returns the lowest free descriptor. In this order, that is the stream's.
    for stream in [Stream::Input, Stream::Output, Stream::Error] {
        // SAFETY: `F_GETFD` changes nothing.
        if unsafe { libc::fcntl(stream as c_int, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(bit(stream), Ordering::Relaxed);
            open_stand_in(stream);
        }
    }
}

/// Opens `/dev/null`, as Go does. If that is missing, as in a chroot, reads return the end of the file, and writes fail
/// as on a closed descriptor.
fn open_stand_in(stream: Stream) {
    // SAFETY: the names are C strings, and these calls do not write to the program's memory.
    unsafe {
        if libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) != -1 {
            return;
        }
        if stream == Stream::Input {
            // The reading end of a pipe gets the lowest descriptor. It is at its end when the writing end is closed.
            let mut pipe = [0; 2];
            if libc::pipe(pipe.as_mut_ptr()) == 0 {
                libc::close(pipe[1]);
            }
        } else {
            // A directory cannot be written to.
            libc::open(c"/".as_ptr(), libc::O_RDONLY);
        }
    }
}

fn bit(stream: Stream) -> u8 {
    1 << stream as u8
}
