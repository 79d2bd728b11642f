//! The attributes of files and directories, and setting their timestamps.
//!
//! WASI's timestamps are unsigned nanoseconds since 1970. A time before 1970 is stored as a negative number in the same
//! 64 bits, as Go interprets it, so the years from 1677 to 2262 can be represented.

use super::abi::{Fdstat, Filestat};
use super::clock::{Clocks, SECOND};
use super::enumerations::{Clockid, Filetype};
use super::flags::{Fdflags, Fstflags, Rights, flags_from_bits};
use super::table::Node;
use super::{Call, Errno, Wasi, WasiError, WasiResult};
use crate::file_id;
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, FileType, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno as HostErrno;

const SIGNED_SECOND: i64 = SECOND.cast_signed();

pub(super) fn filetype(host: FileType) -> Filetype {
    match host {
        FileType::BlockDevice => Filetype::BlockDevice,
        FileType::CharacterDevice => Filetype::CharacterDevice,
        FileType::Directory => Filetype::Directory,
        FileType::RegularFile => Filetype::RegularFile,
        FileType::Socket => Filetype::SocketStream,
        FileType::Symlink => Filetype::SymbolicLink,
        _ => Filetype::Unknown,
    }
}

/// The host's type of an open file.
pub(super) fn host_type(file: impl AsFd) -> FileType {
    rustix::fs::fstat(file).map_or(FileType::Unknown, |stat| {
        FileType::from_raw_mode(stat.st_mode)
    })
}

/// Converts the host's attributes.
pub(super) fn filestat(stat: &Stat) -> Filestat {
    Filestat {
        dev: file_id::device(stat),
        ino: stat.st_ino,
        filetype: filetype(FileType::from_raw_mode(stat.st_mode)) as u8,
        nlink: widened(stat.st_nlink),
        size: u64::try_from(stat.st_size).unwrap_or(0),
        atim: timestamp(stat.st_atime, stat.st_atime_nsec),
        mtim: timestamp(stat.st_mtime, stat.st_mtime_nsec),
        ctim: timestamp(stat.st_ctime, stat.st_ctime_nsec),
    }
}

/// Widens a number whose width depends on the architecture.
fn widened(number: impl Into<u64>) -> u64 {
    number.into()
}

/// Converts a time to a timestamp. A time outside the years 1677 to 2262 becomes the nearest one inside.
fn timestamp(seconds: i64, nanoseconds: impl TryInto<i64>) -> u64 {
    let nanoseconds = nanoseconds.try_into().unwrap_or(0);
    let total = seconds
        .saturating_mul(SIGNED_SECOND)
        .saturating_add(nanoseconds);
    total.cast_unsigned()
}

/// The timestamps to set. With virtual time, "now" is virtual too.
///
/// # Errors
///
/// `INVAL` if one timestamp is to be set both to a given time and to now.
pub(super) fn timestamps(
    clocks: &Clocks,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> Result<Timestamps, Errno> {
    let flags: Fstflags = flags_from_bits(fst_flags)?;
    let point = |timestamp: u64| {
        let nanoseconds = timestamp.cast_signed();
        Timespec {
            tv_sec: nanoseconds.div_euclid(SIGNED_SECOND),
            tv_nsec: nanoseconds.rem_euclid(SIGNED_SECOND),
        }
    };
    let special = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
    let time = |given: u64, set: Fstflags, set_now: Fstflags| {
        Ok(match (flags.contains(set), flags.contains(set_now)) {
            (true, true) => return Err(Errno::INVAL),
            (true, false) => point(given),
            (false, true) => match clocks {
                Clocks::Host { .. } => special(UTIME_NOW),
                Clocks::Virtual(_) => point(clocks.now(Clockid::Realtime)),
            },
            (false, false) => special(UTIME_OMIT),
        })
    };
    Ok(Timestamps {
        last_access: time(atim, Fstflags::ATIM, Fstflags::ATIM_NOW)?,
        last_modification: time(mtim, Fstflags::MTIM, Fstflags::MTIM_NOW)?,
    })
}

/// Sets the timestamps of an open directory.
fn set_directory_times(directory: impl AsFd, times: &Timestamps) -> Result<(), HostErrno> {
    match rustix::fs::futimens(&directory, times) {
        // It was opened only for searching.
        Err(HostErrno::BADF) => rustix::fs::utimensat(directory, ".", times, AtFlags::empty()),
        set => set,
    }
}

pub(super) fn fd_filestat_get(call: Call<'_>, fd: u32, stat: u32) -> WasiResult {
    Ok(call.memory.write(stat, filestat_of_fd(call.wasi, fd)?)?)
}

/// The attributes of an open file or directory.
pub(super) fn filestat_of_fd(wasi: &Wasi, fd: u32) -> Result<Filestat, WasiError> {
    let node = wasi.table.allowed(fd, Rights::FD_FILESTAT_GET)?;
    Ok(filestat(&rustix::fs::fstat(node)?))
}

pub(super) fn fd_filestat_set_times(
    call: Call<'_>,
    fd: u32,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> WasiResult {
    let times = timestamps(&call.wasi.clocks, atim, mtim, fst_flags)?;
    match call.wasi.table.allowed(fd, Rights::FD_FILESTAT_SET_TIMES)? {
        Node::File(file) => Ok(rustix::fs::futimens(file, &times)?),
        Node::Directory(directory) => Ok(set_directory_times(directory, &times)?),
    }
}

pub(super) fn fd_fdstat_get(call: Call<'_>, fd: u32, stat: u32) -> WasiResult {
    let descriptor = call.wasi.table.get(fd)?;
    let (host_type, flags) = match &descriptor.node {
        Node::Directory(_) => (FileType::Directory, Fdflags::empty()),
        Node::File(file) => (host_type(file), file.flags()),
    };
    let fdstat = Fdstat {
        fs_filetype: filetype(host_type) as u8,
        fs_flags: flags.bits(),
        fs_rights_base: descriptor.rights.bits(),
        fs_rights_inheriting: descriptor.inheriting.bits(),
    };
    Ok(call.memory.write(stat, fdstat)?)
}

pub(super) fn fd_fdstat_set_flags(call: Call<'_>, fd: u32, flags: u32) -> WasiResult {
    let flags = flags_from_bits(flags)?;
    let file = call.wasi.table.file_mut(fd, Rights::FD_FDSTAT_SET_FLAGS)?;
    Ok(file.set_flags(flags)?)
}
