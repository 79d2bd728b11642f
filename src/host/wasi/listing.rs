//! Listing a directory, page by page. A page begins where the guest says, by the cookie of the entry
//! before it. The cookies stand for the host's own positions, which stay true while files come and go, so
//! that a listing costs what it lists. Nothing else is kept between pages: what the host read beyond the end
//! of a page is read again for the next.

use super::directory::Directory;
use super::flags::Rights;
use super::positions::{FIRST, Position};
use super::stat::file_type;
use super::{Answer, Errno, Memory, Wasi};
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, FileType, RawDir, RawDirEntry, SeekFrom};
use rustix::io::Errno as HostErrno;
use std::ffi::CStr;
use std::ops::ControlFlow;

/// The size of what goes before an entry's name.
const HEADER: usize = 24;

/// How much of the host's entries is read at once: about a page, and at least the longest entry.
const BLOCK: std::ops::RangeInclusive<usize> = 512..=32 << 10;

/// A page of a listing, as far as it is still empty.
struct Page<'p> {
    rest: &'p mut [u8],
}

/// Whether an entry was put into a page whole.
#[derive(PartialEq, Eq)]
enum Fit {
    Whole,
    /// The page is full, and the entry is to be told again.
    Cut,
}

impl Page<'_> {
    /// Puts an entry: its header and its name. `next` is the cookie that goes on behind it.
    fn put(&mut self, next: u64, inode: u64, kind: FileType, name: &str) -> Fit {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&next.to_le_bytes());
        header[8..16].copy_from_slice(&inode.to_le_bytes());
        // A name has 255 bytes at most.
        header[16..20].copy_from_slice(&(name.len() as u32).to_le_bytes());
        header[20] = file_type(kind);
        self.fill(&header);
        match self.fill(name.as_bytes()) {
            _ if self.rest.is_empty() => Fit::Cut,
            fit => fit,
        }
    }

    fn fill(&mut self, bytes: &[u8]) -> Fit {
        let fits = bytes.len().min(self.rest.len());
        let (filled, rest) = std::mem::take(&mut self.rest).split_at_mut(fits);
        filled.copy_from_slice(&bytes[..fits]);
        self.rest = rest;
        match fits == bytes.len() {
            true => Fit::Whole,
            false => Fit::Cut,
        }
    }
}

impl Directory {
    /// Fills a page from a cookie on.
    fn list(&mut self, mut cookie: u64, page: &mut Page<'_>) -> Result<(), Errno> {
        if cookie == 0 {
            let inode = rustix::fs::fstat(&*self)?.st_ino;
            if page.put(1, inode, FileType::Directory, ".") == Fit::Cut {
                return Ok(());
            }
            cookie = 1;
        }
        if cookie == 1 {
            // What lies above is not the guest's to know; C libraries take 0 for just that.
            if page.put(FIRST, 0, FileType::Directory, "..") == Fit::Cut {
                return Ok(());
            }
            cookie = FIRST;
        }
        match self.positions.find(cookie)? {
            Some(position) => self.list_host(position, page),
            None => match self.go_on_to(cookie)? {
                Some(position) => self.list_host(position, page),
                None => Ok(()),
            },
        }
    }

    /// Fills a page with the host's entries from one of its positions on.
    fn list_host(&mut self, mut position: Position, page: &mut Page<'_>) -> Result<(), Errno> {
        self.each_entry(position, page.rest.len(), |directory, entry, name| {
            let kind = match entry.file_type() {
                FileType::Unknown => directory.kind_of(entry.file_name()),
                kind => kind,
            };
            let next = entry.next_entry_cookie();
            position = directory.positions.after(position, next);
            match page.put(position.cookie(), entry.ino(), kind, name) {
                Fit::Cut => ControlFlow::Break(()),
                Fit::Whole => ControlFlow::Continue(()),
            }
        })
    }

    /// Gives positions numbers until one has this cookie, as where it is from an earlier listing. `None` where
    /// there are not as many.
    fn go_on_to(&mut self, cookie: u64) -> Result<Option<Position>, Errno> {
        let mut last = self.positions.last();
        self.each_entry(last, *BLOCK.end(), |directory, entry, _| {
            last = directory.positions.after(last, entry.next_entry_cookie());
            match last.cookie() >= cookie {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        Ok((last.cookie() == cookie).then_some(last))
    }

    /// Calls `each` with the host's entries and their names from a position on. About as much is read at once
    /// as fits into `room` bytes.
    fn each_entry(
        &mut self,
        position: Position,
        room: usize,
        mut each: impl FnMut(&mut Self, &RawDirEntry<'_>, &str) -> ControlFlow<()>,
    ) -> Result<(), Errno> {
        let directory = self.share();
        match rustix::fs::seek(&directory, SeekFrom::Start(position.host)) {
            // It is open for being searched only.
            Err(HostErrno::BADF) => return Err(Errno::ACCES),
            sought => sought?,
        };
        let mut block = Vec::with_capacity(room.clamp(*BLOCK.start(), *BLOCK.end()));
        let mut entries = RawDir::new(directory.as_fd(), block.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = match entry {
                // A directory that was removed has no entries any more.
                Err(HostErrno::NOENT) => break,
                entry => entry?,
            };
            if let Some(name) = guests_name(entry.file_name())
                && each(self, &entry, name).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    /// What kind of file an entry is, where the host's file system does not tell with the entry.
    fn kind_of(&self, name: &CStr) -> FileType {
        let stat = rustix::fs::statat(self, name, AtFlags::SYMLINK_NOFOLLOW);
        stat.map_or(FileType::Unknown, |stat| {
            FileType::from_raw_mode(stat.st_mode)
        })
    }
}

/// A name as the guest may be told it. One that is not UTF-8 cannot be told.
fn guests_name(name: &CStr) -> Option<&str> {
    match name.to_str() {
        Ok("." | "..") => None,
        Ok(name) => Some(name),
        Err(_) => {
            log::info!(
                "the name {} is not UTF-8: left out of a listing",
                name.to_bytes().escape_ascii()
            );
            None
        }
    }
}

pub(super) fn fd_readdir(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    buffer: u32,
    length: u32,
    cookie: u64,
    used: u32,
) -> Answer {
    let directory = wasi.table.directory_mut(fd, Rights::FD_READDIR)?;
    let mut page = Page {
        rest: memory.bytes_mut(buffer, length)?,
    };
    directory.list(cookie, &mut page)?;
    let left = page.rest.len() as u32;
    Ok(memory.put_u32(used, length - left)?)
}
