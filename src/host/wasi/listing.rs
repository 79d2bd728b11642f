//! Listing a directory, page by page. A page begins where the guest says, by the cookie of the entry
//! before it. The cookies are the host's own positions, which stay true while files come and go, so
//! that neither is a page read twice nor anything kept but the host's current block of entries.

use super::directory::Directory;
use super::flags::Rights;
use super::stat::file_type;
use super::{Answer, Errno, Memory, Wasi};
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, Dir, FileType};
use std::ffi::CStr;

/// Where the host's entries begin: behind `.` and `..`, which are told first.
const FIRST: u64 = 2;

/// The size of what goes before an entry's name.
const HEADER: usize = 24;

/// Where a listing has got to.
pub(super) struct Listing {
    host: Dir,
    /// The cookie that goes on from here.
    cookie: u64,
    /// The entry here, where it has been read.
    ahead: Option<Entry>,
}

/// An entry as the guest gets it: header and name.
struct Entry {
    /// The cookie that goes on behind it.
    next: u64,
    bytes: Vec<u8>,
}

impl Entry {
    fn new(next: u64, inode: u64, kind: FileType, name: &str) -> Self {
        let mut bytes = Vec::with_capacity(HEADER + name.len());
        bytes.extend(next.to_le_bytes());
        bytes.extend(inode.to_le_bytes());
        // A name has 255 bytes at most.
        bytes.extend((name.len() as u32).to_le_bytes());
        bytes.extend([file_type(kind), 0, 0, 0]);
        bytes.extend(name.as_bytes());
        Self { next, bytes }
    }
}

impl Directory {
    /// The entry at a cookie; `None` at the end.
    fn entry(&mut self, cookie: u64) -> Result<Option<Entry>, Errno> {
        match cookie {
            0 => {
                let inode = rustix::fs::fstat(self.as_fd())?.st_ino;
                Ok(Some(Entry::new(1, inode, FileType::Directory, ".")))
            }
            // What lies above is not the guest's to know; C libraries take 0 for just that.
            1 => Ok(Some(Entry::new(FIRST, 0, FileType::Directory, ".."))),
            _ => {
                let listing = match self.listing.take() {
                    Some(listing) if listing.cookie == cookie => listing,
                    Some(listing) => listing.turn_to(cookie)?,
                    None => Listing::begin(self)?.turn_to(cookie)?,
                };
                self.go_on(listing)
            }
        }
    }

    /// The next entry of a listing, which is kept unless it has come to its end.
    fn go_on(&mut self, mut listing: Listing) -> Result<Option<Entry>, Errno> {
        if let Some(entry) = listing.ahead.take() {
            listing.cookie = entry.next;
            self.listing = Some(listing);
            return Ok(Some(entry));
        }
        while let Some(read) = listing.host.read() {
            let read = read?;
            listing.cookie = FIRST.wrapping_add(read.offset().cast_unsigned());
            let Some(name) = guests_name(read.file_name()) else {
                continue;
            };
            let kind = match read.file_type() {
                FileType::Unknown => self.kind_of(read.file_name()),
                kind => kind,
            };
            let entry = Entry::new(listing.cookie, read.ino(), kind, name);
            self.listing = Some(listing);
            return Ok(Some(entry));
        }
        Ok(None)
    }

    /// What kind of file an entry is, where the host's file system does not tell with the entry.
    fn kind_of(&self, name: &CStr) -> FileType {
        let stat = rustix::fs::statat(self.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW);
        stat.map_or(FileType::Unknown, |stat| {
            FileType::from_raw_mode(stat.st_mode)
        })
    }

    /// Takes back the entry that was read last, which begins at `cookie`.
    fn take_back(&mut self, cookie: u64, entry: Entry) {
        if let Some(listing) = &mut self.listing
            && listing.cookie == entry.next
        {
            listing.cookie = cookie;
            listing.ahead = Some(entry);
        }
    }
}

impl Listing {
    fn begin(directory: &Directory) -> Result<Self, Errno> {
        let again = rustix::io::fcntl_dupfd_cloexec(directory.as_fd(), 0)?;
        Ok(Self {
            host: Dir::new(again)?,
            cookie: FIRST,
            ahead: None,
        })
    }

    fn turn_to(mut self, cookie: u64) -> Result<Self, Errno> {
        self.host.seek((cookie - FIRST).cast_signed())?;
        self.cookie = cookie;
        self.ahead = None;
        Ok(self)
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
    mut cookie: u64,
    used: u32,
) -> Answer {
    let directory = wasi.table.directory_mut(fd, Rights::FD_READDIR)?;
    let mut rest = memory.bytes_mut(buffer, length)?;
    while !rest.is_empty()
        && let Some(entry) = directory.entry(cookie)?
    {
        let fits = entry.bytes.len().min(rest.len());
        let (page, behind) = rest.split_at_mut(fits);
        page.copy_from_slice(&entry.bytes[..fits]);
        rest = behind;
        if fits < entry.bytes.len() {
            directory.take_back(cookie, entry);
            break;
        }
        cookie = entry.next;
    }
    let left = rest.len() as u32;
    Ok(memory.put_u32(used, length - left)?)
}
