//! Directories: the only way from a guest's path to the host's files. cap-std keeps a path inside its directory, even
//! if it contains links or `..` and other processes change the directory at the same time. It uses `openat2` with
//! `RESOLVE_BENEATH` (<https://man7.org/linux/man-pages/man2/openat2.2.html>), or opens one component at a time if the
//! host does not have it.

use super::Errno;
use super::flags::{Fdflags, Lookupflags, Oflags};
use super::listing::HostEntries;
use super::located::Located;
use super::symlinks::{self, Expanded, LastLink};
use crate::host::Access;
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, OFlags, Stat};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// An open directory.
pub(super) struct Directory {
    dir: Rc<Dir>,
    access: Access,
    /// The guest's name of the directory; `None` if it is not a mount.
    name: Option<String>,
    /// The root of the mount, if the mount is named `/`. Absolute links are resolved from it.
    root: Option<Rc<Dir>>,
    pub(super) entries: HostEntries,
}

/// How to open a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenRequest {
    pub(super) lookup: Lookupflags,
    pub(super) oflags: Oflags,
    pub(super) fdflags: Fdflags,
    pub(super) mode: OpenMode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenMode {
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
        let dir = Rc::new(Dir::from_std_file(directory.into()));
        Self {
            root: (name == "/").then(|| Rc::clone(&dir)),
            dir,
            access,
            name: Some(name),
            entries: HostEntries::new(),
        }
    }

    /// A directory that was opened below this one.
    pub(super) fn child(&self, directory: OwnedFd) -> Self {
        Self {
            dir: Rc::new(Dir::from_std_file(directory.into())),
            access: self.access,
            name: None,
            root: self.root.clone(),
            entries: self.entries.sibling(),
        }
    }

    /// Shares the host's directory, so that it can be read while `self` is changed.
    pub(super) fn share(&self) -> Rc<Dir> {
        Rc::clone(&self.dir)
    }

    pub(super) fn access(&self) -> Access {
        self.access
    }

    /// The guest's name of the directory; `None` if it is not a mount.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(super) fn open(&self, path: &str, request: OpenRequest) -> Result<OwnedFd, Errno> {
        let request = match self.access {
            Access::ReadWrite | Access::Temporary => request,
            Access::ReadOnly => self.read_only(path, request)?,
        };
        let reads = request.mode != OpenMode::Write;
        let writes = request.mode != OpenMode::Read;
        let mut options = OpenOptions::new();
        options.read(reads).write(writes);
        let opened = self.open_with(path, request.lookup, request.host_flags(), options);
        match opened {
            Err(Errno::NOTDIR) if request.oflags.contains(Oflags::DIRECTORY) => {
                self.open_in_two_steps(path, request)
            }
            opened => opened,
        }
    }

    /// Finds a directory before it opens it. Without `openat2`, cap-std 4.0 passes `O_DIRECTORY` with `O_NOFOLLOW` for
    /// the last component, so a link to a directory is `ENOTDIR`:
    /// <https://github.com/bytecodealliance/cap-std/blob/v4.0.2/cap-primitives/src/rustix/fs/open_unchecked.rs>.
    fn open_in_two_steps(&self, path: &str, request: OpenRequest) -> Result<OwnedFd, Errno> {
        Ok(self.locate(path, request.lookup)?.open_directory()?)
    }

    /// Adapts a request to a read-only mount. A request that would change anything fails as on a read-only file system.
    fn read_only(&self, path: &str, request: OpenRequest) -> Result<OpenRequest, Errno> {
        let changing = Oflags::CREAT | Oflags::TRUNC;
        if request.mode == OpenMode::Read && !request.oflags.intersects(changing) {
            return Ok(request);
        }
        let creates = request.oflags.contains(Oflags::CREAT);
        match self.locate(path, request.lookup) {
            Ok(_) if creates && request.oflags.contains(Oflags::EXCL) => Err(Errno::EXIST),
            Ok(_) if request.mode != OpenMode::Read => Err(Errno::ROFS),
            Ok(_) if request.oflags.contains(Oflags::TRUNC) => Err(Errno::ROFS),
            Ok(_) => Ok(OpenRequest {
                oflags: request.oflags.difference(Oflags::CREAT),
                ..request
            }),
            Err(Errno::NOENT) if creates => Err(Errno::ROFS),
            Err(error) => Err(error),
        }
    }

    /// Finds the file or directory at a path.
    pub(super) fn locate(&self, path: &str, lookup: Lookupflags) -> Result<Located, Errno> {
        let last_link = last_link(path, lookup);
        self.at(path, last_link, |dir, path| {
            Located::find(dir, path, last_link)
        })
    }

    fn open_with(
        &self,
        path: &str,
        lookup: Lookupflags,
        flags: OFlags,
        mut options: OpenOptions,
    ) -> Result<OwnedFd, Errno> {
        options
            .follow(if lookup.contains(Lookupflags::SYMLINK_FOLLOW) {
                FollowSymlinks::Yes
            } else {
                FollowSymlinks::No
            })
            .custom_flags(flags.bits().cast_signed());
        let last_link = if flags.contains(OFlags::EXCL) {
            LastLink::Keep
        } else {
            last_link(path, lookup)
        };
        let file = self.at(path, last_link, |dir, path| dir.open_with(path, &options))?;
        Ok(file.into_std().into())
    }

    /// Calls `call` with a path in this directory. If the path contains absolute links, calls it again with the
    /// expanded path.
    fn at<R>(
        &self,
        path: &str,
        last_link: LastLink,
        call: impl Fn(&Dir, &Path) -> io::Result<R>,
    ) -> Result<R, Errno> {
        match call(&self.dir, Path::new(path)).map_err(Errno::from) {
            Err(Errno::PERM) if self.root.is_some() => {
                let expanded = self.expand(path, last_link)?;
                Ok(call(&expanded.from, &expanded.path)?)
            }
            result => result,
        }
    }

    /// Calls `call` with a path in this directory and one in another. If they contain absolute links, calls it again
    /// with the expanded paths.
    fn between(
        &self,
        path: &str,
        to: &Self,
        new_path: &str,
        call: impl Fn(&Dir, &Path, &Dir, &Path) -> io::Result<()>,
    ) -> Result<(), Errno> {
        let result = call(&self.dir, Path::new(path), &to.dir, Path::new(new_path));
        match result.map_err(Errno::from) {
            Err(Errno::PERM) if self.root.is_some() || to.root.is_some() => {
                let old = self.expand(path, LastLink::Keep)?;
                let new = to.expand(new_path, LastLink::Keep)?;
                Ok(call(&old.from, &old.path, &new.from, &new.path)?)
            }
            result => result,
        }
    }

    fn expand(&self, path: &str, last_link: LastLink) -> Result<Expanded, Errno> {
        match &self.root {
            Some(root) => symlinks::expand(&self.dir, root, path, last_link),
            None => Ok(Expanded {
                from: Rc::clone(&self.dir),
                path: PathBuf::from(path),
            }),
        }
    }

    /// The attributes of the file or directory at a path.
    pub(super) fn stat(&self, path: &str, lookup: Lookupflags) -> Result<Stat, Errno> {
        // A single name cannot lead out of this directory, unless it is a link, so one system call is enough.
        let is_name = !matches!(path, "" | "..") && !path.contains('/');
        if is_name {
            let stat = rustix::fs::statat(&*self.dir, path, AtFlags::SYMLINK_NOFOLLOW)?;
            let is_link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
            if !is_link || !lookup.contains(Lookupflags::SYMLINK_FOLLOW) {
                return Ok(stat);
            }
        }
        Ok(self.locate(path, lookup)?.stat()?)
    }

    pub(super) fn create_directory(&self, path: &str) -> Result<(), Errno> {
        self.at(path, LastLink::Keep, |dir, path| dir.create_dir(path))
    }

    pub(super) fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        // POSIX allows a final slash in a directory's name, but cap-std treats it as `/.`, which cannot be removed.
        let name = match path.trim_end_matches('/') {
            "" => path,
            name => name,
        };
        self.at(name, LastLink::Keep, |dir, name| dir.remove_dir(name))
    }

    pub(super) fn unlink(&self, path: &str) -> Result<(), Errno> {
        let removed = self.at(path, LastLink::Keep, |dir, path| dir.remove_file(path));
        match removed {
            // macOS has POSIX's error for a directory, and Linux the one that WASI programs expect.
            Err(Errno::PERM) if self.is_directory(path) => Err(Errno::ISDIR),
            removed => removed,
        }
    }

    fn is_directory(&self, path: &str) -> bool {
        self.stat(path, Lookupflags::empty())
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
    }

    /// Creates a symbolic link. cap-std refuses an absolute target, which would be another file for the host's programs
    /// than for the guest.
    pub(super) fn symlink(&self, content: &str, path: &str) -> Result<(), Errno> {
        self.at(path, LastLink::Keep, |dir, path| dir.symlink(content, path))
    }

    /// The content of a symbolic link, even if it leads out of the mount.
    pub(super) fn read_link(&self, path: &str) -> Result<PathBuf, Errno> {
        self.at(path, LastLink::Keep, |dir, path| {
            dir.read_link_contents(path)
        })
    }

    pub(super) fn link(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Errno> {
        self.between(path, to, new_path, |dir, path, to, new_path| {
            dir.hard_link(path, to, new_path)
        })
    }

    pub(super) fn rename(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Errno> {
        // Only a directory may get a name with a final slash. cap-std drops the slash and would replace a file.
        if new_path.ends_with('/') {
            let stat = self.stat(path, Lookupflags::empty())?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                return Err(Errno::NOTDIR);
            }
        }
        self.between(path, to, new_path, |dir, path, to, new_path| {
            dir.rename(path, to, new_path)
        })
    }
}

/// What to do with a link at the end of a path. A final slash follows it:
/// <https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap04.html#tag_04_16>.
fn last_link(path: &str, lookup: Lookupflags) -> LastLink {
    if lookup.contains(Lookupflags::SYMLINK_FOLLOW) || path.ends_with('/') {
        LastLink::Follow
    } else {
        LastLink::Keep
    }
}

impl OpenRequest {
    /// The host's flags without the mode. With `O_NOCTTY`, a terminal that the guest opens does not become the runner's
    /// controlling terminal.
    fn host_flags(self) -> OFlags {
        let mut flags = OFlags::NOCTTY;
        for (guest, host) in [
            (Oflags::CREAT, OFlags::CREATE),
            (Oflags::DIRECTORY, OFlags::DIRECTORY),
            // `O_EXCL` without `O_CREAT` is undefined.
            (Oflags::CREAT | Oflags::EXCL, OFlags::EXCL),
            (Oflags::TRUNC, OFlags::TRUNC),
        ] {
            flags.set(host, self.oflags.contains(guest));
        }
        for (guest, host) in [
            (Fdflags::APPEND, OFlags::APPEND),
            (Fdflags::DSYNC, OFlags::DSYNC),
            (Fdflags::NONBLOCK, OFlags::NONBLOCK),
            (Fdflags::RSYNC | Fdflags::SYNC, OFlags::SYNC),
        ] {
            flags.set(host, self.fdflags.intersects(guest));
        }
        flags
    }
}
