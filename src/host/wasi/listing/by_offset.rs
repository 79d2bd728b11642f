//! Linux: entries are read with getdents64(2), which returns the offset after each one. Offsets stay valid while files
//! are created and deleted, and continuing at one takes no time. Nothing else is kept between calls: entries that did
//! not fit into a buffer are read again for the next one.

use super::cookies::{self, CookieTable, DirectoryOffset};
use super::{EntryFit, HostEntry, guest_name};
use crate::host::wasi::Errno;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{RawDir, RawDirEntry, SeekFrom};
use rustix::io::Errno as HostErrno;

/// The number of bytes of the host's entries that are read at once: about the size of the guest's buffer, and at least
/// that of the longest entry.
const MIN_BLOCK_BYTES: usize = 512;
const MAX_BLOCK_BYTES: usize = 32 << 10;

/// The entries of an open directory.
pub(in crate::host::wasi) struct HostEntries {
    cookies: CookieTable,
}

impl HostEntries {
    pub(in crate::host::wasi) fn new() -> Self {
        Self {
            cookies: CookieTable::new(cookies::offset_space()),
        }
    }

    /// The entries of another directory of the same mount.
    pub(in crate::host::wasi) fn sibling(&self) -> Self {
        Self {
            cookies: self.cookies.sibling(),
        }
    }

    /// Calls `each` with the entries after a cookie until one does not fit. Reads about `size` bytes at once.
    pub(super) fn each_after(
        &mut self,
        directory: impl AsFd,
        cookie: u64,
        size: usize,
        mut each: impl FnMut(HostEntry<'_>) -> EntryFit,
    ) -> Result<(), Errno> {
        let directory = directory.as_fd();
        let offset = match self.cookies.find(cookie)? {
            Some(offset) => Some(offset),
            None => self.read_up_to(directory, cookie)?,
        };
        let Some(mut offset) = offset else {
            return Ok(());
        };
        read(directory, offset, size, |entry, name| {
            offset = self.cookies.after(offset, entry.next_entry_cookie());
            each(HostEntry {
                next: offset.cookie(),
                inode: entry.ino(),
                file_type: entry.file_type(),
                name,
            })
        })
    }

    /// Assigns cookies up to `cookie`, which is from an earlier listing. Returns its offset, or `None` if the directory
    /// has fewer entries.
    fn read_up_to(
        &mut self,
        directory: BorrowedFd<'_>,
        cookie: u64,
    ) -> Result<Option<DirectoryOffset>, Errno> {
        let mut last = self.cookies.last();
        read(directory, last, MAX_BLOCK_BYTES, |entry, _| {
            last = self.cookies.after(last, entry.next_entry_cookie());
            if last.cookie() >= cookie {
                EntryFit::Cut
            } else {
                EntryFit::Whole
            }
        })?;
        Ok((last.cookie() == cookie).then_some(last))
    }
}

/// Calls `each` with each of the host's entries after an offset, and its name, until one does not fit. Reads about `size`
/// bytes at once.
fn read(
    directory: BorrowedFd<'_>,
    offset: DirectoryOffset,
    size: usize,
    mut each: impl FnMut(&RawDirEntry<'_>, &str) -> EntryFit,
) -> Result<(), Errno> {
    match rustix::fs::seek(directory, SeekFrom::Start(offset.host)) {
        // The directory can be searched but not read.
        Err(HostErrno::BADF) => return Err(Errno::ACCES),
        sought => sought?,
    };
    let mut block = Vec::with_capacity(size.clamp(MIN_BLOCK_BYTES, MAX_BLOCK_BYTES));
    let mut entries = RawDir::new(directory, block.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = match entry {
            // A directory that was removed has no entries.
            Err(HostErrno::NOENT) => break,
            entry => entry?,
        };
        if let Some(name) = guest_name(entry.file_name())
            && each(&entry, name) == EntryFit::Cut
        {
            break;
        }
    }
    Ok(())
}
