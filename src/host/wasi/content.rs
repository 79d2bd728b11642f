//! The calls that set a file's size, allocate space, advise the host, flush to disk, and set a descriptor's flags.

use super::enumerations::{Advice, Enumeration};
use super::flags::{Rights, flags_from_bits};
use super::{Call, WasiResult};
use rustix::fs::{Advice as HostAdvice, FallocateFlags};
use std::num::NonZeroU64;

pub(super) fn fd_sync(call: Call<'_>, fd: u32) -> WasiResult {
    Ok(rustix::fs::fsync(
        call.wasi.table.allowed(fd, Rights::FD_SYNC)?,
    )?)
}

pub(super) fn fd_datasync(call: Call<'_>, fd: u32) -> WasiResult {
    let node = call.wasi.table.allowed(fd, Rights::FD_DATASYNC)?;
    Ok(rustix::fs::fdatasync(node)?)
}

pub(super) fn fd_advise(call: Call<'_>, fd: u32, offset: u64, len: u64, advice: u32) -> WasiResult {
    let advice = match Advice::from_code(advice)? {
        Advice::Normal => HostAdvice::Normal,
        Advice::Sequential => HostAdvice::Sequential,
        Advice::Random => HostAdvice::Random,
        Advice::Willneed => HostAdvice::WillNeed,
        Advice::Dontneed => HostAdvice::DontNeed,
        Advice::Noreuse => HostAdvice::NoReuse,
    };
    let file = call.wasi.table.file(fd, Rights::FD_ADVISE)?;
    Ok(rustix::fs::fadvise(
        file,
        offset,
        NonZeroU64::new(len),
        advice,
    )?)
}

pub(super) fn fd_allocate(call: Call<'_>, fd: u32, offset: u64, len: u64) -> WasiResult {
    let file = call.wasi.table.file(fd, Rights::FD_ALLOCATE)?;
    Ok(rustix::fs::fallocate(
        file,
        FallocateFlags::empty(),
        offset,
        len,
    )?)
}

pub(super) fn fd_filestat_set_size(call: Call<'_>, fd: u32, size: u64) -> WasiResult {
    let file = call.wasi.table.file(fd, Rights::FD_FILESTAT_SET_SIZE)?;
    Ok(rustix::fs::ftruncate(file, size)?)
}

pub(super) fn fd_fdstat_set_flags(call: Call<'_>, fd: u32, flags: u32) -> WasiResult {
    let flags = flags_from_bits(flags)?;
    let file = call.wasi.table.file_mut(fd, Rights::FD_FDSTAT_SET_FLAGS)?;
    Ok(file.set_flags(flags)?)
}
