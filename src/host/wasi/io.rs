//! Reading, writing, and the place in a file where that goes on.

use super::flags::Rights;
use super::{Answer, Errno, Memory, Wasi};
use rustix::fs::SeekFrom;

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
    let size = file.write(&memory.gather(buffers, count)?)?;
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
    let size = file.write_at(&memory.gather(buffers, count)?, offset)?;
    put_size(memory, written, size)
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
