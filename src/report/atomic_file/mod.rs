//! Files that the runner writes: the report, a profile, coverage, a trace, results, a treemap. The files, or their
//! directories, are opened before the program runs, and links are followed only then. So the program cannot redirect the
//! output with links or renames.
//!
//! A file is replaced atomically: a new file is renamed to its name. If that is impossible, because the file is a mount
//! point or its directory is not writable, it is overwritten.

mod destination;
mod file_identity;
mod location;
mod stream;
mod update;
mod written_file;

pub use file_identity::FileIdentity;
pub use written_file::WrittenFile;

use crate::error::{Error, ErrorKind};
use crate::host::trace::{ExistingContent, TraceTarget};
use destination::Destination;
use std::io;
use std::path::{Path, PathBuf};

/// The content of an output file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// The report, for `--report`.
    Report,
    /// A profile, for `--profile`.
    Profile,
    /// A trace, for `--trace`.
    Trace,
    /// Coverage, for `--coverage`.
    Coverage,
    /// The results of calls, for `--results`.
    Results,
    /// A treemap, for `--treemap`.
    Treemap,
}

impl OutputKind {
    /// The option that requests the output.
    pub fn option(self) -> &'static str {
        match self {
            Self::Report => "--report",
            Self::Profile => "--profile",
            Self::Trace => "--trace",
            Self::Coverage => "--coverage",
            Self::Results => "--results",
            Self::Treemap => "--treemap",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Profile => "profile",
            Self::Trace => "trace",
            Self::Coverage => "coverage",
            Self::Results => "results",
            Self::Treemap => "treemap",
        }
    }
}

/// An output file, opened before the run.
#[derive(Debug)]
pub struct OutputFile {
    kind: OutputKind,
    /// The path, as typed.
    path: PathBuf,
    destination: Destination,
}

impl OutputFile {
    /// Opens a file without changing it. `/dev/stdout`, `/dev/stderr` and `/dev/fd/N` are streams of this process.
    ///
    /// # Errors
    ///
    /// `CommandLine` if the file cannot be written.
    pub fn open(path: &Path, kind: OutputKind) -> Result<Self, Error> {
        let destination = Destination::open(path).map_err(|error| {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            let error = cannot_write(kind, path, error, ErrorKind::CommandLine);
            match missing_directory(path).filter(|_| is_missing) {
                Some(directory) => error.hint(format!("create the directory {directory} first")),
                None => error,
            }
        })?;
        Ok(Self {
            kind,
            path: path.to_owned(),
            destination,
        })
    }

    /// The kind of content.
    pub fn kind(&self) -> OutputKind {
        self.kind
    }

    /// The path, as typed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The identity of the file; `None` if it is not a regular file, or is a standard stream.
    pub fn file_identity(&self) -> Option<FileIdentity> {
        self.destination.file_identity()
    }

    /// Returns true if the output is appended to a stream; false if it replaces a file.
    pub fn is_stream(&self) -> bool {
        self.destination.is_stream()
    }

    /// Writes the content. A file that is replaced gets all of the content or none of it. Writing to a pipe that no
    /// process reads fails after a timeout.
    ///
    /// # Errors
    ///
    /// `Runner` if the file cannot be written.
    pub fn write(&self, content: &[u8]) -> Result<(), Error> {
        let written = self.destination.write(content, &self.path);
        written.map_err(|error| cannot_write(self.kind, &self.path, error, ErrorKind::Runner))
    }

    /// The content to which [`update`](Self::update) adds. It is empty if the file does not exist or is a stream.
    ///
    /// # Errors
    ///
    /// `CommandLine` if the file cannot be read.
    pub fn content(&self) -> Result<Vec<u8>, Error> {
        let (noun, path) = (self.kind.noun(), self.path.display());
        let error = |cause| {
            Error::command_line(format!("cannot read the {noun} in {path}")).caused_by(cause)
        };
        self.destination.content().map_err(error)
    }

    /// Passes the content of the file to `add`, and replaces it with the result, while no other process updates the file.
    /// For a stream, `add` gets no content, and the result is appended.
    ///
    /// # Errors
    ///
    /// `Runner` if the file cannot be read or written, or `add` fails.
    pub fn update(&self, add: impl FnOnce(&[u8]) -> io::Result<Vec<u8>>) -> Result<(), Error> {
        let updated = self.destination.update(&self.path, add);
        updated.map_err(|error| cannot_write(self.kind, &self.path, error, ErrorKind::Runner))
    }

    /// The error for content that cannot be created.
    pub fn content_error(&self, cause: impl Into<anyhow::Error>) -> Error {
        let (noun, path) = (self.kind.noun(), self.path.display());
        Error::runner(format!("cannot write the {noun} to {path}")).caused_by(cause)
    }

    /// Opens the file for writing during the run. Creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// `CommandLine` if the file cannot be written.
    pub fn into_target(self) -> Result<TraceTarget, Error> {
        let content = if self.destination.is_stream() {
            ExistingContent::Kept
        } else {
            ExistingContent::Replaced
        };
        let file = match self.destination {
            Destination::StandardOutput => return Ok(TraceTarget::Stdout),
            Destination::StandardError => return Ok(TraceTarget::Stderr),
            Destination::Stream(file) => Ok(file),
            Destination::IdlePipe(location, _) => stream::open_pipe(&location),
            Destination::NewFile(location) => location.create(),
            Destination::ExistingFile(_, existing) => existing.file,
        };
        let (kind, path) = (self.kind, self.path);
        match file {
            Ok(file) => Ok(TraceTarget::File {
                file,
                path,
                content,
            }),
            Err(error) => Err(cannot_write(kind, &path, error, ErrorKind::CommandLine)),
        }
    }
}

fn cannot_write(output: OutputKind, path: &Path, error: io::Error, kind: ErrorKind) -> Error {
    let (noun, path) = (output.noun(), path.display());
    if stream::has_no_reader(&error) {
        let message = format!("cannot write the {noun}: no process is reading {path}");
        return Error::new(kind, message);
    }
    if error.kind() == io::ErrorKind::TimedOut {
        let message =
            format!("cannot write the {noun}: the process that reads {path} has stopped reading");
        return Error::new(kind, message);
    }
    Error::new(kind, format!("cannot write the {noun} to {path}")).caused_by(error)
}

/// The directory of a path, if it does not exist.
fn missing_directory(path: &Path) -> Option<String> {
    let directory = path.parent()?;
    let is_missing = !directory.as_os_str().is_empty() && !directory.exists();
    is_missing.then(|| directory.display().to_string())
}
