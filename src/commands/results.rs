//! Writes the results of calls to standard output or to the file of `--results`, each as its call returns.

use crate::console;
use crate::error::Error;
use crate::guest::{Outcome, ResultValue};
use crate::report::atomic_file::WrittenFile;
use crate::report::write_results;
use std::io::{self, Write};

/// The destination of results.
pub(super) enum Results {
    /// Standard output.
    Stdout,
    /// The file of `--results`.
    File(WrittenFile),
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
                let written = file.begin().and_then(|()| write_results(results, &mut *file));
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
