//! Where an output file is: a directory, which is held open, and a name in it. What is done there goes
//! through the held directory and follows no link.

use super::identity::Identity;
use crate::file_id::FileId;
use rustix::fs::{
    self, AtFlags, CWD, Mode, OFlags, PROC_SUPER_MAGIC, RawMode, Stat, accessat, fchmod, fstat,
    fstatfs, openat, readlinkat, renameat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A name in a directory.
#[derive(Debug)]
pub(super) struct Place {
    directory: OwnedFd,
    name: OsString,
}

/// Where a path leads, the links at its end followed.
pub(super) enum Location {
    /// To a file, or to where one can be created.
    Place(Place),
    /// To a descriptor of this process.
    Descriptor(i32),
    /// To a link of /proc, which leads where its text does not.
    SystemLink(Place),
}

/// How many links are followed: as many as Linux follows.
const MAX_LINKS: usize = 40;

/// What a new file is permitted, before the umask: what any program's is.
const NEW_FILE: RawMode = 0o666;

/// Finds where a path leads. Nothing is opened but directories.
pub(super) fn locate(path: &Path) -> io::Result<Location> {
    follow(path, None)
}

/// Follows the links at the end of a path, up to a place if that is on the way.
fn follow(path: &Path, up_to: Option<&Identity>) -> io::Result<Location> {
    let mut path = path.to_owned();
    let mut base: Option<OwnedFd> = None;
    for _ in 0..MAX_LINKS {
        if let Some(number) = descriptor_number(&path) {
            return Ok(Location::Descriptor(number));
        }
        let place = Place::open_directory(base.as_ref(), &path)?;
        if up_to.is_some() && place.identity().ok().as_ref() == up_to {
            return Ok(Location::Place(place));
        }
        let Some(target) = place.link_target()? else {
            return Ok(Location::Place(place));
        };
        if fstatfs(&place.directory)?.f_type == PROC_SUPER_MAGIC {
            return Ok(Location::SystemLink(place));
        }
        (path, base) = (target, Some(place.directory));
    }
    Err(Errno::LOOP.into())
}

/// The number of the process's own descriptor that a path names.
fn descriptor_number(path: &Path) -> Option<i32> {
    match path.to_str()? {
        "/dev/stdin" => Some(libc::STDIN_FILENO),
        "/dev/stdout" => Some(libc::STDOUT_FILENO),
        "/dev/stderr" => Some(libc::STDERR_FILENO),
        path => {
            let number = path
                .strip_prefix("/dev/fd/")
                .or_else(|| path.strip_prefix("/proc/self/fd/"))?;
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse().ok().filter(|_| is_number)
        }
    }
}

impl Place {
    /// Opens the directory of a path that is relative to another directory, by default the working one.
    fn open_directory(base: Option<&OwnedFd>, path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(Errno::ISDIR)?;
        if path.as_os_str().as_bytes().ends_with(b"/") {
            return Err(Errno::ISDIR.into());
        }
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let directory = openat(
            base.map_or(CWD, AsFd::as_fd),
            parent.unwrap_or(Path::new(".")),
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(Self {
            directory,
            name: name.to_owned(),
        })
    }

    /// What the link of this name holds; `None` where there is none.
    fn link_target(&self) -> io::Result<Option<PathBuf>> {
        match readlinkat(&self.directory, &self.name, Vec::new()) {
            Ok(target) => Ok(Some(OsString::from_vec(target.into_bytes()).into())),
            Err(Errno::INVAL | Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What is known of the file of this name; `None` where there is none.
    pub(super) fn status(&self) -> io::Result<Option<Stat>> {
        match statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(status) => Ok(Some(status)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The name, as distinct from the same name in other directories.
    pub(super) fn identity(&self) -> io::Result<Identity> {
        Ok(Identity::Name {
            directory: FileId::of_open(&self.directory)?,
            name: self.name.clone(),
        })
    }

    /// Checks that files can be created in the directory.
    pub(super) fn expect_writable_directory(&self) -> io::Result<()> {
        // Nothing can be created in a directory that was removed, such as a working directory.
        if fstat(&self.directory)?.st_nlink == 0 {
            return Err(Errno::NOENT.into());
        }
        let access = fs::Access::WRITE_OK | fs::Access::EXEC_OK;
        Ok(accessat(&self.directory, ".", access, AtFlags::empty())?)
    }

    /// Checks that a path still leads here, whatever has this name by now.
    pub(super) fn expect_at(&self, path: &Path) -> io::Result<()> {
        let here = self.identity()?;
        let now = match follow(path, Some(&here)) {
            Ok(Location::Place(place)) => place.identity().ok(),
            _ => None,
        };
        match now == Some(here) {
            true => Ok(()),
            false => Err(io::Error::other(
                "its directory was moved or replaced during the run",
            )),
        }
    }

    /// Opens the file of this name for writing, without waiting for anything.
    pub(super) fn open(&self, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(openat(&self.directory, &self.name, flags, Mode::empty())?.into())
    }

    /// Creates the file of this name, which must not exist.
    pub(super) fn create(&self) -> io::Result<File> {
        self.create_as(&self.name, Mode::from_raw_mode(NEW_FILE))
    }

    /// Replaces the file of this name by a new one with this content, which is as open to others as `mode`
    /// says, or else as any new file.
    pub(super) fn replace(&self, content: &[u8], mode: Option<Mode>) -> io::Result<()> {
        let mut random = [0; 8];
        getrandom(&mut random, GetRandomFlags::empty())?;
        let temporary = format!(".tinyrun-{:016x}", u64::from_ne_bytes(random));
        let temporary = OsStr::new(&temporary);
        let first = mode.map_or(Mode::from_raw_mode(NEW_FILE), |_| Mode::RUSR | Mode::WUSR);
        let mut file = self.create_as(temporary, first)?;
        let replaced = file
            .write_all(content)
            .and_then(|()| Ok(mode.map_or(Ok(()), |mode| fchmod(&file, mode))?))
            .and_then(|()| {
                Ok(renameat(
                    &self.directory,
                    temporary,
                    &self.directory,
                    &self.name,
                )?)
            });
        if replaced.is_err() {
            let _ = unlinkat(&self.directory, temporary, AtFlags::empty());
        }
        replaced
    }

    fn create_as(&self, name: &OsStr, mode: Mode) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(openat(&self.directory, name, flags, mode)?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::descriptor_number;
    use std::path::Path;

    #[test]
    fn descriptors_are_named_by_number() {
        for (path, number) in [
            ("/dev/stdout", Some(1)),
            ("/dev/stderr", Some(2)),
            ("/dev/fd/63", Some(63)),
            ("/proc/self/fd/3", Some(3)),
            ("/dev/fd/", None),
            ("/dev/fd/+1", None),
            ("/dev/fd/1/x", None),
            ("/dev/fd/99999999999", None),
            ("dev/stdout", None),
        ] {
            assert_eq!(descriptor_number(Path::new(path)), number, "{path}");
        }
    }
}
