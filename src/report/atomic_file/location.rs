//! The location of an output file: an open directory and a file name. Access is relative to the directory and does not
//! follow links, so that links created during the run cannot redirect it.

use super::file_identity::FileIdentity;
use crate::entropy;
use crate::file_id::FileId;
use crate::host::MAX_SYMLINKS;
use crate::open_flags;
use rustix::fs::{
    self, AtFlags, CWD, Mode, OFlags, RawMode, Stat, accessat, fchmod, fstat, openat, readlinkat,
    renameat, statat, unlinkat,
};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// An open directory and a file name in it. The file may not exist.
#[derive(Debug)]
pub(super) struct FileLocation {
    directory: OwnedFd,
    name: OsString,
}

/// The result of resolving a path, including links at its end.
pub(super) enum ResolvedPath {
    /// A file, or the location of a file to create.
    File(FileLocation),
    /// A descriptor of this process.
    Descriptor(i32),
    /// A link in /proc, whose target may differ from its text: see proc_pid_fd(5).
    ProcLink(FileLocation),
}

/// The permissions of a new file, before the umask.
const NEW_FILE_MODE: RawMode = 0o666;

/// Resolves a path. Opens only directories.
pub(super) fn resolve(path: &Path) -> io::Result<ResolvedPath> {
    resolve_until(path, None)
}

/// Resolves a path. Stops at a link whose own location is `stop_at`.
fn resolve_until(path: &Path, stop_at: Option<&FileIdentity>) -> io::Result<ResolvedPath> {
    let mut path = path.to_owned();
    let mut base: Option<OwnedFd> = None;
    for _ in 0..MAX_SYMLINKS {
        if let Some(number) = descriptor_number(&path) {
            return Ok(ResolvedPath::Descriptor(number));
        }
        let location = FileLocation::open(base.as_ref(), &path)?;
        if stop_at.is_some() && location.new_file_identity().ok().as_ref() == stop_at {
            return Ok(ResolvedPath::File(location));
        }
        let Some(link_target) = location.link_target()? else {
            return Ok(ResolvedPath::File(location));
        };
        if is_in_proc(&location.directory)? {
            return Ok(ResolvedPath::ProcLink(location));
        }
        (path, base) = (link_target, Some(location.directory));
    }
    Err(Errno::LOOP.into())
}

/// Whether a directory is in /proc.
#[cfg(target_os = "linux")]
fn is_in_proc(directory: &OwnedFd) -> io::Result<bool> {
    Ok(fs::fstatfs(directory)?.f_type == fs::PROC_SUPER_MAGIC)
}

/// Whether a directory is in /proc, which only Linux has.
#[cfg(not(target_os = "linux"))]
fn is_in_proc(_: &OwnedFd) -> io::Result<bool> {
    Ok(false)
}

/// The descriptor of this process that a path names.
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

impl FileLocation {
    /// Opens the directory of a path. The path is relative to `base`, by default the working directory.
    fn open(base: Option<&OwnedFd>, path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(Errno::ISDIR)?;
        // `file_name` ignores these endings, which only a directory can have.
        let bytes = path.as_os_str().as_bytes();
        if bytes.ends_with(b"/") || bytes.ends_with(b"/.") {
            return Err(Errno::ISDIR.into());
        }
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let directory = openat(
            base.map_or(CWD, AsFd::as_fd),
            parent.unwrap_or(Path::new(".")),
            open_flags::SEARCH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(Self {
            directory,
            name: name.to_owned(),
        })
    }

    /// The target of the link at this location; `None` if there is no link here.
    fn link_target(&self) -> io::Result<Option<PathBuf>> {
        match readlinkat(&self.directory, &self.name, Vec::new()) {
            Ok(target) => Ok(Some(OsString::from_vec(target.into_bytes()).into())),
            Err(Errno::INVAL | Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The status of the file at this location; `None` if it does not exist.
    pub(super) fn stat(&self) -> io::Result<Option<Stat>> {
        match statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The identity of the file at this location while it does not exist.
    pub(super) fn new_file_identity(&self) -> io::Result<FileIdentity> {
        Ok(FileIdentity::NotYetCreated {
            directory: FileId::of_open(&self.directory)?,
            name: self.name.clone(),
        })
    }

    /// Checks that files can be created in the directory.
    pub(super) fn check_writable_directory(&self) -> io::Result<()> {
        // A directory that was removed, such as a shell's working directory, has a link count of 0. No file can be created
        // in it.
        if fstat(&self.directory)?.st_nlink == 0 {
            return Err(Errno::NOENT.into());
        }
        let access = fs::Access::WRITE_OK | fs::Access::EXEC_OK;
        Ok(accessat(&self.directory, ".", access, AtFlags::empty())?)
    }

    /// Checks that `path` still leads to this location. The file at this location may have changed.
    pub(super) fn check_path(&self, path: &Path) -> io::Result<()> {
        let here = self.new_file_identity()?;
        let now = match resolve_until(path, Some(&here)) {
            Ok(ResolvedPath::File(location)) => location.new_file_identity().ok(),
            _ => None,
        };
        if now == Some(here) {
            return Ok(());
        }
        Err(io::Error::other(
            "its directory was moved or replaced during the run",
        ))
    }

    /// Opens the file for writing, without blocking.
    pub(super) fn open_file(&self, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(openat(&self.directory, &self.name, flags, Mode::empty())?.into())
    }

    /// Opens the file for reading, without blocking. It is created if `flags` say so.
    pub(super) fn open_to_read(&self, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(NEW_FILE_MODE);
        Ok(openat(&self.directory, &self.name, flags, mode)?.into())
    }

    /// Creates the file, which must not exist.
    pub(super) fn create(&self) -> io::Result<File> {
        self.create_as(&self.name, Mode::from_raw_mode(NEW_FILE_MODE))
    }

    /// Replaces the file atomically: writes a temporary file in the same directory, and renames it. The file gets the
    /// permissions `mode`, by default those of a new file.
    pub(super) fn replace(&self, content: &[u8], mode: Option<Mode>) -> io::Result<()> {
        let mut random = [0; 8];
        entropy::fill(&mut random)?;
        let temporary = format!(".tinyrun-{:016x}", u64::from_ne_bytes(random));
        let temporary = OsStr::new(&temporary);
        let initial_mode = match mode {
            Some(_) => Mode::RUSR | Mode::WUSR,
            None => Mode::from_raw_mode(NEW_FILE_MODE),
        };
        let file = self.create_as(temporary, initial_mode)?;
        let replaced = self.fill_and_rename(file, temporary, content, mode);
        if replaced.is_err() {
            let _ = unlinkat(&self.directory, temporary, AtFlags::empty());
        }
        replaced
    }

    fn fill_and_rename(
        &self,
        mut file: File,
        temporary: &OsStr,
        content: &[u8],
        mode: Option<Mode>,
    ) -> io::Result<()> {
        file.write_all(content)?;
        if let Some(mode) = mode {
            fchmod(&file, mode)?;
        }
        let directory = &self.directory;
        Ok(renameat(directory, temporary, directory, &self.name)?)
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
    fn paths_of_descriptors() {
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
