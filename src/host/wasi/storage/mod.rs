//! The calls about how a file is stored: its size, its space on the disk, its caching, and writing it to the disk.

#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
mod linux;
#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
mod portable;

use super::enumerations::{Advice, Enumeration};
use super::flags::Rights;
use super::{Call, WasiResult};
#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
use linux as host;
#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
use portable as host;

pub(super) fn fd_sync(call: Call<'_>, fd: u32) -> WasiResult {
    Ok(host::sync(call.wasi.table.allowed(fd, Rights::FD_SYNC)?)?)
}

pub(super) fn fd_datasync(call: Call<'_>, fd: u32) -> WasiResult {
    let node = call.wasi.table.allowed(fd, Rights::FD_DATASYNC)?;
    Ok(host::sync_data(node)?)
}

pub(super) fn fd_advise(call: Call<'_>, fd: u32, offset: u64, len: u64, advice: u32) -> WasiResult {
    let advice = Advice::from_code(advice)?;
    let file = call.wasi.table.file(fd, Rights::FD_ADVISE)?;
    Ok(host::advise(file, offset, len, advice)?)
}

pub(super) fn fd_allocate(call: Call<'_>, fd: u32, offset: u64, len: u64) -> WasiResult {
    let file = call.wasi.table.file(fd, Rights::FD_ALLOCATE)?;
    Ok(host::allocate(file, offset, len)?)
}

pub(super) fn fd_filestat_set_size(call: Call<'_>, fd: u32, size: u64) -> WasiResult {
    let file = call.wasi.table.file(fd, Rights::FD_FILESTAT_SET_SIZE)?;
    Ok(rustix::fs::ftruncate(file, size)?)
}
