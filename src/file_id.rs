//! The identity of a file, independent of its path.

use rustix::fs::{Stat, fstat};
use std::fs::Metadata;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

/// A file, identified by device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The identity of an open file.
    ///
    /// # Errors
    ///
    /// Those of fstat(2).
    pub fn of_open(file: impl AsFd) -> rustix::io::Result<Self> {
        fstat(file).map(|stat| Self::from(&stat))
    }
}

impl From<&Stat> for FileId {
    fn from(stat: &Stat) -> Self {
        Self {
            device: device(stat),
            inode: stat.st_ino,
        }
    }
}

/// The device of a file.
#[allow(
    clippy::unnecessary_cast,
    reason = "st_dev is a u64 on Linux and an i32 on macOS"
)]
pub fn device(stat: &Stat) -> u64 {
    stat.st_dev as u64
}

impl From<&Metadata> for FileId {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}
