//! The runner's own output to standard output and standard error. Each message is a single write, so other output
//! cannot appear between its lines. The spinner is erased first.

use crate::closed_streams::{self, Stream};
use crate::poll::{PollFd, poll};
use crate::spinner;
use crate::stop;
use rustix::event::{PollFlags, Timespec};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::stdio::{stderr, stdout};
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The timeout of a write to standard error after [`set_nonblocking`].
const PRINT_TIMEOUT: Duration = Duration::from_millis(500);

/// Whether [`print()`] must not block.
static IS_NONBLOCKING: AtomicBool = AtomicBool::new(false);

/// Writes all of `bytes` to standard output.
///
/// # Errors
///
/// Those of the write; `EBADF` if standard output was closed when the process started.
pub fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    if !bytes.is_empty() && closed_streams::was_closed(Stream::Output) {
        return Err(Errno::BADF.into());
    }
    Ok(write(stdout(), bytes)?)
}

/// Writes all of `bytes` to standard error.
///
/// # Errors
///
/// Those of the write.
pub fn write_stderr(bytes: &[u8]) -> io::Result<()> {
    Ok(write(stderr(), bytes)?)
}

fn write(stream: BorrowedFd<'_>, bytes: &[u8]) -> rustix::io::Result<()> {
    spinner::clear();
    let mut buffers = [IoSlice::new(bytes)];
    write_all(stream, &mut buffers, |rest, _| {
        rustix::io::writev(stream, rest)
    })?;
    Ok(())
}

/// Prints `text` on standard error. A write error is ignored, since it could not be reported anywhere else.
pub fn print(text: &str) {
    if IS_NONBLOCKING.load(Ordering::Relaxed) {
        print_nonblocking(text.to_owned());
    } else {
        let _ = write_stderr(text.as_bytes());
    }
}

/// Makes [`print()`] nonblocking, for a run that was stopped by a timeout or a signal.
pub fn set_nonblocking() {
    IS_NONBLOCKING.store(true, Ordering::Relaxed);
}

/// Prints `text` on standard error unless that is a full pipe. The guest may fill the pipe after the check, so the
/// write also has a timeout.
pub fn print_nonblocking(text: String) {
    if !is_ready(stderr()) {
        return;
    }
    let text = Arc::new(text);
    let write = {
        let text = Arc::clone(&text);
        move || drop(write_stderr(text.as_bytes()))
    };
    let written = stop::within(PRINT_TIMEOUT, write);
    if written.is_err_and(|error| error.kind() != io::ErrorKind::TimedOut) {
        // The thread cannot be started. The stream was ready, so this write most likely does not block.
        drop(write_stderr(text.as_bytes()));
    }
}

fn is_ready(stream: BorrowedFd<'_>) -> bool {
    let no_wait = Timespec::default();
    poll(&mut [PollFd::new(&stream, PollFlags::OUT)], Some(&no_wait)) == Ok(1)
}

/// Writes all of `buffers` with `write`, which gets the remaining buffers and the number of bytes already written. If
/// another process made `file` nonblocking, this waits as if it were blocking. Returns the number of bytes written.
///
/// # Errors
///
/// The first error of a write, even if earlier writes succeeded. `IO` if a write accepts no bytes, `INTR` if a signal
/// arrived and the run must stop.
pub(crate) fn write_all(
    file: BorrowedFd<'_>,
    mut buffers: &mut [IoSlice<'_>],
    mut write: impl FnMut(&[IoSlice<'_>], usize) -> rustix::io::Result<usize>,
) -> rustix::io::Result<usize> {
    let mut written = 0;
    // Skips empty buffers: a write of only those would return 0.
    IoSlice::advance_slices(&mut buffers, 0);
    while !buffers.is_empty() {
        match write(buffers, written) {
            Ok(0) => return Err(Errno::IO),
            Ok(count) => {
                IoSlice::advance_slices(&mut buffers, count);
                written += count;
            }
            Err(Errno::INTR) if !stop::is_requested() => {}
            Err(Errno::AGAIN) => wait_until(file, PollFlags::OUT)?,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

/// Waits until a descriptor is ready. May return early after a signal.
///
/// # Errors
///
/// Those of poll(2); `INTR` if a signal arrived and the run must stop.
pub(crate) fn wait_until(file: BorrowedFd<'_>, ready: PollFlags) -> rustix::io::Result<()> {
    match poll(&mut [PollFd::new(&file, ready)], None) {
        Ok(_) => Ok(()),
        Err(Errno::INTR) if !stop::is_requested() => Ok(()),
        Err(error) => Err(error),
    }
}
