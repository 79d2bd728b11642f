//! Writes the results of calls to standard output or to the file of `--results`, each as its call returns.

use crate::console;
use crate::error::Error;
use crate::guest::{Outcome, ResultValue};
use crate::report::atomic_file::WrittenFile;
use crate::report::write_results;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// The destination of results.
pub(super) enum Results {
    /// Standard output.
    Stdout,
    /// The file of `--results`.
    File(ResultsFile),
}

/// The file of `--results`, which the thread that ends the run empties if the run has not written to it.
pub(super) type ResultsFile = Arc<Mutex<WrittenFile>>;

/// Removes the existing content of the file, unless results were written.
///
/// # Errors
///
/// `Runner` if the file cannot be written.
pub(super) fn begin(file: &ResultsFile) -> Result<(), Error> {
    match file.try_lock() {
        Ok(mut file) => file.begin().map_err(|error| file.error(error)),
        // The run's thread is writing.
        Err(_) => Ok(()),
    }
}

impl Results {
    /// Writes the results of a call.
    ///
    /// # Errors
    ///
    /// `BrokenPipe` if the reader of standard output is gone; `Failed` for other errors.
    pub(super) fn write(&mut self, results: &[ResultValue]) -> Result<(), Outcome> {
        match self {
            Self::Stdout => write_results(results, Stdout).map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Outcome::BrokenPipe,
                _ => {
                    let message = "cannot write the results to standard output";
                    Outcome::Failed(Error::runner(message).caused_by(error))
                }
            }),
            Self::File(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                let written = file
                    .begin()
                    .and_then(|()| write_results(results, &mut *file));
                written.map_err(|error| Outcome::Failed(file.error(error)))
            }
        }
    }
}

/// The standard output of the runner, which writes all of each part.
struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        console::write_stdout(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
