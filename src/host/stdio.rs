//! Events on the guest's standard streams that determine how the run ends.
//!
//! A write to standard output or standard error fails if nothing reads it any more. It then ends the run, as it ends a
//! Go program (<https://pkg.go.dev/os/signal#hdr-SIGPIPE>), because a program that ignores the error may print forever.

use crate::closed_streams::{self, Stream};
use crate::console;
use rustix::io::Errno;
use std::cell::{Cell, Ref, RefCell};
use std::io::{self, IoSlice};
use std::rc::Rc;

/// The state of the guest's standard output and standard error.
#[derive(Clone, Default)]
pub(super) struct StreamState(Rc<StreamFlags>);

#[derive(Default)]
struct StreamFlags {
    /// True after a write failed because the reader of the pipe closed it.
    is_pipe_broken: Cell<bool>,
    last_output: RefCell<LastOutput>,
}

/// The end of what the guest wrote to standard output or standard error, whichever it wrote to last. A runtime prints
/// its panic there before it traps, in one write or in many.
#[derive(Default)]
struct LastOutput {
    stream: Option<Stream>,
    bytes: Vec<u8>,
}

/// The size of the kept output. A panic's message and official Go's call stack usually fit.
const MAX_OUTPUT_BYTES: usize = 8 << 10;

impl LastOutput {
    fn record(&mut self, stream: Stream, bytes: &[u8]) {
        if self.stream != Some(stream) {
            self.stream = Some(stream);
            self.bytes.clear();
        }
        let end = end_of(bytes);
        // Old bytes are removed rarely, so that a short write only copies its own bytes.
        if self.bytes.len() + end.len() > 2 * MAX_OUTPUT_BYTES {
            self.bytes.drain(..self.bytes.len() - MAX_OUTPUT_BYTES);
        }
        self.bytes.extend_from_slice(end);
    }
}

fn end_of(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.len().saturating_sub(MAX_OUTPUT_BYTES)..]
}

impl StreamState {
    pub(super) fn is_pipe_broken(&self) -> bool {
        self.0.is_pipe_broken.get()
    }

    /// The end of what the guest wrote to standard output or standard error, whichever it wrote to last.
    pub(super) fn last_output(&self) -> Ref<'_, [u8]> {
        Ref::map(self.0.last_output.borrow(), |output| end_of(&output.bytes))
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
        self.record_output(Stream::Output, &line);
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

    /// Records what the guest is about to write. TinyGo's and Go's runtimes do not check whether the write succeeds.
    pub(super) fn record_output(&self, stream: Stream, buffers: &[IoSlice<'_>]) {
        let mut output = self.0.last_output.borrow_mut();
        for buffer in buffers {
            output.record(stream, buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LastOutput, MAX_OUTPUT_BYTES, Stream, end_of};

    #[test]
    fn only_the_end_of_the_last_stream_is_kept() {
        let mut output = LastOutput::default();
        output.record(Stream::Output, b"one");
        output.record(Stream::Output, b" two");
        assert_eq!(output.bytes, b"one two");
        output.record(Stream::Error, b"three");
        assert_eq!(output.bytes, b"three");
        for length in [1, 100, MAX_OUTPUT_BYTES, 3 * MAX_OUTPUT_BYTES] {
            for _ in 0..3 * MAX_OUTPUT_BYTES / length + 1 {
                output.record(Stream::Error, &vec![b'-'; length]);
            }
            output.record(Stream::Error, b"end");
            assert!(output.bytes.len() <= 2 * MAX_OUTPUT_BYTES);
            assert_eq!(end_of(&output.bytes).len(), MAX_OUTPUT_BYTES);
            assert!(end_of(&output.bytes).ends_with(b"-end"));
        }
    }
}
