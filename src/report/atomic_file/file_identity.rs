//! The identity of a file, which may not exist yet, to find out whether two paths lead to the same file.

use super::location::{ResolvedPath, resolve};
use crate::file_id::FileId;
use rustix::fs::{FileType, Stat, fstat, stat};
use rustix::io::Errno;
use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::Path;

/// The identity of a regular file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileIdentity {
    /// A file that exists.
    Existing(FileId),
    /// A file that does not exist yet.
    NotYetCreated {
        /// The directory.
        directory: FileId,
        /// The name in the directory.
        name: OsString,
    },
}

impl FileIdentity {
    /// The identity of the file that a path leads to, or that would be created; `None` if it is not a regular file.
    pub fn at(path: &Path) -> Option<Self> {
        match stat(path) {
            Ok(stat) => Self::of_regular(&stat),
            Err(Errno::NOENT) => match resolve(path).ok()? {
                ResolvedPath::File(location) => location.new_file_identity().ok(),
                ResolvedPath::Descriptor(_) | ResolvedPath::ProcLink(_) => None,
            },
            Err(_) => None,
        }
    }

    /// The identity of an open file; `None` if it is not a regular file.
    pub fn of_open(file: impl AsFd) -> Option<Self> {
        Self::of_regular(&fstat(file).ok()?)
    }

    fn of_regular(stat: &Stat) -> Option<Self> {
        let file_type = FileType::from_raw_mode(stat.st_mode);
        (file_type == FileType::RegularFile).then(|| Self::Existing(FileId::from(stat)))
    }
}
