//! The runner's own output to standard output and standard error. A message is one write, so that nothing comes
//! between its lines. The spinner is erased before.

use crate::host::closed_streams::{self, Stream};
use crate::spinner;
use crate::stop;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::stdio::{stderr, stdout};
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long standard error may take to accept a text that must not block.
const PRINT_TIMEOUT: Duration = Duration::from_millis(500);

/// True once messages must not wait for standard error to be read.
static IS_NONBLOCKING: AtomicBool = AtomicBool::new(false);

/// Writes all of `bytes` to standard output.
///
/// # Errors
///
/// The write's; `EBADF` if standard output was closed when the process started.
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
/// The write's.
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

/// Prints `text` on standard error. An error of the write is ignored: there is no other place to report it.
pub fn print(text: &str) {
    match IS_NONBLOCKING.load(Ordering::Relaxed) {
        true => print_nonblocking(text.to_owned()),
        false => drop(write_stderr(text.as_bytes())),
    }
}

/// From now on, [`print()`] does not wait for standard error to be read. For a run that was stopped from outside.
pub fn set_nonblocking() {
    IS_NONBLOCKING.store(true, Ordering::Relaxed);
}

/// Prints `text` on standard error unless that is a full pipe. The guest may fill it after the check, so the write also
/// has a timeout.
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
        // The thread cannot be started. The stream was ready, so most likely this does not block.
        drop(write_stderr(text.as_bytes()));
    }
}

fn is_ready(stream: BorrowedFd<'_>) -> bool {
    let at_once = Timespec::default();
    poll(&mut [PollFd::new(&stream, PollFlags::OUT)], Some(&at_once)) == Ok(1)
}

/// Writes all of `buffers` with `write`, which gets the buffers that are left and how many bytes were written before.
/// Waits as for a blocking descriptor if another process made `file` nonblocking. Returns the number of bytes.
///
/// # Errors
///
/// The first error of a write, even if others before it succeeded. `IO` if a write accepts nothing, `INTR` if a
/// signal came and the run must stop.
pub(crate) fn write_all(
    file: BorrowedFd<'_>,
    mut buffers: &mut [IoSlice<'_>],
    mut write: impl FnMut(&[IoSlice<'_>], usize) -> rustix::io::Result<usize>,
) -> rustix::io::Result<usize> {
    let mut written = 0;
    // Skips empty buffers, so that none is left at the end.
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
/// Those of poll(2); `INTR` if a signal came and the run must stop.
pub(crate) fn wait_until(file: BorrowedFd<'_>, ready: PollFlags) -> rustix::io::Result<()> {
    match poll(&mut [PollFd::new(&file, ready)], None) {
        Ok(_) => Ok(()),
        Err(Errno::INTR) if !stop::is_requested() => Ok(()),
        Err(error) => Err(error),
    }
}
