//! The process as it starts. The standard library's own start would read the process's memory map to find
//! the end of the stack, which takes a twentieth of a short run; what else it does is done here.

use std::ffi::{CStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStringExt;

/// Puts `/dev/null` where standard streams are closed, so that no file takes their numbers, and leaves
/// writes to a closed pipe to those who write.
pub fn prepare() {
    let mut streams = [0, 1, 2].map(|fd| libc::pollfd {
        fd,
        events: 0,
        revents: 0,
    });
    // SAFETY: the list is as long as it is said to be, and the name ends with a zero. All that can fail
    // leaves things as they are.
    unsafe {
        libc::poll(streams.as_mut_ptr(), streams.len() as libc::nfds_t, 0);
        for stream in streams {
            if stream.revents & libc::POLLNVAL != 0 {
                libc::open(c"/dev/null".as_ptr(), libc::O_RDWR, 0);
            }
        }
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
    }
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
