//! The identity of an output file, which may not exist yet.

use crate::file_id::FileId;
use rustix::fs::{FileType, Stat, fstat};
use std::ffi::OsString;
use std::io;
use std::os::fd::BorrowedFd;

/// A file that is written, or that an output must not replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A file that exists.
    File(FileId),
    /// A file that does not exist yet.
    Name {
        /// Its directory.
        directory: FileId,
        /// Its name in the directory.
        name: OsString,
    },
}

impl Identity {
    /// The identity of a file with this status.
    pub(super) fn of(status: &Stat) -> Self {
        Self::File(FileId::from(status))
    }

    /// The same if it is a regular file.
    pub(super) fn of_regular(status: &Stat) -> Option<Self> {
        let kind = FileType::from_raw_mode(status.st_mode);
        (kind == FileType::RegularFile).then(|| Self::of(status))
    }

    /// The identity of an open file, if it is a regular file.
    pub(super) fn of_open_file(file: BorrowedFd<'_>) -> Option<Self> {
        Self::of_regular(&fstat(file).ok()?)
    }

    /// Checks that an open file is this one.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub(super) fn expect(&self, file: BorrowedFd<'_>) -> io::Result<()> {
        match Self::File(FileId::of_open(file)?) == *self {
            true => Ok(()),
            false => Err(io::Error::other("it was replaced during the run")),
        }
    }
}
