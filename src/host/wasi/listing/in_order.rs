//! The portable way: entries are read in order with readdir(3), and a cookie is the number of an entry. On macOS, an
//! entry's offset is valid only until the directory changes. The stream stays open until the listing ends, so the usual
//! listing, from the first entry to the last, reads each entry once. To continue before the last entry that was read, the
//! directory is read again from its start.

use super::{EntryFit, FIRST_COOKIE, HostEntry, guest_name};
use crate::host::wasi::Errno;
use rustix::fd::AsFd;
use rustix::fs::{Dir, DirEntry, Mode, OFlags};
use rustix::io::Errno as HostErrno;

/// The largest cookie that is valid after the entries up to it were deleted.
const MAX_PAST_COOKIE: u64 = 1 << 20;

/// The entries of an open directory.
pub(in crate::host::wasi) struct HostEntries {
    stream: Option<Listing>,
}

/// A listing that has begun.
struct Listing {
    entries: Dir,
    /// The last entry that was read, if it did not fit.
    unlisted: Option<DirEntry>,
    /// The cookie of the entry to read next.
    cookie: u64,
}

impl HostEntries {
    pub(in crate::host::wasi) fn new() -> Self {
        Self { stream: None }
    }

    /// The entries of another directory of the same mount.
    pub(in crate::host::wasi) fn sibling(&self) -> Self {
        Self::new()
    }

    /// Calls `each` with the entries after a cookie until one does not fit.
    ///
    /// # Errors
    ///
    /// `INVAL` if no cookie can be that large.
    pub(super) fn each_after(
        &mut self,
        directory: impl AsFd,
        cookie: u64,
        _size: usize,
        mut each: impl FnMut(HostEntry<'_>) -> EntryFit,
    ) -> Result<(), Errno> {
        let stream = match self.stream.take() {
            Some(stream) if cookie > FIRST_COOKIE && stream.cookie <= cookie => Some(stream),
            _ => Listing::open(directory)?,
        };
        let Some(mut stream) = stream else {
            return Ok(());
        };
        while let Some(entry) = stream.read()? {
            let Some(name) = guest_name(entry.file_name()) else {
                continue;
            };
            let next = stream.cookie + 1;
            let listed = HostEntry {
                next,
                inode: entry.ino(),
                file_type: entry.file_type(),
                name,
            };
            if stream.cookie >= cookie && each(listed) == EntryFit::Cut {
                stream.unlisted = Some(entry);
                self.stream = Some(stream);
                return Ok(());
            }
            stream.cookie = next;
        }
        if cookie > MAX_PAST_COOKIE.max(stream.cookie) {
            return Err(Errno::INVAL);
        }
        Ok(())
    }
}

impl Listing {
    /// Begins a listing; `None` if the directory was removed.
    fn open(directory: impl AsFd) -> Result<Option<Self>, HostErrno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = match rustix::fs::openat(directory, ".", flags, Mode::empty()) {
            Err(HostErrno::NOENT) => return Ok(None),
            opened => opened?,
        };
        Ok(Some(Self {
            entries: Dir::new(directory)?,
            unlisted: None,
            cookie: FIRST_COOKIE,
        }))
    }

    fn read(&mut self) -> Result<Option<DirEntry>, HostErrno> {
        match self.unlisted.take() {
            Some(entry) => Ok(Some(entry)),
            None => self.entries.read().transpose(),
        }
    }
}
