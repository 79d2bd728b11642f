//! What a file holds beyond reading and writing: its size and space, what is known of its use, and that
//! it is on the disk; and how a descriptor behaves.

use super::flags::Rights;
use super::{Answer, Errno, Memory, Wasi};
use rustix::fs::{Advice, FallocateFlags};
use std::num::NonZeroU64;

pub(super) fn fd_sync(wasi: &mut Wasi, _: &mut Memory<'_>, fd: u32) -> Answer {
    Ok(rustix::fs::fsync(wasi.table.allowed(fd, Rights::FD_SYNC)?)?)
}

pub(super) fn fd_datasync(wasi: &mut Wasi, _: &mut Memory<'_>, fd: u32) -> Answer {
    let node = wasi.table.allowed(fd, Rights::FD_DATASYNC)?;
    Ok(rustix::fs::fdatasync(node)?)
}

pub(super) fn fd_advise(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    offset: u64,
    length: u64,
    advice: u32,
) -> Answer {
    let advice = match advice {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::INVAL.into()),
    };
    let file = wasi.table.file(fd, Rights::FD_ADVISE)?;
    Ok(rustix::fs::fadvise(
        file,
        offset,
        NonZeroU64::new(length),
        advice,
    )?)
}

pub(super) fn fd_allocate(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    offset: u64,
    length: u64,
) -> Answer {
    let file = wasi.table.file(fd, Rights::FD_ALLOCATE)?;
    let plain = FallocateFlags::empty();
    Ok(rustix::fs::fallocate(file, plain, offset, length)?)
}

pub(super) fn fd_filestat_set_size(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    size: u64,
) -> Answer {
    let file = wasi.table.file(fd, Rights::FD_FILESTAT_SET_SIZE)?;
    Ok(rustix::fs::ftruncate(file, size)?)
}

pub(super) fn fd_fdstat_set_flags(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    flags: u32,
) -> Answer {
    let flags = super::flags::known(flags)?;
    Ok(wasi
        .table
        .file_mut(fd, Rights::FD_FDSTAT_SET_FLAGS)?
        .set_flags(flags)?)
}
