//! Files: those opened under a mount, and the three standard streams, which are the runner's own descriptors. There is
//! no buffer, so nothing that the guest wrote is lost when the run ends. No lock is held while a call blocks.

use super::flags::{Fdflags, Rights};
use super::memory::MAX_CALL_BYTES;
use super::{Errno, WasiError};
use crate::closed_streams::Stream;
use crate::console::{wait_until, write_all};
use crate::host::Access;
use crate::host::stdio::StreamState;
use crate::poll::{PollFd, poll};
use crate::stop;
use libc::PIPE_BUF;
use rustix::event::{PollFlags, Timespec};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, OFlags};
use rustix::io::{Errno as HostErrno, retry_on_intr};
use std::io::{IoSlice, IoSliceMut};

/// An open file.
pub(super) struct File {
    handle: FileHandle,
    /// The flags that the guest has set.
    flags: Fdflags,
    blocking: Blocking,
}

/// Whether calls block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocking {
    /// They do, unless the guest has set `NONBLOCK`.
    UnlessNonblock,
    /// They always do, so that the guest cannot observe the speed of the other end.
    Always,
}

/// Where a file is: under a mount, or a standard stream.
pub(super) enum FileHandle {
    Mounted { file: OwnedFd, access: Access },
    Stdin,
    Stdout(StreamState),
    Stderr(StreamState),
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.handle {
            FileHandle::Mounted { file, .. } => file.as_fd(),
            FileHandle::Stdin => rustix::stdio::stdin(),
            FileHandle::Stdout(_) => rustix::stdio::stdout(),
            FileHandle::Stderr(_) => rustix::stdio::stderr(),
        }
    }
}

impl File {
    /// A file under a mount that was opened with `flags`.
    pub(super) fn mounted(file: OwnedFd, flags: Fdflags, access: Access) -> Self {
        Self {
            handle: FileHandle::Mounted { file, access },
            flags,
            blocking: Blocking::UnlessNonblock,
        }
    }

    /// A standard stream. It appends if the shell opened it with `>>`. It blocks even if another process made it
    /// nonblocking, because the guest did not request that.
    pub(super) fn stream(handle: FileHandle, blocking: Blocking) -> Self {
        let mut stream = Self {
            handle,
            flags: Fdflags::empty(),
            blocking,
        };
        let appends = |flags: OFlags| flags.contains(OFlags::APPEND);
        stream.flags.set(
            Fdflags::APPEND,
            rustix::fs::fcntl_getfl(&stream).is_ok_and(appends),
        );
        stream
    }

    /// The requested rights that the guest gets. A terminal cannot seek, by which wasi-libc's `isatty` recognizes it:
    /// <https://github.com/WebAssembly/wasi-libc/blob/wasi-sdk-25/libc-bottom-half/sources/isatty.c>.
    pub(super) fn rights(&self, host_type: FileType, asked: Rights) -> Rights {
        let mut rights = match self.handle {
            FileHandle::Mounted { .. } => Rights::FILE,
            FileHandle::Stdin => Rights::FILE.difference(Rights::CHANGING),
            FileHandle::Stdout(_) | FileHandle::Stderr(_) => {
                let stream = Rights::FILE.difference(Rights::CHANGING | Rights::FD_READ);
                stream | Rights::FD_WRITE
            }
        };
        if !asked.contains(Rights::FD_READ) {
            rights.remove(Rights::FD_READ);
        }
        if !asked.contains(Rights::FD_WRITE) {
            rights.remove(Rights::WRITING);
        }
        if host_type == FileType::CharacterDevice && rustix::termios::isatty(self) {
            rights.difference(Rights::FD_SEEK | Rights::FD_TELL)
        } else {
            rights
        }
    }

    pub(super) fn access(&self) -> Access {
        match self.handle {
            FileHandle::Mounted { access, .. } => access,
            _ => Access::ReadWrite,
        }
    }

    /// The name of a standard stream.
    pub(super) fn stream_name(&self) -> Option<&'static str> {
        match self.handle {
            FileHandle::Mounted { .. } => None,
            FileHandle::Stdin => Some("stdin"),
            FileHandle::Stdout(_) => Some("stdout"),
            FileHandle::Stderr(_) => Some("stderr"),
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        !matches!(self.handle, FileHandle::Mounted { .. })
    }

    pub(super) fn flags(&self) -> Fdflags {
        self.flags
    }

    pub(super) fn set_flags(&mut self, flags: Fdflags) -> Result<(), Errno> {
        let mut fixed = Fdflags::DSYNC | Fdflags::RSYNC | Fdflags::SYNC;
        // Other processes share a stream's flags, so NONBLOCK is emulated in each call.
        fixed.set(Fdflags::APPEND, self.is_stream());
        if (self.flags ^ flags).intersects(fixed) {
            return Err(Errno::NOTSUP);
        }
        if let FileHandle::Mounted { file, .. } = &self.handle {
            let mut host = OFlags::empty();
            host.set(OFlags::APPEND, flags.contains(Fdflags::APPEND));
            host.set(OFlags::NONBLOCK, flags.contains(Fdflags::NONBLOCK));
            rustix::fs::fcntl_setfl(file, host)?;
        }
        self.flags = flags;
        Ok(())
    }

    pub(super) fn read(&self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        self.until_ready(PollFlags::IN, |file| match &mut *buffers {
            [buffer] => {
                let size = one_call(buffer).len();
                rustix::io::read(file, &mut buffer[..size])
            }
            buffers => rustix::io::readv(file, buffers),
        })
    }

    /// Writes all buffers, or as much as is possible without blocking if the guest set `NONBLOCK`. Returns the number
    /// of bytes.
    pub(super) fn write(&self, buffers: &mut [IoSlice<'_>]) -> Result<usize, WasiError> {
        match &self.handle {
            FileHandle::Stdout(state) => state.record_output(Stream::Output, buffers),
            FileHandle::Stderr(state) => state.record_output(Stream::Error, buffers),
            FileHandle::Mounted { .. } | FileHandle::Stdin => {}
        }
        let written = match (&self.handle, &*buffers) {
            // A pipe that is ready accepts PIPE_BUF bytes: <https://man7.org/linux/man-pages/man7/pipe.7.html>. A
            // terminal that no process reads may accept fewer, and then blocks.
            (FileHandle::Stdout(_) | FileHandle::Stderr(_), [first, ..])
                if self.is_nonblocking() =>
            {
                let fits = first.get(..PIPE_BUF).unwrap_or(first);
                self.until_ready(PollFlags::OUT, |file| rustix::io::write(file, fits))
            }
            _ => self.write_with(buffers, |file, rest, _| match rest {
                [buffer] => rustix::io::write(file, one_call(buffer)),
                rest => rustix::io::writev(file, rest),
            }),
        };
        match (written, &self.handle) {
            (Err(Errno::PIPE), FileHandle::Stdout(state) | FileHandle::Stderr(state)) => {
                state.set_pipe_broken();
                Err(WasiError::Trap(wasmi::Error::new(
                    "no process reads the output",
                )))
            }
            (written, _) => Ok(written?),
        }
    }

    pub(super) fn read_at(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        offset: u64,
    ) -> Result<usize, Errno> {
        self.until_ready(PollFlags::IN, |file| match &mut *buffers {
            [buffer] => {
                let size = one_call(buffer).len();
                rustix::io::pread(file, &mut buffer[..size], offset)
            }
            buffers => rustix::io::preadv(file, buffers, offset),
        })
    }

    /// Writes at an offset even if the file appends, as POSIX requires. Linux appends
    /// (<https://man7.org/linux/man-pages/man2/pwrite.2.html>, "BUGS"), so `APPEND` is cleared for the write, except
    /// for a standard stream, whose flags are shared with other processes.
    pub(super) fn write_at(
        &self,
        buffers: &mut [IoSlice<'_>],
        offset: u64,
    ) -> Result<usize, Errno> {
        let mut write = || {
            self.write_with(buffers, |file, rest, written| {
                let offset = offset.saturating_add(written as u64);
                match rest {
                    [buffer] => rustix::io::pwrite(file, one_call(buffer), offset),
                    rest => rustix::io::pwritev(file, rest, offset),
                }
            })
        };
        if !self.flags.contains(Fdflags::APPEND) || self.is_stream() {
            return write();
        }
        let host = rustix::fs::fcntl_getfl(self)?;
        rustix::fs::fcntl_setfl(self, host.difference(OFlags::APPEND))?;
        let written = write();
        rustix::fs::fcntl_setfl(self, host)?;
        written
    }

    /// Whether a write may be short.
    pub(super) fn is_nonblocking(&self) -> bool {
        self.flags.contains(Fdflags::NONBLOCK)
    }

    /// Writes the buffers with `write`, all of them unless the file is nonblocking. TinyGo's `(*os.File).Write` treats
    /// a short write as success, so an unexpected one would lose data:
    /// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/os/file.go>.
    fn write_with(
        &self,
        buffers: &mut [IoSlice<'_>],
        mut write: impl FnMut(BorrowedFd<'_>, &[IoSlice<'_>], usize) -> Result<usize, HostErrno>,
    ) -> Result<usize, Errno> {
        if self.is_nonblocking() {
            return self.until_ready(PollFlags::OUT, |file| write(file, buffers, 0));
        }
        let file = self.as_fd();
        let written = write_all(file, buffers, |rest, written| {
            // If a reader keeps reading, a long write never blocks, and so no signal interrupts it.
            if written > 0 && stop::is_requested() {
                Err(HostErrno::INTR)
            } else {
                write(file, rest, written)
            }
        });
        Ok(written?)
    }

    /// Calls `call` until it is not interrupted. If the file blocks, waits until it is ready.
    fn until_ready<R>(
        &self,
        ready: PollFlags,
        mut call: impl FnMut(BorrowedFd<'_>) -> Result<R, HostErrno>,
    ) -> Result<R, Errno> {
        let file = self.as_fd();
        let blocks = match self.blocking {
            Blocking::UnlessNonblock => !self.flags.contains(Fdflags::NONBLOCK),
            Blocking::Always => true,
        };
        if !blocks && self.is_stream() && !is_ready(file, ready)? {
            return Err(Errno::AGAIN);
        }
        loop {
            match call(file) {
                Err(HostErrno::INTR) if !stop::is_requested() => {}
                Err(HostErrno::AGAIN) if blocks => wait_until(file, ready)?,
                result => return Ok(result?),
            }
        }
    }
}

/// The part of a single buffer that one system call accepts.
fn one_call(buffer: &[u8]) -> &[u8] {
    buffer.get(..MAX_CALL_BYTES as usize).unwrap_or(buffer)
}

fn is_ready(file: BorrowedFd<'_>, wanted: PollFlags) -> Result<bool, HostErrno> {
    let no_wait = Timespec::default();
    let count = retry_on_intr(|| poll(&mut [PollFd::new(&file, wanted)], Some(&no_wait)))?;
    Ok(count > 0)
}
