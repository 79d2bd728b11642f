//! Standard streams that were closed when the process started. Each gets a stand-in, so that no file that is
//! opened later takes its number. Code that must not mistake the stand-in for the stream asks `was_closed`.
//!
//! The standard library opens stand-ins as well, before `main`, and leaves no trace of it ([`sanitize_standard_fds`]).
//! So this runs before that, from `.init_array`, the list of functions that the C library calls when it loads the
//! program.
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

/// Returns true if the stream was closed when the process started, so that its descriptor is a stand-in's.
pub fn was_closed(stream: Stream) -> bool {
    CLOSED.load(Ordering::Relaxed) & bit(stream) != 0
}

// SAFETY: the C library calls what is in this section, once, as a function without parameters; it passes some, which a
// function of the C calling convention may ignore.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = replace;

/// Opens a stand-in for each standard stream that is closed.
extern "C" fn replace() {
    // In this order, the first free descriptor is the stream's own.
    for stream in [Stream::Input, Stream::Output, Stream::Error] {
        // SAFETY: `F_GETFD` changes nothing.
        if unsafe { libc::fcntl(stream as c_int, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(bit(stream), Ordering::Relaxed);
            open_stand_in(stream);
        }
    }
}

/// Opens `/dev/null`, as Go does. Where that is missing, as in a chroot, input ends at once, and output fails as that to
/// a closed descriptor does.
fn open_stand_in(stream: Stream) {
    // SAFETY: the names end with a zero, and these calls touch no memory of the program.
    unsafe {
        let mut opened = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        if opened == -1 && stream == Stream::Input {
            opened = libc::memfd_create(c"stdin".as_ptr(), 0);
        }
        if opened == -1 {
            // A directory cannot be written.
            libc::open(c"/".as_ptr(), libc::O_RDONLY);
        }
    }
}

fn bit(stream: Stream) -> u8 {
    1 << stream as u8
}
