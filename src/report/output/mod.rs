//! The files that the runner writes besides the program's own output. They are opened before the program
//! runs, or their directory is, so that no link, rename or other change by the program decides what is
//! written: links are followed as they were before the run, and never again.
//!
//! A file is replaced as a whole, by renaming a new file over it. Where that is impossible (the file is a
//! mount of its own, or its directory may not be written) it is overwritten instead.

mod identity;
mod pipe;
mod place;

pub use identity::Identity;

use crate::error::{Error, ErrorKind};
use crate::host;
use crate::host::closed_streams::{self, Stream};
use crate::host::watch::{Content, Target};
use place::{Location, Place};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What an output file holds, by the option that asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// `--report`.
    Report,
    /// `--profile`.
    Profile,
    /// `--trace`.
    Trace,
}

impl Contents {
    /// The option.
    pub fn option(self) -> &'static str {
        match self {
            Self::Report => "--report",
            Self::Profile => "--profile",
            Self::Trace => "--trace",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Profile => "profile",
            Self::Trace => "trace",
        }
    }
}

/// An output file, opened before the run.
#[derive(Debug)]
pub struct OutputFile {
    contents: Contents,
    /// As it was typed.
    path: PathBuf,
    sink: Sink,
}

/// Where the content goes.
#[derive(Debug)]
enum Sink {
    StandardOutput,
    StandardError,
    /// A device, a pipe, or an inherited descriptor.
    Stream(File),
    /// A named pipe that no process was reading when it was opened.
    IdlePipe(Place, Identity),
    /// A regular file, or none yet.
    File(Place, Option<Existing>),
}

/// A file that existed before the run.
#[derive(Debug)]
struct Existing {
    mode: Mode,
    identity: Identity,
    /// The file open for writing, where that is permitted.
    file: io::Result<File>,
}

impl OutputFile {
    /// Opens a file without changing it. `/dev/stdout`, `/dev/stderr` and `/dev/fd/N` are the runner's own
    /// streams.
    ///
    /// # Errors
    ///
    /// `CommandLine` where it could not be written.
    pub fn open(path: &Path, contents: Contents) -> Result<Self, Error> {
        let sink = Sink::open(path).map_err(|error| {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            let error = cannot_write(contents, path, error, ErrorKind::CommandLine);
            match missing_directory(path).filter(|_| is_missing) {
                Some(directory) => error.hint(format!("create the directory {directory} first")),
                None => error,
            }
        })?;
        Ok(Self {
            contents,
            path: path.to_owned(),
            sink,
        })
    }

    /// What it holds.
    pub fn contents(&self) -> Contents {
        self.contents
    }

    /// The path, as it was typed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which regular file it is, if it is one or will be.
    pub fn identity(&self) -> Option<Identity> {
        match &self.sink {
            Sink::StandardOutput | Sink::StandardError | Sink::IdlePipe(..) => None,
            Sink::Stream(file) => Identity::of_open_file(file.as_fd()),
            Sink::File(_, Some(existing)) => Some(existing.identity.clone()),
            Sink::File(place, None) => place.identity().ok(),
        }
    }

    /// Whether writing adds to what others write there.
    pub fn is_stream(&self) -> bool {
        !matches!(self.sink, Sink::File(..))
    }

    /// Writes the content: all of it or none, where it is a file that can be replaced. A pipe that no
    /// process reads, or whose reader has stopped reading, is given up after some seconds.
    ///
    /// # Errors
    ///
    /// `Runner` where it cannot be written.
    pub fn write(&self, content: &[u8]) -> Result<(), Error> {
        let written = match &self.sink {
            Sink::StandardOutput => host::write_output(content),
            Sink::StandardError => host::write_error(content),
            Sink::Stream(file) => pipe::write(file, content),
            Sink::IdlePipe(place, identity) => pipe::open_when_read(place)
                .and_then(|file| identity.expect(file.as_fd()).map(|()| file))
                .and_then(|file| pipe::write(&file, content)),
            Sink::File(place, existing) => place
                .expect_at(&self.path)
                .and_then(|()| write_file(place, existing.as_ref(), content)),
        };
        written.map_err(|error| cannot_write(self.contents, &self.path, error, ErrorKind::Runner))
    }

    /// The error of content that could not be made.
    pub fn failure(&self, cause: impl Into<anyhow::Error>) -> Error {
        let (noun, path) = (self.contents.noun(), self.path.display());
        Error::runner(format!("cannot write the {noun} to {path}")).caused_by(cause)
    }

    /// Creates the file if there is none, for content that is written as the run goes on.
    ///
    /// # Errors
    ///
    /// `CommandLine` where it cannot be written.
    pub fn into_target(self) -> Result<Target, Error> {
        let content = match &self.sink {
            Sink::File(..) => Content::Replaced,
            _ => Content::Kept,
        };
        let file = match self.sink {
            Sink::StandardOutput => return Ok(Target::Output),
            Sink::StandardError => return Ok(Target::Error),
            Sink::Stream(file) => Ok(file),
            Sink::IdlePipe(place, _) => pipe::open_when_read(&place),
            Sink::File(_, Some(existing)) => existing.file,
            Sink::File(place, None) => place.create(),
        };
        let path = self.path;
        match file {
            Ok(file) => Ok(Target::File {
                file,
                path,
                content,
            }),
            Err(error) => Err(cannot_write(
                self.contents,
                &path,
                error,
                ErrorKind::CommandLine,
            )),
        }
    }
}

impl Sink {
    fn open(path: &Path) -> io::Result<Self> {
        let standard = |stream, sink| match closed_streams::was_closed(stream) {
            true => Err(Errno::BADF.into()),
            false => Ok(sink),
        };
        match place::locate(path)? {
            Location::Descriptor(libc::STDOUT_FILENO) => {
                standard(Stream::Output, Self::StandardOutput)
            }
            Location::Descriptor(libc::STDERR_FILENO) => {
                standard(Stream::Error, Self::StandardError)
            }
            Location::Descriptor(number) => pipe::inherited(number).map(Self::Stream),
            Location::SystemLink(place) => pipe::open(&place, OFlags::empty()).map(Self::Stream),
            Location::Place(place) => Self::at(place),
        }
    }

    fn at(place: Place) -> io::Result<Self> {
        let Some(status) = place.status()? else {
            place.expect_writable_directory()?;
            return Ok(Self::File(place, None));
        };
        match FileType::from_raw_mode(status.st_mode) {
            FileType::RegularFile => {
                let file = place.open(OFlags::NOFOLLOW);
                if place.expect_writable_directory().is_err() {
                    file.as_ref().map_err(copy_of)?;
                }
                let existing = Existing {
                    mode: Mode::from_raw_mode(status.st_mode)
                        & (Mode::RWXU | Mode::RWXG | Mode::RWXO),
                    identity: Identity::of(&status),
                    file,
                };
                Ok(Self::File(place, Some(existing)))
            }
            FileType::Directory => Err(Errno::ISDIR.into()),
            FileType::Socket => Err(io::Error::other("it is a socket")),
            FileType::Fifo => match pipe::open(&place, OFlags::NOFOLLOW) {
                Err(error) if pipe::has_no_reader(&error) => {
                    Ok(Self::IdlePipe(place, Identity::of(&status)))
                }
                opened => opened.map(Self::Stream),
            },
            _ => pipe::open(&place, OFlags::NOFOLLOW).map(Self::Stream),
        }
    }
}

/// Replaces a file, or overwrites it where it cannot be replaced.
fn write_file(place: &Place, existing: Option<&Existing>, content: &[u8]) -> io::Result<()> {
    let replaced = place.replace(content, existing.map(|existing| existing.mode));
    match (replaced, existing.map(|existing| &existing.file)) {
        (Err(error), Some(Ok(file))) if is_refusal_to_replace(&error) => {
            file.set_len(0)?;
            file.write_all_at(content, 0)
        }
        (replaced, _) => replaced,
    }
}

/// Whether nothing can be created in the directory, or the name is a mount, which cannot be renamed over.
fn is_refusal_to_replace(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    matches!(
        errno,
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::NOENT | Errno::BUSY)
    )
}

fn copy_of(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => error.kind().into(),
    }
}

fn cannot_write(contents: Contents, path: &Path, error: io::Error, kind: ErrorKind) -> Error {
    let (noun, path) = (contents.noun(), path.display());
    match error.kind() {
        _ if pipe::has_no_reader(&error) => Error::new(
            kind,
            format!("cannot write the {noun}: no process is reading {path}"),
        ),
        io::ErrorKind::TimedOut => Error::new(
            kind,
            format!("cannot write the {noun}: the process that reads {path} has stopped reading"),
        ),
        _ => Error::new(kind, format!("cannot write the {noun} to {path}")).caused_by(error),
    }
}

/// The directory of a path, where it does not exist.
fn missing_directory(path: &Path) -> Option<String> {
    let directory = path.parent()?;
    let is_missing = !directory.as_os_str().is_empty() && !directory.exists();
    is_missing.then(|| directory.display().to_string())
}

/// Which regular file an input is, so that no output replaces it.
pub fn identity_of(input: &Path) -> Option<Identity> {
    match rustix::fs::stat(input) {
        Ok(status) => Identity::of_regular(&status),
        Err(Errno::NOENT) => match place::locate(input).ok()? {
            Location::Place(place) => place.identity().ok(),
            _ => None,
        },
        Err(_) => None,
    }
}

/// Which regular file a standard stream is, if it is one.
pub fn identity_of_stream(stream: BorrowedFd<'_>) -> Option<Identity> {
    Identity::of_open_file(stream)
}
