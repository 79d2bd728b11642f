//! `fd_readdir`: lists a directory, one buffer per call. Each call continues at the cookie of the last entry that the
//! guest has. A listing takes time proportional to its length.

#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
mod by_offset;
#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
mod cookies;
#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
mod in_order;

use super::abi::{AbiRecord, Dirent, Slice};
use super::directory::Directory;
use super::enumerations::Filetype;
use super::flags::Rights;
use super::stat::filetype;
use super::{Call, Errno, WasiResult};
#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
pub(super) use by_offset::HostEntries;
#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
pub(super) use in_order::HostEntries;
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, FileType};
use std::ffi::CStr;

/// The cookie of the host's first entry. `.` and `..` have the smaller ones.
const FIRST_COOKIE: u64 = 2;

/// An entry of the host's directory.
struct HostEntry<'e> {
    /// The cookie at which the listing continues after it.
    next: u64,
    inode: u64,
    file_type: FileType,
    name: &'e str,
}

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
        let directory = self.share();
        let size = buffer.free.len();
        self.entries.each_after(&*directory, cookie, size, |entry| {
            let host_type = match entry.file_type {
                FileType::Unknown => type_of(&*directory, entry.name),
                known => known,
            };
            buffer.add(entry.next, entry.inode, filetype(host_type), entry.name)
        })
    }
}

/// The type of an entry whose file system does not report it in the listing.
fn type_of(directory: impl AsFd, name: &str) -> FileType {
    let stat = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.map_or(FileType::Unknown, |stat| {
        FileType::from_raw_mode(stat.st_mode)
    })
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
