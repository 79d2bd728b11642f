//! Writes a trace. Each line is written when its call ends, without a buffer, so it is in order with the guest's output
//! and is not lost when the run ends. A call that may block is written when it begins; if it has not ended when the run
//! does, its line ends in `<unfinished ...>`.

use super::LineStart;
use crate::console;
use crate::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// A trace. The guest's thread writes it; any thread may finish it.
#[derive(Clone, Debug)]
pub struct Trace(Arc<TraceOutput>);

#[derive(Debug)]
struct TraceOutput {
    target: TraceTarget,
    times: CallTimes,
    is_begun: OnceLock<()>,
    /// Locked while a line or a part of one is written.
    state: Mutex<TraceState>,
    /// The error after which nothing more is written.
    error: OnceLock<io::Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TraceState {
    /// Every line is complete.
    BetweenLines,
    /// A line was begun, and its call has not ended.
    InLine,
    /// The run is over. If the guest's thread still runs, it writes nothing more.
    Finished,
}

/// Where a trace is written.
#[derive(Debug)]
pub enum TraceTarget {
    /// To standard output.
    Stdout,
    /// To standard error.
    Stderr,
    /// To an open file.
    File {
        /// The file.
        file: File,
        /// Its path, for messages.
        path: PathBuf,
        /// What to do with its content.
        content: ExistingContent,
    },
}

/// What happens to the content that a file has before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExistingContent {
    /// It is removed when the first line is written or the program has ended.
    Replaced,
    /// It stays, and the trace is written at the file's current offset.
    Kept,
}

/// Whether a line ends with the duration of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallTimes {
    /// It does.
    Written,
    /// It does not, so that two traces can be compared.
    Omitted,
}

/// A line whose call has not ended.
pub(super) struct TraceLine<'t> {
    output: &'t TraceOutput,
    /// The part that has not been written yet.
    unwritten: String,
}

impl Trace {
    /// Creates a trace, which writes nothing yet.
    pub fn new(target: TraceTarget, times: CallTimes) -> Self {
        Self(Arc::new(TraceOutput {
            target,
            times,
            is_begun: OnceLock::new(),
            state: Mutex::new(TraceState::BetweenLines),
            error: OnceLock::new(),
        }))
    }

    /// Ends the trace, and the line of a call that has not ended. Any thread may call this. It waits while the guest's
    /// thread writes a line.
    pub fn finish(&self) {
        self.0.begin();
        let mut state = self.0.state();
        if *state == TraceState::InLine {
            self.0.write(" <unfinished ...>\n");
        }
        *state = TraceState::Finished;
    }

    /// Removes the file's existing content, even if no call was traced.
    pub fn begin(&self) {
        self.0.begin();
    }

    /// Checks that all of the trace was written.
    ///
    /// # Errors
    ///
    /// `Runner` if a file could not be written. Errors of standard output and standard error are ignored, as for all
    /// messages.
    pub fn written(&self) -> Result<(), Error> {
        match (&self.0.target, self.0.error.get()) {
            (TraceTarget::File { path, .. }, Some(error)) => {
                Err(not_written(path, anyhow::Error::msg(error.to_string())))
            }
            (TraceTarget::File { path, file, .. }, None) if is_removed(file) => {
                let cause = "it was removed or replaced during the run";
                Err(not_written(path, anyhow::Error::msg(cause)))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn is_to_stream(&self) -> bool {
        !matches!(self.0.target, TraceTarget::File { .. })
    }

    /// Begins the line of a call.
    pub(super) fn line(&self, start: LineStart, call: String) -> TraceLine<'_> {
        let output = &*self.0;
        let unwritten = match start {
            LineStart::BeforeCall => {
                let mut state = output.state();
                if *state != TraceState::Finished {
                    output.write(&call);
                    *state = TraceState::InLine;
                }
                String::new()
            }
            LineStart::AfterCall => call,
        };
        TraceLine { output, unwritten }
    }
}

fn not_written(path: &Path, cause: anyhow::Error) -> Error {
    let path = path.display();
    Error::runner(format!("cannot write the trace to {path}")).caused_by(cause)
}

/// Returns true if a regular file was removed or replaced.
fn is_removed(file: &File) -> bool {
    let metadata = file.metadata();
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.nlink() == 0)
}

impl TraceLine<'_> {
    pub(super) fn end(self, result: &str, time: Duration) {
        let Self { output, unwritten } = self;
        let mut state = output.state();
        if *state == TraceState::Finished {
            return;
        }
        *state = TraceState::BetweenLines;
        let time = match output.times {
            CallTimes::Written => format!(" <{:.6}>", time.as_secs_f64()),
            CallTimes::Omitted => String::new(),
        };
        output.write(&format!("{unwritten} = {result}{time}\n"));
    }
}

impl TraceOutput {
    fn state(&self) -> MutexGuard<'_, TraceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) {
        self.is_begun.get_or_init(|| {
            if let TraceTarget::File {
                file,
                content: ExistingContent::Replaced,
                ..
            } = &self.target
                && let Err(error) = file.set_len(0)
            {
                let _ = self.error.set(error);
            }
        });
    }

    fn write(&self, text: &str) {
        self.begin();
        if self.error.get().is_some() {
            return;
        }
        let written = match &self.target {
            TraceTarget::Stdout => console::write_stdout(text.as_bytes()),
            TraceTarget::Stderr => console::write_stderr(text.as_bytes()),
            TraceTarget::File { file, .. } => (&*file).write_all(text.as_bytes()),
        };
        if let Err(error) = written {
            let _ = self.error.set(error);
        }
    }
}
