//! Reads text files of bounded size, without blocking on files such as pipes.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The text of a file; `None` if it cannot be read, is not a regular file of UTF-8 text, or has more than `max_bytes`.
pub(super) fn read(path: &Path, max_bytes: u64) -> Option<String> {
    let mut options = OpenOptions::new();
    let options = options
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = options.open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    file.take(max_bytes + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= max_bytes).then_some(text)
}
