//! Events on the guest's standard streams that determine how the run ends.
//!
//! A write to standard output or standard error fails if nothing reads it any more. It then ends the run, as it ends a
//! Go program (<https://pkg.go.dev/os/signal#hdr-SIGPIPE>), because a program that ignores the error may print forever.

use super::closed_streams::{self, Stream};
use crate::console;
use rustix::io::Errno;
use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::rc::Rc;

/// The state of the guest's standard output and standard error.
#[derive(Clone, Default)]
pub(super) struct StreamState(Rc<StreamFlags>);

#[derive(Default)]
struct StreamFlags {
    /// True after a write failed because the reader of the pipe closed it.
    is_pipe_broken: Cell<bool>,
    /// The last `panic: ...` line of TinyGo's runtime.
    last_panic: RefCell<Option<String>>,
}

impl StreamState {
    pub(super) fn is_pipe_broken(&self) -> bool {
        self.0.is_pipe_broken.get()
    }

    pub(super) fn last_panic(&self) -> Option<String> {
        self.0.last_panic.borrow().clone()
    }

    /// Records that a write failed because the reader of the pipe closed it.
    pub(super) fn set_pipe_broken(&self) {
        self.0.is_pipe_broken.set(true);
    }

    /// Writes words, separated by spaces, as one line to standard output.
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
        let stdout = rustix::stdio::stdout();
        let written = console::write_all(stdout, &mut line, |rest, _| {
            rustix::io::writev(stdout, rest)
        });
        if written == Err(Errno::PIPE) {
            self.set_pipe_broken();
        }
        Ok(written.map(drop)?)
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
