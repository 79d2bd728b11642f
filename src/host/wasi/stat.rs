//! What the guest is told of a file or directory, and the setting of its time stamps.
//!
//! WASI's time stamps are nanoseconds since 1970 without a sign. One from before is told as a negative
//! number in the same bits, as Go reads it, and taken so: what is set can be read again. That leaves the
//! years from 1677 to 2262.

use super::clock::{ClockId, Clocks};
use super::flags::{Rights, TimeFlags, known};
use super::table::Node;
use super::{Answer, Errno, Memory, Wasi};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use rustix::fs::{AtFlags, CWD, FileType, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno as HostErrno;

const SECOND: i64 = 1_000_000_000;

/// WASI's number for a type of file. It has none for a pipe.
pub(super) fn file_type(host: FileType) -> u8 {
    match host {
        FileType::BlockDevice => 1,
        FileType::CharacterDevice => 2,
        FileType::Directory => 3,
        FileType::RegularFile => 4,
        FileType::Socket => 6,
        FileType::Symlink => 7,
        _ => 0,
    }
}

/// What kind of file a descriptor is.
pub(super) fn kind(file: impl AsFd) -> FileType {
    rustix::fs::fstat(file).map_or(FileType::Unknown, |stat| {
        FileType::from_raw_mode(stat.st_mode)
    })
}

/// Writes a WASI `filestat`.
pub(super) fn put_filestat(memory: &mut Memory<'_>, address: u32, stat: &Stat) -> Answer {
    let mut bytes = [0; 64];
    // A byte, and seven that mean nothing behind it.
    let kind = file_type(FileType::from_raw_mode(stat.st_mode)).into();
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    let times = [
        stamp(stat.st_atime, stat.st_atime_nsec),
        stamp(stat.st_mtime, stat.st_mtime_nsec),
        stamp(stat.st_ctime, stat.st_ctime_nsec),
    ];
    let [accessed, modified, changed] = times;
    let links = wide(stat.st_nlink);
    let fields = [wide(stat.st_dev), wide(stat.st_ino), kind, links, size];
    let fields = fields.into_iter().chain([accessed, modified, changed]);
    for (slot, field) in bytes.chunks_exact_mut(8).zip(fields) {
        slot.copy_from_slice(&field.to_le_bytes());
    }
    Ok(memory.put(address, &bytes)?)
}

/// A number that has other widths on other machines.
fn wide(number: impl Into<u64>) -> u64 {
    number.into()
}

fn stamp(seconds: i64, nanoseconds: impl TryInto<i64>) -> u64 {
    let nanoseconds = nanoseconds.try_into().unwrap_or(0);
    // What lies beyond the years 1677 to 2262 is told as the nearest that can be.
    let total = seconds.saturating_mul(SECOND).saturating_add(nanoseconds);
    total.cast_unsigned()
}

/// The time stamps to be set. Where time is virtual, so is the present.
///
/// # Errors
///
/// `INVAL` where one is to be set to two times.
pub(super) fn timestamps(
    clocks: &Clocks,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<Timestamps, Errno> {
    let flags: TimeFlags = known(flags)?;
    let point = |nanoseconds: u64| {
        let nanoseconds = nanoseconds.cast_signed();
        Timespec {
            tv_sec: nanoseconds.div_euclid(SECOND),
            tv_nsec: nanoseconds.rem_euclid(SECOND),
        }
    };
    let special = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
    let time = |given: u64, set: TimeFlags, set_now: TimeFlags| {
        Ok(match (flags.contains(set), flags.contains(set_now)) {
            (true, true) => return Err(Errno::INVAL),
            (true, false) => point(given),
            (false, true) => match clocks {
                Clocks::Host { .. } => special(UTIME_NOW),
                Clocks::Virtual(_) => point(clocks.now(ClockId::Realtime)),
            },
            (false, false) => special(UTIME_OMIT),
        })
    };
    Ok(Timestamps {
        last_access: time(accessed, TimeFlags::ACCESSED, TimeFlags::ACCESSED_NOW)?,
        last_modification: time(modified, TimeFlags::MODIFIED, TimeFlags::MODIFIED_NOW)?,
    })
}

/// Sets the time stamps of what was found at a path, which is opened for nothing but being named.
pub(super) fn set_times(found: BorrowedFd<'_>, times: &Timestamps) -> Result<(), HostErrno> {
    match rustix::fs::utimensat(found, "", times, AtFlags::EMPTY_PATH) {
        // Before Linux 5.8 such a descriptor can be named through /proc only.
        Err(HostErrno::INVAL) => {
            let name = format!("/proc/self/fd/{}", found.as_raw_fd());
            rustix::fs::utimensat(CWD, name, times, AtFlags::empty())
        }
        set => set,
    }
}

pub(super) fn fd_filestat_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    stat: u32,
) -> Answer {
    let node = wasi.table.allowed(fd, Rights::FD_FILESTAT_GET)?;
    put_filestat(memory, stat, &rustix::fs::fstat(node)?)
}

pub(super) fn fd_filestat_set_times(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Answer {
    let times = timestamps(&wasi.clocks, accessed, modified, flags)?;
    match wasi.table.allowed(fd, Rights::FD_FILESTAT_SET_TIMES)? {
        Node::File(file) => Ok(rustix::fs::futimens(file, &times)?),
        // It may be open for being searched only.
        Node::Directory(directory) => Ok(set_times(directory.as_fd(), &times)?),
    }
}

pub(super) fn fd_fdstat_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    stat: u32,
) -> Answer {
    let descriptor = wasi.table.get(fd)?;
    let (kind, flags) = match &descriptor.node {
        Node::Directory(_) => (FileType::Directory, 0),
        Node::File(file) => (kind(file), file.flags().bits()),
    };
    let mut bytes = [0; 24];
    bytes[0] = file_type(kind);
    bytes[2..4].copy_from_slice(&flags.to_le_bytes());
    bytes[8..16].copy_from_slice(&descriptor.rights.bits().to_le_bytes());
    bytes[16..].copy_from_slice(&descriptor.inheriting.bits().to_le_bytes());
    Ok(memory.put(stat, &bytes)?)
}
