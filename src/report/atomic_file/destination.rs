//! Where an output goes: a standard stream, another stream, or a file that is replaced as a whole.

use super::location::{FileLocation, ResolvedPath, resolve};
use super::stream;
use super::target_file::TargetFile;
use crate::console;
use crate::file_id::FileId;
use crate::host::closed_streams::{self, Stream};
use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where an output goes.
#[derive(Debug)]
pub(super) enum Destination {
    StandardOutput,
    StandardError,
    /// A device, a pipe, or an inherited descriptor.
    Stream(File),
    /// A named pipe that no process was reading when it was opened.
    IdlePipe(FileLocation, FileId),
    /// A regular file that does not exist yet.
    NewFile(FileLocation),
    ExistingFile(FileLocation, ExistingFile),
}

/// A regular file that existed before the run.
#[derive(Debug)]
pub(super) struct ExistingFile {
    id: FileId,
    /// Its permissions, which the file that replaces it gets.
    mode: Mode,
    /// The file open for writing, if that is permitted. Replacing it takes no more than a writable directory.
    pub(super) file: io::Result<File>,
}

impl Destination {
    /// Opens the destination that a path leads to, without changing or creating a file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let standard = |stream, destination| match closed_streams::was_closed(stream) {
            true => Err(Errno::BADF.into()),
            false => Ok(destination),
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
            location.expect_writable_directory()?;
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

    /// The regular file that is written; `None` if it is no regular file, or is on a standard stream.
    pub(super) fn target_file(&self) -> Option<TargetFile> {
        match self {
            Self::StandardOutput | Self::StandardError | Self::IdlePipe(..) => None,
            Self::Stream(file) => TargetFile::of_open(file),
            Self::NewFile(location) => location.as_new_file().ok(),
            Self::ExistingFile(_, existing) => Some(TargetFile::Existing(existing.id)),
        }
    }

    /// Returns true if the output is appended to what others write there; false if it replaces a file.
    pub(super) fn is_stream(&self) -> bool {
        !matches!(self, Self::NewFile(_) | Self::ExistingFile(..))
    }

    /// Writes `content`. `path` must still lead to the file that is replaced.
    pub(super) fn write(&self, content: &[u8], path: &Path) -> io::Result<()> {
        match self {
            Self::StandardOutput => console::write_stdout(content),
            Self::StandardError => console::write_stderr(content),
            Self::Stream(file) => stream::write(file, content),
            Self::IdlePipe(location, id) => {
                stream::write(&stream::open_same_pipe(location, *id)?, content)
            }
            Self::NewFile(location) => {
                location.expect_at(path)?;
                location.replace(content, None)
            }
            Self::ExistingFile(location, existing) => {
                location.expect_at(path)?;
                existing.replace(location, content)
            }
        }
    }
}

impl ExistingFile {
    fn open(location: &FileLocation, stat: &Stat) -> io::Result<Self> {
        let file = location.open_file(OFlags::NOFOLLOW);
        if location.expect_writable_directory().is_err() {
            file.as_ref().map_err(copy_of)?;
        }
        Ok(Self {
            id: FileId::from(stat),
            mode: Mode::from_raw_mode(stat.st_mode) & (Mode::RWXU | Mode::RWXG | Mode::RWXO),
            file,
        })
    }

    /// Replaces the file. Overwrites it if it cannot be replaced.
    fn replace(&self, location: &FileLocation, content: &[u8]) -> io::Result<()> {
        match (location.replace(content, Some(self.mode)), &self.file) {
            (Err(error), Ok(file)) if is_refusal_to_replace(&error) => {
                file.set_len(0)?;
                file.write_all_at(content, 0)
            }
            (replaced, _) => replaced,
        }
    }
}

/// Returns true if no file can be created in the directory, or the file is a mount point, which cannot be renamed over.
fn is_refusal_to_replace(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::NOENT | Errno::BUSY)
    )
}

fn copy_of(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => error.kind().into(),
    }
}
