//! Directories: the one way from a guest's path to the host's files. cap-std follows a path inside its
//! directory only, links and `..` included, whatever is changed under way.

use super::Errno;
use super::flags::{FdFlags, LookupFlags, OpenFlags};
use super::links::{self, Expanded, LastLink};
use super::positions::{self, Positions};
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
    /// The guest's name for it, where it is a mount.
    name: Option<String>,
    /// The root of its mount, where that is named `/`, so that absolute links lead there.
    root: Option<Rc<Dir>>,
    /// The positions in it that the guest may know.
    pub(super) positions: Positions,
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
        let dir = Rc::new(Dir::from_std_file(directory.into()));
        Self {
            root: (name == "/").then(|| Rc::clone(&dir)),
            dir,
            access,
            name: Some(name),
            positions: Positions::within(positions::bound()),
        }
    }

    /// A directory that was opened below this one.
    pub(super) fn below(&self, directory: OwnedFd) -> Self {
        Self {
            dir: Rc::new(Dir::from_std_file(directory.into())),
            access: self.access,
            name: None,
            root: self.root.clone(),
            positions: self.positions.beside(),
        }
    }

    /// The host's directory, for as long as it is used.
    pub(super) fn share(&self) -> Rc<Dir> {
        Rc::clone(&self.dir)
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
        let mut options = OpenOptions::new();
        options.read(reads).write(writes);
        let opened = self.open_with(path, opening.lookup, opening.host_flags(), options);
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
        let mut options = OpenOptions::new();
        options.read(true);
        self.open_with(path, lookup, OFlags::PATH, options)
    }

    fn open_with(
        &self,
        path: &str,
        lookup: LookupFlags,
        flags: OFlags,
        mut options: OpenOptions,
    ) -> Result<OwnedFd, Errno> {
        let follows = lookup.contains(LookupFlags::SYMLINK_FOLLOW);
        options
            .follow(match follows {
                true => FollowSymlinks::Yes,
                false => FollowSymlinks::No,
            })
            .custom_flags(flags.bits().cast_signed());
        // A slash at the end stands for what the link leads to.
        let follows = follows || path.ends_with('/');
        let last_link = match follows && !flags.contains(OFlags::EXCL) {
            true => LastLink::Follow,
            false => LastLink::Keep,
        };
        let file = self.at(path, last_link, |dir, path| dir.open_with(path, &options))?;
        Ok(file.into_std().into())
    }

    /// Does `call` with a path in this directory, and once more where it takes absolute links.
    fn at<R>(
        &self,
        path: &str,
        last_link: LastLink,
        call: impl Fn(&Dir, &Path) -> io::Result<R>,
    ) -> Result<R, Errno> {
        match call(&self.dir, Path::new(path)).map_err(Errno::from) {
            Err(Errno::PERM) if self.root.is_some() => {
                let to = self.expand(path, last_link)?;
                Ok(call(&to.from, &to.path)?)
            }
            done => done,
        }
    }

    /// Does `call` with a path in this directory and one in another, and once more where they take absolute
    /// links.
    fn between(
        &self,
        path: &str,
        to: &Self,
        new_path: &str,
        call: impl Fn(&Dir, &Path, &Dir, &Path) -> io::Result<()>,
    ) -> Result<(), Errno> {
        let done = call(&self.dir, Path::new(path), &to.dir, Path::new(new_path));
        match done.map_err(Errno::from) {
            Err(Errno::PERM) if self.root.is_some() || to.root.is_some() => {
                let old = self.expand(path, LastLink::Keep)?;
                let new = to.expand(new_path, LastLink::Keep)?;
                Ok(call(&old.from, &old.path, &new.from, &new.path)?)
            }
            done => done,
        }
    }

    fn expand(&self, path: &str, last_link: LastLink) -> Result<Expanded, Errno> {
        match &self.root {
            Some(root) => links::expand(&self.dir, root, path, last_link),
            None => Ok(Expanded {
                from: Rc::clone(&self.dir),
                path: PathBuf::from(path),
            }),
        }
    }

    /// What is known of what is at a path.
    pub(super) fn stat(&self, path: &str, lookup: LookupFlags) -> Result<Stat, Errno> {
        // A name in this very directory is no way out of it, and needs no opening unless it is a link.
        let is_name = !matches!(path, "" | "..") && !path.contains('/');
        if is_name {
            let stat = rustix::fs::statat(&*self.dir, path, AtFlags::SYMLINK_NOFOLLOW)?;
            let is_link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
            if !is_link || !lookup.contains(LookupFlags::SYMLINK_FOLLOW) {
                return Ok(stat);
            }
        }
        Ok(rustix::fs::fstat(self.locate(path, lookup)?)?)
    }

    pub(super) fn create_directory(&self, path: &str) -> Result<(), Errno> {
        self.at(path, LastLink::Keep, |dir, path| dir.create_dir(path))
    }

    pub(super) fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        // POSIX lets a slash end the name of a directory that is to be removed; cap-std takes it for `/.`.
        let name = match path.trim_end_matches('/') {
            "" => path,
            name => name,
        };
        self.at(name, LastLink::Keep, |dir, name| dir.remove_dir(name))
    }

    pub(super) fn unlink(&self, path: &str) -> Result<(), Errno> {
        self.at(path, LastLink::Keep, |dir, path| dir.remove_file(path))
    }

    /// Makes a symbolic link. One to an absolute path is refused: outside of the guest it might lead others
    /// astray.
    pub(super) fn symlink(&self, content: &str, path: &str) -> Result<(), Errno> {
        self.at(path, LastLink::Keep, |dir, path| dir.symlink(content, path))
    }

    /// What a symbolic link holds, wherever that leads.
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
        // Only a directory can get a name that ends in a slash; cap-std drops it and would put a file in
        // another's place.
        if new_path.ends_with('/') {
            let stat = self.stat(path, LookupFlags::empty())?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                return Err(Errno::NOTDIR);
            }
        }
        self.between(path, to, new_path, |dir, path, to, new_path| {
            dir.rename(path, to, new_path)
        })
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
