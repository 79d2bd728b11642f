//! A file that is written part by part during the run, so that each part survives whatever ends the run.

use super::{OutputFile, OutputKind, cannot_write};
use crate::console;
use crate::error::{Error, ErrorKind};
use crate::host::trace::{ExistingContent, TraceTarget};
use std::io::{self, Write};
use std::path::PathBuf;

/// A file that is written during the run.
#[derive(Debug)]
pub struct WrittenFile {
    kind: OutputKind,
    path: PathBuf,
    target: TraceTarget,
    is_begun: bool,
}

impl WrittenFile {
    /// Opens the file for writing. Creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// `CommandLine` if the file cannot be written.
    pub fn new(file: OutputFile) -> Result<Self, Error> {
        let (kind, path) = (file.kind(), file.path().to_owned());
        Ok(Self {
            kind,
            path,
            target: file.into_target()?,
            is_begun: false,
        })
    }

    /// Removes the existing content of a regular file, unless a part was written before.
    ///
    /// # Errors
    ///
    /// Those of the file.
    pub fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.is_begun, true) {
            return Ok(());
        }
        match &self.target {
            TraceTarget::File {
                file,
                content: ExistingContent::Replaced,
                ..
            } => file.set_len(0),
            _ => Ok(()),
        }
    }

    /// The error for content that could not be written.
    pub fn error(&self, error: io::Error) -> Error {
        cannot_write(self.kind, &self.path, error, ErrorKind::Runner)
    }
}

impl Write for WrittenFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin()?;
        match &self.target {
            TraceTarget::Stdout => console::write_stdout(bytes)?,
            TraceTarget::Stderr => console::write_stderr(bytes)?,
            TraceTarget::File { file, .. } => return (&*file).write(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
