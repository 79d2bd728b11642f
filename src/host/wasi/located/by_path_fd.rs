//! Linux: a descriptor that was opened with `O_PATH`. It takes one call to find a file, and the descriptor refers to the
//! same file even if its name changes.

use super::super::symlinks::LastLink;
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, Stat, Timestamps};
use rustix::io::{Errno, Result};
use std::io;
use std::path::Path;

/// A file or directory that was found by its path.
pub(in super::super) struct Located(OwnedFd);

impl Located {
    /// Finds the file at a path in `dir`.
    pub(in super::super) fn find(dir: &Dir, path: &Path, last_link: LastLink) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .follow(match last_link {
                LastLink::Follow => FollowSymlinks::Yes,
                LastLink::Keep => FollowSymlinks::No,
            })
            .custom_flags(OFlags::PATH.bits().cast_signed());
        let file = dir.open_with(path, &options)?;
        Ok(Self(file.into_std().into()))
    }

    pub(in super::super) fn stat(&self) -> Result<Stat> {
        rustix::fs::fstat(&self.0)
    }

    pub(in super::super) fn set_times(&self, times: &Timestamps) -> Result<()> {
        match rustix::fs::utimensat(&self.0, "", times, AtFlags::EMPTY_PATH) {
            // Linux before 5.8 has no AT_EMPTY_PATH here: <https://man7.org/linux/man-pages/man2/utimensat.2.html>.
            Err(Errno::INVAL) => {
                let path = format!("/proc/self/fd/{}", self.0.as_raw_fd());
                rustix::fs::utimensat(CWD, path, times, AtFlags::empty())
            }
            set => set,
        }
    }

    /// Opens a directory for reading.
    pub(in super::super) fn open_directory(&self) -> Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(&self.0, ".", flags, Mode::empty())
    }
}
