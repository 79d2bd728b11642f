//! Reading, writing, and the place in a file where that goes on.

use super::file::File;
use super::flags::Rights;
use super::{Answer, Errno, Fault, Memory, Wasi};
use rustix::fs::SeekFrom;
use std::io::IoSlice;

fn put_size(memory: &mut Memory<'_>, address: u32, size: usize) -> Answer {
    // No call moves more bytes than a WASI size can tell: the buffers are counted before.
    Ok(memory.put_u32(address, size as u32)?)
}

/// It is called from two places, and inlined all the same: what it does is short, and often asked for.
#[inline(always)]
pub(super) fn fd_read(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    read: u32,
) -> Answer {
    memory.require_u32(read)?;
    let file = wasi.table.file(fd, Rights::FD_READ)?;
    let size = file.read(&mut memory.scatter(buffers, count)?)?;
    put_size(memory, read, size)
}

pub(super) fn fd_pread(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    offset: u64,
    read: u32,
) -> Answer {
    memory.require_u32(read)?;
    let file = wasi.table.file(fd, Rights::FD_READ)?;
    let size = file.read_at(&mut memory.scatter(buffers, count)?, offset)?;
    put_size(memory, read, size)
}

/// It is called from two places, and inlined all the same: what it does is short, and often asked for.
#[inline(always)]
pub(super) fn fd_write(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    written: u32,
) -> Answer {
    memory.require_u32(written)?;
    let file = wasi.table.file(fd, Rights::FD_WRITE)?;
    let size = each_batch(memory, file, buffers, count, |batch, _| file.write(batch))?;
    put_size(memory, written, size)
}

pub(super) fn fd_pwrite(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    offset: u64,
    written: u32,
) -> Answer {
    memory.require_u32(written)?;
    let file = wasi.table.file(fd, Rights::FD_WRITE)?;
    let size = each_batch(memory, file, buffers, count, |batch, done| {
        let offset = offset.saturating_add(done as u64);
        Ok(file.write_at(batch, offset)?)
    })?;
    put_size(memory, written, size)
}

/// Writes a list of buffers with `write`, as many at once as the host takes; `write` takes how many bytes
/// were written before. Returns the number of bytes.
#[inline(always)]
fn each_batch(
    memory: &Memory<'_>,
    file: &File,
    buffers: u32,
    count: u32,
    write: impl Fn(&mut [IoSlice<'_>], usize) -> Result<usize, Fault>,
) -> Result<usize, Fault> {
    let (mut batch, mut rest) = memory.gather(buffers, count)?;
    if rest.is_some() {
        // No part of a wrong list is written.
        memory.check_buffers(buffers, count)?;
    }
    let mut size = write(&mut batch, 0)?;
    while let Some((buffers, count)) = rest
        && !file.takes_part()
    {
        (batch, rest) = memory.gather(buffers, count)?;
        size += write(&mut batch, size)?;
    }
    Ok(size)
}

pub(super) fn fd_seek(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    offset: u64,
    whence: u32,
    position: u32,
) -> Answer {
    let file = wasi.table.file(fd, Rights::FD_SEEK)?;
    let to = match whence {
        0 => SeekFrom::Start(offset),
        1 => SeekFrom::Current(offset.cast_signed()),
        2 => SeekFrom::End(offset.cast_signed()),
        _ => return Err(Errno::INVAL.into()),
    };
    let reached = rustix::fs::seek(file, to)?;
    Ok(memory.put_u64(position, reached)?)
}

pub(super) fn fd_tell(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: u32, position: u32) -> Answer {
    let file = wasi.table.file(fd, Rights::FD_TELL)?;
    let reached = rustix::fs::tell(file)?;
    Ok(memory.put_u64(position, reached)?)
}
