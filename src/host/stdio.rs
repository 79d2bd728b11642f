//! What the guest wrote to the standard streams, as far as it matters to the end of the run.
//!
//! A write to standard output or error whose reader is gone ends the run, as it ends a Go program
//! or one that SIGPIPE kills; as an errno, a program that ignores it would print for ever.

use super::closed_streams::{self, Stream};
use crate::console;
use rustix::io::Errno;
use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::rc::Rc;

/// What was seen of the standard streams that matters to the end of the run.
#[derive(Clone, Default)]
pub(super) struct Seen(Rc<Sights>);

#[derive(Default)]
struct Sights {
    /// One of them has lost its reader.
    broken_pipe: Cell<bool>,
    /// The last line with which TinyGo's runtime announced a panic.
    panic: RefCell<Option<String>>,
}

impl Seen {
    pub(super) fn broken_pipe(&self) -> bool {
        self.0.broken_pipe.get()
    }

    pub(super) fn panic(&self) -> Option<String> {
        self.0.panic.borrow().clone()
    }

    /// Notes that standard output or error has lost its reader.
    pub(super) fn reader_is_gone(&self) {
        self.0.broken_pipe.set(true);
    }

    /// Writes a line of the guest's to standard output, its words as they lie in the guest's memory.
    pub(super) fn write_line(&self, words: &[&[u8]]) -> io::Result<()> {
        let mut line = Vec::with_capacity(2 * words.len() + 1);
        for word in words {
            line.extend([IoSlice::new(word), IoSlice::new(b" ")]);
        }
        // The line's end takes the place of the last space.
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
            self.reader_is_gone();
        }
        Ok(written.map(drop)?)
    }

    /// Looks at what is about to be written. TinyGo's runtime writes line by line and begins one with
    /// it, so that the beginning of a write is all that has to be looked at.
    pub(super) fn look_for_panic(&self, buffers: &[IoSlice<'_>]) {
        const LONGEST: usize = 500;
        let first = buffers.first().map_or([].as_slice(), |buffer| buffer);
        if first.starts_with(b"panic: ") {
            let line = first.split(|byte| *byte == b'\n').next().unwrap_or(first);
            let line = &line[..line.len().min(LONGEST)];
            *self.0.panic.borrow_mut() = Some(String::from_utf8_lossy(line).into_owned());
        }
    }
}
