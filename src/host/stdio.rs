//! What matters of the standard streams beyond a file's reading and writing: what was seen on them, and
//! the runner's own words, which are never held back.
//!
//! A write to standard output or error whose reader is gone ends the run, as it ends a Go program
//! or one that SIGPIPE kills; as an errno, a program that ignores it would print for ever.

use super::closed_streams::{self, Stream};
use crate::spinner;
use crate::stop;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::rc::Rc;

/// What happened on the guest's standard output and standard error, for the report of how the run ended.
#[derive(Clone, Default)]
pub(super) struct StreamState(Rc<StreamFlags>);

#[derive(Default)]
struct StreamFlags {
    /// Whether one of them has lost its reader.
    is_pipe_broken: Cell<bool>,
    /// The last line by which TinyGo's runtime announced a panic.
    last_panic: RefCell<Option<String>>,
}

impl StreamState {
    pub(super) fn is_pipe_broken(&self) -> bool {
        self.0.is_pipe_broken.get()
    }

    pub(super) fn last_panic(&self) -> Option<String> {
        self.0.last_panic.borrow().clone()
    }

    /// Records that standard output or standard error has lost its reader.
    pub(super) fn set_pipe_broken(&self) {
        self.0.is_pipe_broken.set(true);
    }

    /// Writes a line of the guest's to standard output: words, with spaces between them.
    pub(super) fn write_line(&self, words: &[&[u8]]) -> io::Result<()> {
        let mut line = Vec::with_capacity(2 * words.len() + 1);
        for word in words {
            line.extend([IoSlice::new(word), IoSlice::new(b" ")]);
        }
        line.pop();
        line.push(IoSlice::new(b"\n"));
        if closed_streams::was_closed(Stream::Output) {
            return Err(Errno::BADF.into());
        }
        let written = write_all(rustix::stdio::stdout(), &mut line).map_err(io::Error::from);
        if matches!(&written, Err(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            self.set_pipe_broken();
        }
        written
    }

    /// Records a panic that the guest is about to print. TinyGo's runtime writes line by line, so only the start of a
    /// write is checked: <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/panic.go>.
    pub(super) fn record_panic(&self, buffers: &[IoSlice<'_>]) {
        const MAX_LINE_BYTES: usize = 500;
        let first = buffers.first().map_or([].as_slice(), |buffer| buffer);
        if first.starts_with(b"panic: ") {
            let line = first.split(|byte| *byte == b'\n').next().unwrap_or(first);
            let line = &line[..line.len().min(MAX_LINE_BYTES)];
            *self.0.last_panic.borrow_mut() = Some(String::from_utf8_lossy(line).into_owned());
        }
    }
}

/// Writes all of `bytes` to standard output, for the runner itself.
///
/// # Errors
///
/// Whatever the write ends in; `EBADF` where standard output was closed when the process started.
pub fn write_output(bytes: &[u8]) -> io::Result<()> {
    if !bytes.is_empty() && closed_streams::was_closed(Stream::Output) {
        return Err(Errno::BADF.into());
    }
    Ok(write_all(
        rustix::stdio::stdout(),
        &mut [IoSlice::new(bytes)],
    )?)
}

/// Writes all of `bytes` to standard error, for the runner itself.
///
/// # Errors
///
/// Whatever the write ends in.
pub fn write_error(bytes: &[u8]) -> io::Result<()> {
    Ok(write_all(
        rustix::stdio::stderr(),
        &mut [IoSlice::new(bytes)],
    )?)
}

/// Writes all of these buffers.
fn write_all(stream: BorrowedFd<'_>, buffers: &mut [IoSlice<'_>]) -> rustix::io::Result<()> {
    spinner::clear();
    write_whole(stream, buffers, |rest, _| rustix::io::writev(stream, rest)).map(drop)
}

/// Writes all of these buffers with `write`, which takes those that are left and how many bytes were
/// written before. Waits as for a blocking descriptor where another process made `file` non-blocking.
/// Returns the number of bytes.
///
/// # Errors
///
/// Whatever a write ends in, also when others before it succeeded. `IO` where the file takes nothing.
pub(super) fn write_whole(
    file: BorrowedFd<'_>,
    mut buffers: &mut [IoSlice<'_>],
    mut write: impl FnMut(&[IoSlice<'_>], usize) -> rustix::io::Result<usize>,
) -> rustix::io::Result<usize> {
    let mut written = 0;
    // Nothing is skipped but empty buffers, of which none are left at the end.
    IoSlice::advance_slices(&mut buffers, 0);
    while !buffers.is_empty() {
        match write(buffers, written) {
            Ok(0) => return Err(Errno::IO),
            Ok(count) => {
                IoSlice::advance_slices(&mut buffers, count);
                written += count;
            }
            Err(Errno::INTR) if !stop::is_requested() => {}
            Err(Errno::AGAIN) => wait(file, PollFlags::OUT)?,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

/// Waits until a descriptor is ready.
pub(super) fn wait(file: BorrowedFd<'_>, until: PollFlags) -> rustix::io::Result<()> {
    match poll(&mut [PollFd::new(&file, until)], None) {
        Ok(_) => Ok(()),
        Err(Errno::INTR) if !stop::is_requested() => Ok(()),
        Err(error) => Err(error),
    }
}
