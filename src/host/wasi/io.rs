//! Reading, writing and seeking.

use super::abi::Slice;
use super::enumerations::{Enumeration, Whence};
use super::file::File;
use super::flags::Rights;
use super::{Call, GuestMemory, WasiError, WasiResult};
use rustix::fs::SeekFrom;
use std::io::IoSlice;

fn write_size(memory: &mut GuestMemory<'_>, pointer: u32, size: usize) -> WasiResult {
    // The total length of the buffers was checked to fit into a `size`.
    Ok(memory.write(pointer, size as u32)?)
}

/// It is inlined into its caller because it is short and called often.
#[inline(always)]
pub(super) fn fd_read(call: Call<'_>, fd: u32, iovs: Slice, nread: u32) -> WasiResult {
    call.memory.require_u32(nread)?;
    let file = call.wasi.table.file(fd, Rights::FD_READ)?;
    let size = file.read(&mut call.memory.scatter(iovs)?)?;
    write_size(call.memory, nread, size)
}

pub(super) fn fd_pread(
    call: Call<'_>,
    fd: u32,
    iovs: Slice,
    offset: u64,
    nread: u32,
) -> WasiResult {
    call.memory.require_u32(nread)?;
    let file = call.wasi.table.file(fd, Rights::FD_READ)?;
    let size = file.read_at(&mut call.memory.scatter(iovs)?, offset)?;
    write_size(call.memory, nread, size)
}

/// It is inlined into its caller because it is short and called often.
#[inline(always)]
pub(super) fn fd_write(call: Call<'_>, fd: u32, iovs: Slice, nwritten: u32) -> WasiResult {
    call.memory.require_u32(nwritten)?;
    let file = call.wasi.table.file(fd, Rights::FD_WRITE)?;
    let size = write_batches(call.memory, file, iovs, |batch, _| file.write(batch))?;
    write_size(call.memory, nwritten, size)
}

pub(super) fn fd_pwrite(
    call: Call<'_>,
    fd: u32,
    iovs: Slice,
    offset: u64,
    nwritten: u32,
) -> WasiResult {
    call.memory.require_u32(nwritten)?;
    let file = call.wasi.table.file(fd, Rights::FD_WRITE)?;
    let size = write_batches(call.memory, file, iovs, |batch, written| {
        let offset = offset.saturating_add(written as u64);
        Ok(file.write_at(batch, offset)?)
    })?;
    write_size(call.memory, nwritten, size)
}

/// Writes a list of buffers with `write`, in batches of at most the number that one system call accepts. `write` gets a
/// batch and the number of bytes already written. Returns the number of bytes.
#[inline(always)]
fn write_batches(
    memory: &GuestMemory<'_>,
    file: &File,
    list: Slice,
    write: impl Fn(&mut [IoSlice<'_>], usize) -> Result<usize, WasiError>,
) -> Result<usize, WasiError> {
    let (mut batch, mut remaining) = memory.gather(list)?;
    if remaining.is_some() {
        // If a buffer is invalid, nothing is written.
        memory.check_buffers(list)?;
    }
    let mut size = write(&mut batch, 0)?;
    while let Some(list) = remaining
        && !file.is_nonblocking()
    {
        (batch, remaining) = memory.gather(list)?;
        size += write(&mut batch, size)?;
    }
    Ok(size)
}

pub(super) fn fd_seek(
    call: Call<'_>,
    fd: u32,
    offset: u64,
    whence: u32,
    newoffset: u32,
) -> WasiResult {
    let file = call.wasi.table.file(fd, Rights::FD_SEEK)?;
    let target = match Whence::from_code(whence)? {
        Whence::Set => SeekFrom::Start(offset),
        Whence::Cur => SeekFrom::Current(offset.cast_signed()),
        Whence::End => SeekFrom::End(offset.cast_signed()),
    };
    let reached = rustix::fs::seek(file, target)?;
    Ok(call.memory.write(newoffset, reached)?)
}

pub(super) fn fd_tell(call: Call<'_>, fd: u32, offset: u32) -> WasiResult {
    let file = call.wasi.table.file(fd, Rights::FD_TELL)?;
    let current = rustix::fs::tell(file)?;
    Ok(call.memory.write(offset, current)?)
}
