//! The portable way: the guest runs on a thread of its own with a stack of the wanted size. The stack of the main thread
//! has a fixed size on macOS, 8 MiB by default.

use super::WANTED_BYTES;
use std::hint::black_box;
use std::io;
use std::sync::mpsc;
use std::thread;

/// Calls `main` on the thread that runs the guest. That thread exists as long as the process, so that it can be
/// interrupted at any time.
///
/// # Errors
///
/// If the thread cannot be started.
pub fn run<R: Send + 'static>(main: impl FnOnce() -> R + Send + 'static) -> io::Result<R> {
    let (sender, receiver) = mpsc::channel();
    let run_and_wait = move || {
        let _ = sender.send(main());
        loop {
            thread::park();
        }
    };
    thread::Builder::new()
        .name("guest".to_owned())
        .stack_size(WANTED_BYTES as usize)
        .spawn(run_and_wait)?;
    receiver
        .recv()
        .map_err(|_| io::Error::other("the thread of the guest ended"))
}

/// The size of the thread's stack, which cannot be enlarged.
pub(in crate::stop) fn enlarge() -> u64 {
    WANTED_BYTES
}

/// An address near the one from which the calling thread's stack grows downwards: that of a variable. The frames of the
/// callers above it are small.
pub(in crate::stop) fn top() -> Option<usize> {
    let variable = 0_u8;
    Some(&raw const *black_box(&variable) as usize)
}
