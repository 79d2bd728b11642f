//! The destination of an output: a standard stream, another stream, or a file that is replaced as a whole.

use super::file_identity::FileIdentity;
use super::location::{FileLocation, ResolvedPath, resolve};
use super::stream;
use super::update::{self, LockedFile};
use crate::closed_streams::{self, Stream};
use crate::console;
use crate::file_id::FileId;
use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The destination of an output.
#[derive(Debug)]
pub(super) enum Destination {
    StandardOutput,
    StandardError,
    /// A device, a pipe, or an inherited descriptor.
    Stream(File),
    /// A named pipe without a reader when it was opened.
    IdlePipe(FileLocation, FileId),
    /// A regular file that does not exist yet.
    NewFile(FileLocation),
    ExistingFile(FileLocation, ExistingFile),
}

/// A regular file that existed before the run.
#[derive(Debug)]
pub(super) struct ExistingFile {
    id: FileId,
    /// The permissions, which the new file gets.
    mode: Mode,
    /// The file, open for writing, or the error if that is not permitted. A writable directory is enough to replace it.
    pub(super) file: io::Result<File>,
}

impl Destination {
    /// Opens the destination that a path leads to, without changing or creating a file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let standard = |stream, destination| {
            if closed_streams::was_closed(stream) {
                return Err(Errno::BADF.into());
            }
            Ok(destination)
        };
        match resolve(path)? {
            ResolvedPath::Descriptor(libc::STDOUT_FILENO) => {
                standard(Stream::Output, Self::StandardOutput)
            }
            ResolvedPath::Descriptor(libc::STDERR_FILENO) => {
                standard(Stream::Error, Self::StandardError)
            }
            ResolvedPath::Descriptor(number) => stream::inherited(number).map(Self::Stream),
            ResolvedPath::ProcLink(location) => {
                stream::open(&location, OFlags::empty()).map(Self::Stream)
            }
            ResolvedPath::File(location) => Self::open_at(location),
        }
    }

    fn open_at(location: FileLocation) -> io::Result<Self> {
        let Some(stat) = location.stat()? else {
            location.check_writable_directory()?;
            return Ok(Self::NewFile(location));
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                let existing = ExistingFile::open(&location, &stat)?;
                Ok(Self::ExistingFile(location, existing))
            }
            FileType::Directory => Err(Errno::ISDIR.into()),
            FileType::Socket => Err(io::Error::other("it is a socket")),
            FileType::Fifo => match stream::open(&location, OFlags::NOFOLLOW) {
                Err(error) if stream::has_no_reader(&error) => {
                    Ok(Self::IdlePipe(location, FileId::from(&stat)))
                }
                opened => opened.map(Self::Stream),
            },
            _ => stream::open(&location, OFlags::NOFOLLOW).map(Self::Stream),
        }
    }

    /// The identity of the file that is written; `None` if it is not a regular file, or is a standard stream.
    pub(super) fn file_identity(&self) -> Option<FileIdentity> {
        match self {
            Self::StandardOutput | Self::StandardError | Self::IdlePipe(..) => None,
            Self::Stream(file) => FileIdentity::of_open(file),
            Self::NewFile(location) => location.new_file_identity().ok(),
            Self::ExistingFile(_, existing) => Some(FileIdentity::Existing(existing.id)),
        }
    }

    /// Returns true if the output is appended to a stream; false if it replaces a file.
    pub(super) fn is_stream(&self) -> bool {
        !matches!(self, Self::NewFile(_) | Self::ExistingFile(..))
    }

    /// Writes `content`. Fails if `path` no longer leads to the file to replace.
    pub(super) fn write(&self, content: &[u8], path: &Path) -> io::Result<()> {
        match self {
            Self::StandardOutput => console::write_stdout(content),
            Self::StandardError => console::write_stderr(content),
            Self::Stream(file) => stream::write(file, content),
            Self::IdlePipe(location, id) => {
                stream::write(&stream::open_same_pipe(location, *id)?, content)
            }
            Self::NewFile(location) => {
                location.check_path(path)?;
                location.replace(content, None)
            }
            Self::ExistingFile(location, existing) => {
                location.check_path(path)?;
                existing.replace(location, content)
            }
        }
    }

    /// The content to which [`update`](Self::update) adds. It is empty if the file does not exist or is a stream.
    pub(super) fn content(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::NewFile(location) | Self::ExistingFile(location, _) => {
                update::content_at(location)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Passes the content of the file to `add`, and replaces it with the result, while no other process updates the file.
    /// For a stream, `add` gets no content, and the result is appended.
    pub(super) fn update(
        &self,
        path: &Path,
        add: impl FnOnce(&[u8]) -> io::Result<Vec<u8>>,
    ) -> io::Result<()> {
        let (location, existing) = match self {
            Self::NewFile(location) => (location, None),
            Self::ExistingFile(location, existing) => (location, Some(existing)),
            _ => return self.write(&add(&[])?, path),
        };
        location.check_path(path)?;
        let locked = LockedFile::open(location)?;
        let content = add(&locked.content()?)?;
        match existing {
            Some(existing) => existing.replace(location, &content),
            None => location.replace(&content, Some(locked.mode)),
        }
    }
}

impl ExistingFile {
    fn open(location: &FileLocation, stat: &Stat) -> io::Result<Self> {
        let file = location.open_file(OFlags::NOFOLLOW);
        if location.check_writable_directory().is_err() {
            file.as_ref().map_err(copy_error)?;
        }
        Ok(Self {
            id: FileId::from(stat),
            mode: Mode::from_raw_mode(stat.st_mode) & (Mode::RWXU | Mode::RWXG | Mode::RWXO),
            file,
        })
    }

    /// Replaces the file, or overwrites it if it cannot be replaced.
    fn replace(&self, location: &FileLocation, content: &[u8]) -> io::Result<()> {
        match (location.replace(content, Some(self.mode)), &self.file) {
            (Err(error), Ok(file)) if is_replacing_impossible(&error) => {
                file.set_len(0)?;
                file.write_all_at(content, 0)
            }
            (replaced, _) => replaced,
        }
    }
}

/// Returns true if no file can be created in the directory, or the file is a mount point, which rename(2) cannot
/// replace.
fn is_replacing_impossible(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::NOENT | Errno::BUSY)
    )
}

fn copy_error(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => error.kind().into(),
    }
}
