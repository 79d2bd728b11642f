//! The identity of a file that an output replaces, or must not replace. The file may not exist yet.

use super::location::{ResolvedPath, resolve};
use crate::file_id::FileId;
use rustix::fs::{FileType, Stat, fstat, stat};
use rustix::io::Errno;
use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::Path;

/// A regular file, or the place of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetFile {
    /// A file that exists.
    Existing(FileId),
    /// A file that does not exist yet.
    New {
        /// Its directory.
        directory: FileId,
        /// Its name in the directory.
        name: OsString,
    },
}

impl TargetFile {
    /// The file that a path leads to, or where it would be created; `None` if that is no regular file.
    pub fn at(path: &Path) -> Option<Self> {
        match stat(path) {
            Ok(stat) => Self::of_regular(&stat),
            Err(Errno::NOENT) => match resolve(path).ok()? {
                ResolvedPath::File(location) => location.as_new_file().ok(),
                ResolvedPath::Descriptor(_) | ResolvedPath::ProcLink(_) => None,
            },
            Err(_) => None,
        }
    }

    /// An open file; `None` if it is no regular file.
    pub fn of_open(file: impl AsFd) -> Option<Self> {
        Self::of_regular(&fstat(file).ok()?)
    }

    fn of_regular(stat: &Stat) -> Option<Self> {
        let file_type = FileType::from_raw_mode(stat.st_mode);
        (file_type == FileType::RegularFile).then(|| Self::Existing(FileId::from(stat)))
    }
}
