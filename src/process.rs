//! The process as it starts. The standard library's own start would read the process's memory map to find
//! the end of the stack, which takes a twentieth of a short run; what else it does is done here.

use std::ffi::{CStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStringExt;

/// Puts `/dev/null` where standard streams are closed, so that no file takes their numbers, and leaves
/// writes to a closed pipe to those who write. Where there is no `/dev/null`, the process ends.
pub fn prepare() {
    for stream in [libc::STDIN_FILENO, libc::STDOUT_FILENO, libc::STDERR_FILENO] {
        // SAFETY: looking at a descriptor changes nothing, and the name ends with a zero. The first free
        // descriptor is this one, since those before it are there.
        let is_there = unsafe {
            libc::fcntl(stream, libc::F_GETFD) != -1
                || libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) == stream
        };
        if !is_there {
            std::process::abort();
        }
    }
    // SAFETY: what is ignored runs no code.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
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
