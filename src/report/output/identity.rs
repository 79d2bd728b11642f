//! Which file a path leads to, whatever it is called.

use rustix::fs::{FileType, Stat, fstat};
use std::ffi::OsString;
use std::io;
use std::os::fd::BorrowedFd;

/// A file, identified by device and inode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A file that exists.
    File {
        /// The device that it is on.
        device: u64,
        /// Its number there.
        inode: u64,
    },
    /// A file that does not exist yet.
    Name {
        /// The device that its directory is on.
        device: u64,
        /// The directory's number there.
        directory: u64,
        /// Its name in the directory.
        name: OsString,
    },
}

impl Identity {
    /// Of a file with this status.
    pub(super) fn of(status: &Stat) -> Self {
        Self::File {
            device: status.st_dev,
            inode: status.st_ino,
        }
    }

    /// Of a file with this status, if it is a regular file.
    pub(super) fn of_regular(status: &Stat) -> Option<Self> {
        let kind = FileType::from_raw_mode(status.st_mode);
        (kind == FileType::RegularFile).then(|| Self::of(status))
    }

    /// Of an open file, if it is a regular file.
    pub(super) fn of_open_file(file: BorrowedFd<'_>) -> Option<Self> {
        Self::of_regular(&fstat(file).ok()?)
    }

    /// Checks that an open file is this one.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub(super) fn expect(&self, file: BorrowedFd<'_>) -> io::Result<()> {
        match Self::of(&fstat(file)?) == *self {
            true => Ok(()),
            false => Err(io::Error::other("it was replaced during the run")),
        }
    }
}
