//! `fd_readdir`: lists a directory, one buffer per call. Each call continues at the cookie of the last entry that the
//! guest has. Cookies refer to the host's own offsets, which stay valid while files are created and deleted, so a
//! listing takes time proportional to its length. Nothing else is kept between calls: entries that did not fit into a
//! buffer are read again for the next one.

use super::abi::{AbiRecord, Dirent, Slice};
use super::cookies::{DirectoryOffset, FIRST_COOKIE};
use super::directory::Directory;
use super::enumerations::Filetype;
use super::flags::Rights;
use super::stat::filetype;
use super::{Call, Errno, WasiResult};
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, FileType, RawDir, RawDirEntry, SeekFrom};
use rustix::io::Errno as HostErrno;
use std::ffi::CStr;
use std::ops::ControlFlow;

/// The number of bytes of the host's entries that are read at once: about the size of the guest's buffer, and at least
/// that of the longest entry.
const MIN_BLOCK_BYTES: usize = 512;
const MAX_BLOCK_BYTES: usize = 32 << 10;

/// The part of the guest's buffer that is still empty.
struct DirentBuffer<'b> {
    free: &'b mut [u8],
}

/// Whether an entry fitted into a buffer.
#[derive(PartialEq, Eq)]
enum EntryFit {
    Whole,
    /// The buffer is full, and the guest will request the entry again.
    Cut,
}

impl DirentBuffer<'_> {
    /// Adds an entry: its record and its name. `next` is the cookie at which the listing continues.
    fn add(&mut self, next: u64, inode: u64, filetype: Filetype, name: &str) -> EntryFit {
        let dirent = Dirent {
            d_next: next,
            d_ino: inode,
            // A name has 255 bytes at most.
            d_namlen: name.len() as u32,
            d_type: filetype as u8,
        };
        self.fill(&dirent.to_bytes());
        match self.fill(name.as_bytes()) {
            _ if self.free.is_empty() => EntryFit::Cut,
            fit => fit,
        }
    }

    fn fill(&mut self, bytes: &[u8]) -> EntryFit {
        let fits = bytes.len().min(self.free.len());
        let (filled, free) = std::mem::take(&mut self.free).split_at_mut(fits);
        filled.copy_from_slice(&bytes[..fits]);
        self.free = free;
        if fits == bytes.len() {
            EntryFit::Whole
        } else {
            EntryFit::Cut
        }
    }
}

impl Directory {
    /// Fills a buffer with the entries after a cookie.
    fn list(&mut self, mut cookie: u64, buffer: &mut DirentBuffer<'_>) -> Result<(), Errno> {
        if cookie == 0 {
            let inode = rustix::fs::fstat(&*self)?.st_ino;
            if buffer.add(1, inode, Filetype::Directory, ".") == EntryFit::Cut {
                return Ok(());
            }
            cookie = 1;
        }
        if cookie == 1 {
            // The parent may be outside the mount. C libraries treat 0 as an unknown inode.
            if buffer.add(FIRST_COOKIE, 0, Filetype::Directory, "..") == EntryFit::Cut {
                return Ok(());
            }
            cookie = FIRST_COOKIE;
        }
        let offset = match self.cookies.find(cookie)? {
            Some(offset) => Some(offset),
            None => self.read_up_to(cookie)?,
        };
        match offset {
            Some(offset) => self.list_from(offset, buffer),
            None => Ok(()),
        }
    }

    /// Fills a buffer with the host's entries after an offset.
    fn list_from(
        &mut self,
        mut offset: DirectoryOffset,
        buffer: &mut DirentBuffer<'_>,
    ) -> Result<(), Errno> {
        self.each_entry(offset, buffer.free.len(), |directory, entry, name| {
            let host_type = match entry.file_type() {
                FileType::Unknown => directory.type_of(entry.file_name()),
                known => known,
            };
            let next = entry.next_entry_cookie();
            offset = directory.cookies.after(offset, next);
            match buffer.add(offset.cookie(), entry.ino(), filetype(host_type), name) {
                EntryFit::Cut => ControlFlow::Break(()),
                EntryFit::Whole => ControlFlow::Continue(()),
            }
        })
    }

    /// Assigns cookies up to `cookie`, which is from an earlier listing. Returns its offset, or `None` if the directory
    /// has fewer entries.
    fn read_up_to(&mut self, cookie: u64) -> Result<Option<DirectoryOffset>, Errno> {
        let mut last = self.cookies.last();
        self.each_entry(last, MAX_BLOCK_BYTES, |directory, entry, _| {
            last = directory.cookies.after(last, entry.next_entry_cookie());
            if last.cookie() >= cookie {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        Ok((last.cookie() == cookie).then_some(last))
    }

    /// Calls `each` with each of the host's entries after an offset, and its name. Reads about `size` bytes at once.
    fn each_entry(
        &mut self,
        offset: DirectoryOffset,
        size: usize,
        mut each: impl FnMut(&mut Self, &RawDirEntry<'_>, &str) -> ControlFlow<()>,
    ) -> Result<(), Errno> {
        let directory = self.share();
        match rustix::fs::seek(&directory, SeekFrom::Start(offset.host)) {
            // The directory can be searched but not read.
            Err(HostErrno::BADF) => return Err(Errno::ACCES),
            sought => sought?,
        };
        let mut block = Vec::with_capacity(size.clamp(MIN_BLOCK_BYTES, MAX_BLOCK_BYTES));
        let mut entries = RawDir::new(directory.as_fd(), block.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = match entry {
                // A directory that was removed has no entries.
                Err(HostErrno::NOENT) => break,
                entry => entry?,
            };
            if let Some(name) = guest_name(entry.file_name())
                && each(self, &entry, name).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    /// The type of an entry whose file system does not report it in the listing.
    fn type_of(&self, name: &CStr) -> FileType {
        let stat = rustix::fs::statat(self, name, AtFlags::SYMLINK_NOFOLLOW);
        stat.map_or(FileType::Unknown, |stat| {
            FileType::from_raw_mode(stat.st_mode)
        })
    }
}

/// An entry's name for the guest; `None` for `.` and `..`, which `list` adds itself, and for a name that is not UTF-8,
/// which WASI does not allow.
fn guest_name(name: &CStr) -> Option<&str> {
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
    call: Call<'_>,
    fd: u32,
    buf: Slice,
    cookie: u64,
    bufused: u32,
) -> WasiResult {
    let directory = call.wasi.table.directory_mut(fd, Rights::FD_READDIR)?;
    let mut buffer = DirentBuffer {
        free: call.memory.bytes_mut(buf)?,
    };
    directory.list(cookie, &mut buffer)?;
    let free = buffer.free.len() as u32;
    Ok(call.memory.write(bufused, buf.length - free)?)
}
