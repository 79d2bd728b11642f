//! Files: those opened under a mount, and the three standard streams, which are the runner's own
//! descriptors. Nothing is held back in a buffer, so that what the guest wrote has been written
//! whatever ends the run, and no lock is held while a call blocks.

use super::flags::{FdFlags, Rights};
use super::{Answer, Errno, Fault, Memory, Wasi};
use crate::cli::mount::Access;
use crate::host::stdio::{Seen, wait};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Advice, FallocateFlags, FileType, OFlags, SeekFrom};
use rustix::io::Errno as HostErrno;
use std::io::{IoSlice, IoSliceMut};
use std::num::NonZeroU64;

/// How much a pipe takes without blocking once it is ready, as POSIX has it.
const PIPE_BUF: usize = 4096;

/// An open file.
pub(super) struct File {
    handle: Handle,
    /// How the guest has it behave.
    flags: FdFlags,
}

enum Handle {
    /// A file under a mount.
    Mounted { file: OwnedFd, access: Access },
    /// Standard input.
    Input,
    /// Standard output.
    Output(Seen),
    /// Standard error.
    Error(Seen),
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.handle {
            Handle::Mounted { file, .. } => file.as_fd(),
            Handle::Input => rustix::stdio::stdin(),
            Handle::Output(_) => rustix::stdio::stdout(),
            Handle::Error(_) => rustix::stdio::stderr(),
        }
    }
}

impl File {
    /// A file that was opened with `flags` under a mount.
    pub(super) fn mounted(file: OwnedFd, flags: FdFlags, access: Access) -> Self {
        Self {
            handle: Handle::Mounted { file, access },
            flags,
        }
    }

    pub(super) fn input() -> Self {
        Self::standard(Handle::Input)
    }

    pub(super) fn output(seen: &Seen) -> Self {
        Self::standard(Handle::Output(seen.clone()))
    }

    pub(super) fn error(seen: &Seen) -> Self {
        Self::standard(Handle::Error(seen.clone()))
    }

    /// A stream appends where the shell opened it so. One that somebody else made non-blocking blocks
    /// all the same: the guest did not ask for that.
    fn standard(handle: Handle) -> Self {
        let mut stream = Self {
            handle,
            flags: FdFlags::empty(),
        };
        let appends = |flags: OFlags| flags.contains(OFlags::APPEND);
        stream.flags.set(
            FdFlags::APPEND,
            rustix::fs::fcntl_getfl(&stream).is_ok_and(appends),
        );
        stream
    }

    /// What the guest may do with it, given its kind and that it was opened for `opened`. C libraries tell
    /// a terminal by its being a character device that cannot seek.
    pub(super) fn rights(&self, kind: FileType, opened: Rights) -> Rights {
        let mut rights = match self.handle {
            Handle::Mounted { .. } => Rights::FILE,
            Handle::Input => Rights::FILE.difference(Rights::CHANGING),
            Handle::Output(_) | Handle::Error(_) => {
                let stream = Rights::FILE.difference(Rights::CHANGING | Rights::FD_READ);
                stream | Rights::FD_WRITE
            }
        };
        if !opened.contains(Rights::FD_READ) {
            rights.remove(Rights::FD_READ);
        }
        if !opened.contains(Rights::FD_WRITE) {
            rights.remove(Rights::WRITING);
        }
        match kind == FileType::CharacterDevice && rustix::termios::isatty(self) {
            true => rights.difference(Rights::FD_SEEK | Rights::FD_TELL),
            false => rights,
        }
    }

    /// Whether it may be changed.
    pub(super) fn access(&self) -> Access {
        match self.handle {
            Handle::Mounted { access, .. } => access,
            _ => Access::ReadWrite,
        }
    }

    pub(super) fn flags(&self) -> FdFlags {
        self.flags
    }

    fn set_flags(&mut self, flags: FdFlags) -> Result<(), Errno> {
        let fixed = FdFlags::DSYNC | FdFlags::RSYNC | FdFlags::SYNC;
        // The host fixes these when a file is opened.
        if (self.flags ^ flags).intersects(fixed) {
            return Err(Errno::NOTSUP);
        }
        // A stream's flags are the shell's too: appending stays as it is, waiting is seen to in a call.
        if let Handle::Mounted { file, .. } = &self.handle {
            let mut host = OFlags::empty();
            host.set(OFlags::APPEND, flags.contains(FdFlags::APPEND));
            host.set(OFlags::NONBLOCK, flags.contains(FdFlags::NONBLOCK));
            rustix::fs::fcntl_setfl(file, host)?;
        }
        self.flags = flags;
        Ok(())
    }

    fn read(&self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        self.until_ready(PollFlags::IN, |file| rustix::io::readv(file, buffers))
    }

    fn write(&self, buffers: &[IoSlice<'_>]) -> Result<usize, Fault> {
        if let Handle::Output(seen) | Handle::Error(seen) = &self.handle {
            seen.look_for_panic(buffers);
        }
        let written = match (&self.handle, buffers) {
            // Of a pipe that is ready, no more is known than that it takes this much.
            (Handle::Output(_) | Handle::Error(_), [first, ..])
                if self.flags.contains(FdFlags::NONBLOCK) =>
            {
                let some = first.get(..PIPE_BUF).unwrap_or(first);
                self.until_ready(PollFlags::OUT, |file| rustix::io::write(file, some))
            }
            _ => self.until_ready(PollFlags::OUT, |file| rustix::io::writev(file, buffers)),
        };
        match (written, &self.handle) {
            (Err(Errno::PIPE), Handle::Output(seen) | Handle::Error(seen)) => {
                seen.reader_is_gone();
                Err(Fault::End(wasmi::Error::new("nobody reads the output")))
            }
            (written, _) => Ok(written?),
        }
    }

    /// Writes at an offset, and there even where the file appends, as POSIX has it: on Linux a file that
    /// appends would do so here too.
    fn write_at(&self, buffers: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
        let write = || {
            self.until_ready(PollFlags::OUT, |file| {
                rustix::io::pwritev(file, buffers, offset)
            })
        };
        if !self.flags.contains(FdFlags::APPEND) {
            return write();
        }
        let host = rustix::fs::fcntl_getfl(self)?;
        rustix::fs::fcntl_setfl(self, host.difference(OFlags::APPEND))?;
        let written = write();
        rustix::fs::fcntl_setfl(self, host)?;
        written
    }

    /// Does `call` until it is neither interrupted nor in need of waiting, where the guest has the file
    /// wait at all.
    fn until_ready<R>(
        &self,
        ready: PollFlags,
        mut call: impl FnMut(BorrowedFd<'_>) -> Result<R, HostErrno>,
    ) -> Result<R, Errno> {
        let file = self.as_fd();
        let waits = !self.flags.contains(FdFlags::NONBLOCK);
        let is_stream = !matches!(self.handle, Handle::Mounted { .. });
        if !waits && is_stream && !is_ready(file, ready)? {
            return Err(Errno::AGAIN);
        }
        loop {
            match call(file) {
                Err(HostErrno::INTR) => {}
                Err(HostErrno::AGAIN) if waits => wait(file, ready)?,
                answer => return Ok(answer?),
            }
        }
    }
}

fn is_ready(file: BorrowedFd<'_>, wanted: PollFlags) -> Result<bool, HostErrno> {
    let at_once = Timespec::default();
    let count = poll(&mut [PollFd::new(&file, wanted)], Some(&at_once))?;
    Ok(count > 0)
}

fn told(memory: &mut Memory<'_>, address: u32, count: usize) -> Answer {
    // No call moves more bytes than a WASI size can tell: the buffers are counted before.
    Ok(memory.put_u32(address, count as u32)?)
}

pub(super) fn fd_read(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    read: u32,
) -> Answer {
    let file = wasi.table.file(fd, Rights::FD_READ)?;
    let size = file.read(&mut memory.scatter(buffers, count)?)?;
    told(memory, read, size)
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
    let file = wasi.table.file(fd, Rights::FD_READ)?;
    let mut slices = memory.scatter(buffers, count)?;
    let size = file.until_ready(PollFlags::IN, |file| {
        rustix::io::preadv(file, &mut slices, offset)
    })?;
    told(memory, read, size)
}

pub(super) fn fd_write(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    written: u32,
) -> Answer {
    let file = wasi.table.file(fd, Rights::FD_WRITE)?;
    let size = file.write(&memory.gather(buffers, count)?)?;
    told(memory, written, size)
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
    let file = wasi.table.file(fd, Rights::FD_WRITE)?;
    let size = file.write_at(&memory.gather(buffers, count)?, offset)?;
    told(memory, written, size)
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
