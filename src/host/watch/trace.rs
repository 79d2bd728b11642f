//! Where a trace goes. Each line is written as its call ends, and nothing is held back, so that it is in
//! order with what the guest writes and outlives whatever ends the run. A call that may wait for long is
//! shown when it begins; if it never ends, its line says so.

use super::Begin;
use crate::console;
use crate::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// A trace, to be written to from the guest's thread and finished from any.
#[derive(Clone, Debug)]
pub struct Trace(Arc<Sink>);

#[derive(Debug)]
struct Sink {
    target: Target,
    timing: Timing,
    is_begun: OnceLock<()>,
    /// Held while a line, or a part of one, is written.
    state: Mutex<State>,
    /// Why it could not be written any further.
    failure: OnceLock<io::Error>,
}

/// How far a trace has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Every line is whole.
    Between,
    /// A line was begun, and its call is under way.
    InLine,
    /// The run is over for everybody but the guest's thread, which writes no more.
    Finished,
}

/// Where a trace is written.
#[derive(Debug)]
pub enum Target {
    /// To standard output.
    Output,
    /// To standard error.
    Error,
    /// To an open file.
    File {
        /// The file.
        file: File,
        /// Its path, for messages.
        path: PathBuf,
        /// What becomes of the content that it has.
        content: Content,
    },
}

/// What becomes of the content that a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is removed, once there is something to write or the program has run.
    Replaced,
    /// It stays, and the trace is written where the file's position is.
    Kept,
}

/// Whether a line says how long its call took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// It does.
    Shown,
    /// It does not, so that two traces can be compared.
    Hidden,
}

/// A line that is not ended.
pub(super) struct Line<'t> {
    sink: &'t Sink,
    /// What was not written yet.
    held: String,
}

impl Trace {
    /// A trace that is written there.
    pub fn new(target: Target, timing: Timing) -> Self {
        Self(Arc::new(Sink {
            target,
            timing,
            is_begun: OnceLock::new(),
            state: Mutex::new(State::Between),
            failure: OnceLock::new(),
        }))
    }

    /// Ends the trace, and a line that its call will not end, from outside the guest's thread. It may have
    /// to wait until that has written its own line.
    pub fn finish(&self) {
        self.0.begin();
        let mut state = self.0.state();
        if *state == State::InLine {
            self.0.write(" <unfinished ...>\n");
        }
        *state = State::Finished;
    }

    /// Removes what the file held before, where the program has run without a call that is traced.
    pub fn begin(&self) {
        self.0.begin();
    }

    /// Why not all of it was written, where it was to be written to a file.
    ///
    /// # Errors
    ///
    /// `Runner`, with the reason.
    pub fn written(&self) -> Result<(), Error> {
        match (&self.0.target, self.0.failure.get()) {
            (Target::File { path, .. }, Some(error)) => {
                Err(not_written(path, anyhow::Error::msg(error.to_string())))
            }
            (Target::File { path, file, .. }, None) if is_removed(file) => {
                let cause = "it was removed or replaced during the run";
                Err(not_written(path, anyhow::Error::msg(cause)))
            }
            // As for all other messages there.
            _ => Ok(()),
        }
    }

    pub(super) fn is_among_output(&self) -> bool {
        !matches!(self.0.target, Target::File { .. })
    }

    pub(super) fn line(&self, begin: Begin, call: String) -> Line<'_> {
        let sink = &*self.0;
        let held = match begin {
            Begin::Before => {
                let mut state = sink.state();
                if *state != State::Finished {
                    sink.write(&call);
                    *state = State::InLine;
                }
                String::new()
            }
            Begin::AtEnd => call,
        };
        Line { sink, held }
    }
}

fn not_written(path: &Path, cause: anyhow::Error) -> Error {
    let path = path.display();
    Error::runner(format!("cannot write the trace to {path}")).caused_by(cause)
}

/// Whether a regular file has no name any more.
fn is_removed(file: &File) -> bool {
    let metadata = file.metadata();
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.nlink() == 0)
}

impl Line<'_> {
    pub(super) fn end(self, result: &str, took: Duration) {
        let Self { sink, held } = self;
        let mut state = sink.state();
        if *state == State::Finished {
            return;
        }
        *state = State::Between;
        let time = match sink.timing {
            Timing::Shown => format!(" <{:.6}>", took.as_secs_f64()),
            Timing::Hidden => String::new(),
        };
        sink.write(&format!("{held} = {result}{time}\n"));
    }
}

impl Sink {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) {
        self.is_begun.get_or_init(|| {
            if let Target::File {
                file,
                content: Content::Replaced,
                ..
            } = &self.target
                && let Err(error) = file.set_len(0)
            {
                let _ = self.failure.set(error);
            }
        });
    }

    fn write(&self, text: &str) {
        self.begin();
        if self.failure.get().is_some() {
            return;
        }
        let written = match &self.target {
            Target::Output => console::write_stdout(text.as_bytes()),
            Target::Error => console::write_stderr(text.as_bytes()),
            Target::File { file, .. } => (&*file).write_all(text.as_bytes()),
        };
        if let Err(error) = written {
            let _ = self.failure.set(error);
        }
    }
}
