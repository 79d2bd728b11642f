//! Directories: the one way from a guest's path to the host's files. cap-std follows a path inside its
//! directory only, links and `..` included, whatever is changed under way.

use super::Errno;
use super::flags::{FdFlags, LookupFlags, OpenFlags};
use crate::cli::mount::Access;
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, OFlags, Stat};
use std::path::PathBuf;

/// An open directory.
pub(super) struct Directory {
    dir: Dir,
    access: Access,
    /// The guest's name for it, where it is a mount.
    name: Option<String>,
}

/// How something is to be opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) lookup: LookupFlags,
    pub(super) open: OpenFlags,
    pub(super) flags: FdFlags,
    pub(super) mode: Mode,
}

/// What something is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
    ReadWrite,
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }
}

impl Directory {
    /// The directory of a mount.
    pub(super) fn mounted(directory: OwnedFd, access: Access, name: String) -> Self {
        Self {
            name: Some(name),
            ..Self::opened(directory, access)
        }
    }

    /// A directory that was opened under a mount.
    pub(super) fn opened(directory: OwnedFd, access: Access) -> Self {
        Self {
            dir: Dir::from_std_file(directory.into()),
            access,
            name: None,
        }
    }

    pub(super) fn access(&self) -> Access {
        self.access
    }

    /// The guest's name for it, where it is a mount.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Opens what is at a path.
    pub(super) fn open(&self, path: &str, opening: Opening) -> Result<OwnedFd, Errno> {
        let opening = match self.access {
            Access::ReadWrite => opening,
            Access::ReadOnly => self.unchanging(path, opening)?,
        };
        let reads = opening.mode != Mode::Write;
        let writes = opening.mode != Mode::Read;
        let opened = self.open_with(path, opening.lookup, opening.host_flags(), |options| {
            options.read(reads).write(writes)
        });
        match opened {
            Err(Errno::NOTDIR) if opening.open.contains(OpenFlags::DIRECTORY) => {
                self.open_found(path, opening)
            }
            opened => opened,
        }
    }

    /// Opens a directory in two steps. Where the host lacks `openat2`, cap-std takes a link to a
    /// directory for no directory when asked to open nothing else.
    fn open_found(&self, path: &str, opening: Opening) -> Result<OwnedFd, Errno> {
        let found = self.locate(path, opening.lookup)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(found, ".", flags, rustix::fs::Mode::empty());
        Ok(opened?)
    }

    /// The same opening as far as it changes nothing; what would change something is refused as on a
    /// file system that is mounted read-only.
    fn unchanging(&self, path: &str, opening: Opening) -> Result<Opening, Errno> {
        let changing = OpenFlags::CREATE | OpenFlags::TRUNCATE;
        if opening.mode == Mode::Read && !opening.open.intersects(changing) {
            return Ok(opening);
        }
        let creates = opening.open.contains(OpenFlags::CREATE);
        match self.locate(path, opening.lookup) {
            Ok(_) if creates && opening.open.contains(OpenFlags::EXCLUSIVE) => Err(Errno::EXIST),
            Ok(_) if opening.mode != Mode::Read => Err(Errno::ROFS),
            Ok(_) if opening.open.contains(OpenFlags::TRUNCATE) => Err(Errno::ROFS),
            Ok(_) => Ok(Opening {
                open: opening.open.difference(OpenFlags::CREATE),
                ..opening
            }),
            Err(Errno::NOENT) if creates => Err(Errno::ROFS),
            Err(error) => Err(error),
        }
    }

    /// Finds what is at a path, without opening it for anything but being named.
    pub(super) fn locate(&self, path: &str, lookup: LookupFlags) -> Result<OwnedFd, Errno> {
        self.open_with(path, lookup, OFlags::PATH, |options| options.read(true))
    }

    fn open_with(
        &self,
        path: &str,
        lookup: LookupFlags,
        flags: OFlags,
        set_mode: impl FnOnce(&mut OpenOptions) -> &mut OpenOptions,
    ) -> Result<OwnedFd, Errno> {
        let mut options = OpenOptions::new();
        set_mode(&mut options)
            .follow(match lookup.contains(LookupFlags::SYMLINK_FOLLOW) {
                true => FollowSymlinks::Yes,
                false => FollowSymlinks::No,
            })
            .custom_flags(flags.bits().cast_signed());
        Ok(self.dir.open_with(path, &options)?.into_std().into())
    }

    /// What is known of what is at a path.
    pub(super) fn stat(&self, path: &str, lookup: LookupFlags) -> Result<Stat, Errno> {
        // A name in this very directory is no way out of it, and needs no opening unless it is a link.
        let is_name = !matches!(path, "" | "..") && !path.contains('/');
        if is_name {
            let stat = rustix::fs::statat(&self.dir, path, AtFlags::SYMLINK_NOFOLLOW)?;
            let is_link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
            if !is_link || !lookup.contains(LookupFlags::SYMLINK_FOLLOW) {
                return Ok(stat);
            }
        }
        Ok(rustix::fs::fstat(self.locate(path, lookup)?)?)
    }

    pub(super) fn create_directory(&self, path: &str) -> Result<(), Errno> {
        Ok(self.dir.create_dir(path)?)
    }

    pub(super) fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        // POSIX lets a slash end the name of a directory that is to be removed; cap-std takes it for `/.`.
        let name = match path.trim_end_matches('/') {
            "" => path,
            name => name,
        };
        Ok(self.dir.remove_dir(name)?)
    }

    pub(super) fn unlink(&self, path: &str) -> Result<(), Errno> {
        Ok(self.dir.remove_file(path)?)
    }

    /// Makes a symbolic link. One to an absolute path, which no guest could follow, is refused: it might
    /// lead others astray.
    pub(super) fn symlink(&self, content: &str, path: &str) -> Result<(), Errno> {
        Ok(self.dir.symlink(content, path)?)
    }

    /// What a symbolic link holds, wherever that leads.
    pub(super) fn read_link(&self, path: &str) -> Result<PathBuf, Errno> {
        Ok(self.dir.read_link_contents(path)?)
    }

    pub(super) fn link(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Errno> {
        Ok(self.dir.hard_link(path, &to.dir, new_path)?)
    }

    pub(super) fn rename(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Errno> {
        // Only a directory can get a name that ends in a slash; cap-std drops it and would put a file in
        // another's place.
        if new_path.ends_with('/') {
            let stat = self.stat(path, LookupFlags::empty())?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                return Err(Errno::NOTDIR);
            }
        }
        Ok(self.dir.rename(path, &to.dir, new_path)?)
    }
}

impl Opening {
    /// What the host is asked for beside reading and writing. A terminal that a guest opens must not
    /// become the one that controls the runner.
    fn host_flags(self) -> OFlags {
        let mut flags = OFlags::NOCTTY;
        for (ours, host) in [
            (OpenFlags::CREATE, OFlags::CREATE),
            (OpenFlags::DIRECTORY, OFlags::DIRECTORY),
            // Without the other flag it means nothing.
            (OpenFlags::CREATE | OpenFlags::EXCLUSIVE, OFlags::EXCL),
            (OpenFlags::TRUNCATE, OFlags::TRUNC),
        ] {
            flags.set(host, self.open.contains(ours));
        }
        for (ours, host) in [
            (FdFlags::APPEND, OFlags::APPEND),
            (FdFlags::DSYNC, OFlags::DSYNC),
            (FdFlags::NONBLOCK, OFlags::NONBLOCK),
            (FdFlags::RSYNC | FdFlags::SYNC, OFlags::SYNC),
        ] {
            flags.set(host, self.flags.intersects(ours));
        }
        flags
    }
}
