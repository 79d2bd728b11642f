//! Removes a directory tree that a guest has made, and may still be changing. No symbolic link is followed. Nested
//! directories are moved to the top first, so a tree of any depth is removed with a few open descriptors and without
//! recursion, and no path in it is too long.

use cap_std::fs::{Dir as CapDir, Permissions, PermissionsExt};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, Dir, DirEntry, FileType, Mode, OFlags, fchmod, fstat, openat, renameat, statat,
    unlinkat,
};
use rustix::io::Errno as HostErrno;
use rustix::path::Arg;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Removes a directory and everything in it. Does nothing if it does not exist.
///
/// # Errors
///
/// The first error if a part cannot be removed. The rest is removed as far as possible.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let top = match open_directory(CWD, path) {
        Err(HostErrno::NOENT) => return Ok(()),
        opened => opened?,
    };
    let mut removal = Removal {
        top,
        next_name: 0,
        first_error: None,
    };
    removal.remove_entries()?;
    match unlinkat(CWD, path, AtFlags::REMOVEDIR) {
        Ok(()) | Err(HostErrno::NOENT) => Ok(()),
        Err(error) => Err(removal.first_error.unwrap_or_else(|| error.into())),
    }
}

/// The removal of a directory tree.
struct Removal {
    /// The directory to empty.
    top: OwnedFd,
    /// The next name for a directory that is moved to the top.
    next_name: u64,
    first_error: Option<io::Error>,
}

impl Removal {
    /// Removes all entries of the top directory.
    fn remove_entries(&mut self) -> io::Result<()> {
        let top = self.top.try_clone()?;
        self.clear(&top, |removal, entry| {
            let directory = open_writable_directory(&removal.top, entry)?;
            removal.clear(&directory, |removal, entry| {
                removal.move_to_top(&directory, entry)
            })?;
            unlinkat(&removal.top, entry.file_name(), AtFlags::REMOVEDIR)?;
            Ok(())
        })
    }

    /// Removes the files of a directory, and calls `remove_directory` for its directories, until nothing more can be
    /// removed.
    fn clear(
        &mut self,
        directory: &OwnedFd,
        remove_directory: impl Fn(&mut Self, &DirEntry) -> io::Result<()>,
    ) -> io::Result<()> {
        loop {
            let mut has_removed = false;
            for entry in Dir::read_from(directory)? {
                let entry = entry?;
                if matches!(entry.file_name().to_bytes(), b"." | b"..") {
                    continue;
                }
                let removed = match file_type(directory, &entry)? {
                    FileType::Directory => remove_directory(self, &entry),
                    _ => unlinkat(directory, entry.file_name(), AtFlags::empty())
                        .map_err(io::Error::from),
                };
                match removed {
                    Ok(()) => has_removed = true,
                    Err(error) => drop(self.first_error.get_or_insert(error)),
                }
            }
            // The listing may omit entries that were added meanwhile.
            if !has_removed {
                return Ok(());
            }
        }
    }

    fn move_to_top(&mut self, from: &OwnedFd, entry: &DirEntry) -> io::Result<()> {
        // Moving a directory requires write permission for it.
        open_writable_directory(from, entry)?;
        loop {
            let name = self.next_name.to_string();
            self.next_name += 1;
            match renameat(from, entry.file_name(), &self.top, name) {
                // The program has used that name.
                Err(HostErrno::EXIST | HostErrno::NOTEMPTY | HostErrno::NOTDIR) => {}
                moved => return Ok(moved?),
            }
        }
    }
}

/// The type of an entry. Some file systems do not list it.
fn file_type(directory: &OwnedFd, entry: &DirEntry) -> io::Result<FileType> {
    match entry.file_type() {
        FileType::Unknown => {
            let stat = statat(directory, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
            Ok(FileType::from_raw_mode(stat.st_mode))
        }
        known => Ok(known),
    }
}

/// Opens a directory to empty it. Gives its owner all permissions if one is missing, as with a umask of 777.
fn open_writable_directory(at: &OwnedFd, entry: &DirEntry) -> io::Result<OwnedFd> {
    let name = entry.file_name();
    let directory = match open_directory(at, name) {
        Err(HostErrno::ACCESS) => {
            // `CapDir` follows no link out of the directory.
            CapDir::from_std_file(File::from(at.try_clone()?)).set_permissions(
                OsStr::from_bytes(name.to_bytes()),
                Permissions::from_mode(0o700),
            )?;
            open_directory(at, name)?
        }
        opened => opened?,
    };
    let mode = Mode::from_raw_mode(fstat(&directory)?.st_mode);
    if !mode.contains(Mode::RWXU) {
        fchmod(&directory, Mode::RWXU)?;
    }
    Ok(directory)
}

fn open_directory(at: impl AsFd, name: impl Arg) -> Result<OwnedFd, HostErrno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, name, flags, Mode::empty())
}

#[cfg(test)]
mod tests {
    use super::{open_directory, remove};
    use rustix::fs::{Mode, mkdirat};
    use std::fs::{self, Permissions};
    use std::io;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_tree_of_every_kind_is_removed() -> io::Result<()> {
        let place = tempfile::tempdir()?;
        let outside = place.path().join("outside");
        fs::create_dir(&outside)?;
        fs::write(outside.join("kept"), "")?;
        let top = place.path().join("top");
        fs::create_dir(&top)?;
        // The names that directories get when they are moved to the top.
        for name in ["0", "1/2/3", "2/0/1", "3"] {
            fs::create_dir_all(top.join(name))?;
        }
        fs::write(top.join("4"), "")?;
        symlink(&outside, top.join("1/2/directory"))?;
        symlink(outside.join("kept"), top.join("file"))?;
        for (mode, name) in [
            (0o000, "closed"),
            (0o500, "read-only"),
            (0o300, "unreadable"),
        ] {
            fs::create_dir_all(top.join("1").join(name).join("sub/sub"))?;
            fs::write(top.join("1").join(name).join("file"), "")?;
            let permissions = Permissions::from_mode(mode);
            fs::set_permissions(top.join("1").join(name), permissions)?;
        }
        remove(&top)?;
        assert!(!top.exists());
        assert!(outside.join("kept").exists());
        remove(&top)
    }

    #[test]
    fn a_deep_tree_is_removed() -> io::Result<()> {
        let place = tempfile::tempdir()?;
        let top = place.path().join("top");
        fs::create_dir(&top)?;
        let mut directory = open_directory(rustix::fs::CWD, &top)?;
        // More levels than open descriptors, and than a path can have.
        for _ in 0..2100 {
            mkdirat(&directory, "d", Mode::RWXU)?;
            directory = open_directory(&directory, "d")?;
        }
        remove(&top)?;
        assert!(!top.exists());
        Ok(())
    }

    #[test]
    fn a_link_in_place_of_the_directory_is_not_followed() -> io::Result<()> {
        let place = tempfile::tempdir()?;
        fs::create_dir_all(place.path().join("outside/kept"))?;
        symlink("outside", place.path().join("top"))?;
        assert!(remove(&place.path().join("top")).is_err());
        assert!(place.path().join("outside/kept").exists());
        Ok(())
    }
}
