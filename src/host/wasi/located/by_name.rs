//! The portable way: an open directory and a name in it, as macOS has no `O_PATH`. Calls do not follow a link with this
//! name, so they stay in the mount even if another process replaces the file by a link.

use super::super::symlinks::{LastLink, MAX_SYMLINKS};
use cap_std::fs::Dir;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, Timestamps};
use rustix::io::{Errno, Result};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A file or directory that was found by its path.
pub(in super::super) struct Located {
    parent: OwnedFd,
    name: OsString,
    stat: Stat,
}

impl Located {
    /// Finds the file at a path in `dir`. cap-std opens the directory of each name, so that links cannot lead out of
    /// `dir`.
    pub(in super::super) fn find(dir: &Dir, path: &Path, last_link: LastLink) -> io::Result<Self> {
        let mut path = path.to_owned();
        for _ in 0..=MAX_SYMLINKS {
            let (parent, name) = split(&path);
            let parent: OwnedFd = dir.open_dir(parent)?.into_std_file().into();
            let stat = rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
            let is_link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
            if !is_link || last_link == LastLink::Keep {
                return Ok(Self {
                    parent,
                    name: name.to_owned(),
                    stat,
                });
            }
            let target = rustix::fs::readlinkat(&parent, name, Vec::new())?;
            let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
            if target.is_absolute() {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            path = path.parent().unwrap_or(Path::new("")).join(target);
        }
        Err(Errno::LOOP.into())
    }

    pub(in super::super) fn stat(&self) -> Result<Stat> {
        Ok(self.stat)
    }

    pub(in super::super) fn set_times(&self, times: &Timestamps) -> Result<()> {
        rustix::fs::utimensat(&self.parent, &self.name, times, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Opens a directory for reading.
    pub(in super::super) fn open_directory(&self) -> Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(&self.parent, &self.name, flags, Mode::empty())
    }
}

/// Splits a path into a directory and a name in it. The name is `.` if the path can only be a directory, as with a final
/// slash.
fn split(path: &Path) -> (&Path, &OsStr) {
    let bytes = path.as_os_str().as_bytes();
    let name_start = bytes.iter().rposition(|byte| *byte == b'/');
    let (parent, name) = match name_start {
        Some(slash) => (&bytes[..=slash], &bytes[slash + 1..]),
        None => (&b"."[..], bytes),
    };
    match name {
        b"" | b"." | b".." => (path, OsStr::new(".")),
        name => (
            Path::new(OsStr::from_bytes(parent)),
            OsStr::from_bytes(name),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::split;
    use std::path::Path;

    #[test]
    fn a_path_is_split_at_its_last_name() {
        for (path, parent, name) in [
            ("file", ".", "file"),
            ("a/file", "a/", "file"),
            ("/file", "/", "file"),
            ("a/b/", "a/b/", "."),
            ("a/..", "a/..", "."),
            (".", ".", "."),
            ("", "", "."),
        ] {
            let expected = (Path::new(parent), name.as_ref());
            assert_eq!(split(Path::new(path)), expected, "{path}");
        }
    }
}
