//! The process as it starts. The standard library's own start would read the process's memory map to find
//! the end of the stack, which takes a twentieth of a short run; what else it does is done here.

use std::ffi::{CStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStringExt;
use tinyrun::error::Error;
use tinyrun::host::closed_streams::{self, Stream};

/// Opens stand-ins for standard streams that are closed, and makes a write to a closed pipe an error instead of a
/// signal.
///
/// # Errors
///
/// `Runner` where a stream has no stand-in.
pub fn prepare() -> Result<(), Error> {
    // SAFETY: what is ignored runs no code.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    closed_streams::replace().map_err(|(stream, error)| {
        let name = match stream {
            Stream::Input => "standard input",
            Stream::Output => "standard output",
            Stream::Error => "standard error",
        };
        Error::runner(format!(
            "{name} is closed, and nothing can be opened in its place"
        ))
        .caused_by(error)
    })
}

/// The words of the command line, of which the first is the program's name.
///
/// # Safety
///
/// They have to be what the C library hands to `main`.
pub unsafe fn arguments(count: c_int, words: *const *const c_char) -> Vec<OsString> {
    let count = usize::try_from(count).unwrap_or(0);
    let word = |at| {
        // SAFETY: the C library hands over so many pointers to texts that end with a zero.
        let word = unsafe { CStr::from_ptr(*words.add(at)) };
        OsString::from_vec(word.to_bytes().to_vec())
    };
    (0..count).map(word).collect()
}
