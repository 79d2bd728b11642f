//! Files: those opened under a mount, and the three standard streams, which are the runner's own
//! descriptors. Nothing is held back in a buffer, so that what the guest wrote has been written
//! whatever ends the run, and no lock is held while a call blocks.

use super::flags::{FdFlags, Rights};
use super::{Errno, Fault};
use crate::host::Access;
use crate::host::stdio::{Seen, wait, write_whole};
use crate::stop;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, OFlags};
use rustix::io::{Errno as HostErrno, retry_on_intr};
use std::io::{IoSlice, IoSliceMut};

/// How much a pipe takes without blocking once it is ready, as POSIX has it.
const PIPE_BUF: usize = 4096;

/// An open file.
pub(super) struct File {
    handle: Handle,
    /// How the guest has it behave.
    flags: FdFlags,
    waits: Waits,
}

/// Whether a call that cannot go on at once waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// Unless the guest has it answer at once.
    AsAsked,
    /// Whatever the guest asks for, so that the pace of the other end does not show.
    Always,
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
            waits: Waits::AsAsked,
        }
    }

    pub(super) fn input(waits: Waits) -> Self {
        Self::standard(Handle::Input, waits)
    }

    pub(super) fn output(seen: &Seen, waits: Waits) -> Self {
        Self::standard(Handle::Output(seen.clone()), waits)
    }

    pub(super) fn error(seen: &Seen, waits: Waits) -> Self {
        Self::standard(Handle::Error(seen.clone()), waits)
    }

    /// A stream appends where the shell opened it so. One that somebody else made non-blocking blocks
    /// all the same: the guest did not ask for that.
    fn standard(handle: Handle, waits: Waits) -> Self {
        let mut stream = Self {
            handle,
            flags: FdFlags::empty(),
            waits,
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

    /// What it is called, where it is one of the three standard streams.
    pub(super) fn stream_name(&self) -> Option<&'static str> {
        match self.handle {
            Handle::Mounted { .. } => None,
            Handle::Input => Some("stdin"),
            Handle::Output(_) => Some("stdout"),
            Handle::Error(_) => Some("stderr"),
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        !matches!(self.handle, Handle::Mounted { .. })
    }

    pub(super) fn flags(&self) -> FdFlags {
        self.flags
    }

    pub(super) fn set_flags(&mut self, flags: FdFlags) -> Result<(), Errno> {
        let mut fixed = FdFlags::DSYNC | FdFlags::RSYNC | FdFlags::SYNC;
        // A stream's flags are the shell's too; that it is not to wait is seen to in each call.
        fixed.set(FdFlags::APPEND, self.is_stream());
        // The rest is fixed when a file is opened.
        if (self.flags ^ flags).intersects(fixed) {
            return Err(Errno::NOTSUP);
        }
        if let Handle::Mounted { file, .. } = &self.handle {
            let mut host = OFlags::empty();
            host.set(OFlags::APPEND, flags.contains(FdFlags::APPEND));
            host.set(OFlags::NONBLOCK, flags.contains(FdFlags::NONBLOCK));
            rustix::fs::fcntl_setfl(file, host)?;
        }
        self.flags = flags;
        Ok(())
    }

    pub(super) fn read(&self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        self.until_ready(PollFlags::IN, |file| match &mut *buffers {
            [buffer] => rustix::io::read(file, &mut **buffer),
            buffers => rustix::io::readv(file, buffers),
        })
    }

    /// Writes all of these buffers, or what the file takes at once where the guest asked for that. Returns
    /// the number of bytes.
    pub(super) fn write(&self, buffers: &mut [IoSlice<'_>]) -> Result<usize, Fault> {
        if let Handle::Output(seen) | Handle::Error(seen) = &self.handle {
            seen.look_for_panic(buffers);
        }
        let written = match (&self.handle, &*buffers) {
            // Of a pipe that is ready, no more is known than that it takes this much. A terminal that
            // nobody reads may take less, and keeps the guest waiting.
            (Handle::Output(_) | Handle::Error(_), [first, ..]) if self.takes_part() => {
                let some = first.get(..PIPE_BUF).unwrap_or(first);
                self.until_ready(PollFlags::OUT, |file| rustix::io::write(file, some))
            }
            _ => self.write_with(buffers, |file, rest, _| match rest {
                [buffer] => rustix::io::write(file, buffer),
                rest => rustix::io::writev(file, rest),
            }),
        };
        match (written, &self.handle) {
            (Err(Errno::PIPE), Handle::Output(seen) | Handle::Error(seen)) => {
                seen.reader_is_gone();
                Err(Fault::End(wasmi::Error::new("nobody reads the output")))
            }
            (written, _) => Ok(written?),
        }
    }

    pub(super) fn read_at(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        offset: u64,
    ) -> Result<usize, Errno> {
        self.until_ready(PollFlags::IN, |file| {
            rustix::io::preadv(file, buffers, offset)
        })
    }

    /// Writes at an offset, and there even where the file appends, as POSIX has it. On Linux a file that
    /// appends does so here too, and a stream still does: how it was opened is the shell's.
    pub(super) fn write_at(
        &self,
        buffers: &mut [IoSlice<'_>],
        offset: u64,
    ) -> Result<usize, Errno> {
        let mut write = || {
            self.write_with(buffers, |file, rest, written| {
                rustix::io::pwritev(file, rest, offset.saturating_add(written as u64))
            })
        };
        if !self.flags.contains(FdFlags::APPEND) || self.is_stream() {
            return write();
        }
        let host = rustix::fs::fcntl_getfl(self)?;
        rustix::fs::fcntl_setfl(self, host.difference(OFlags::APPEND))?;
        let written = write();
        rustix::fs::fcntl_setfl(self, host)?;
        written
    }

    /// Whether a write may end after a part: the guest asked for what can be done at once.
    pub(super) fn takes_part(&self) -> bool {
        self.flags.contains(FdFlags::NONBLOCK)
    }

    /// Writes these buffers with `write`: all of them, unless the file takes a part. TinyGo's
    /// `(*os.File).Write` takes a short count for success, so one that the guest did not ask for would
    /// lose the rest.
    fn write_with(
        &self,
        buffers: &mut [IoSlice<'_>],
        mut write: impl FnMut(BorrowedFd<'_>, &[IoSlice<'_>], usize) -> Result<usize, HostErrno>,
    ) -> Result<usize, Errno> {
        if self.takes_part() {
            return self.until_ready(PollFlags::OUT, |file| write(file, buffers, 0));
        }
        let file = self.as_fd();
        let written = write_whole(file, buffers, |rest, written| {
            // A reader that goes on reading keeps a long write from being interrupted.
            match written > 0 && stop::is_requested() {
                true => Err(HostErrno::INTR),
                false => write(file, rest, written),
            }
        });
        Ok(written?)
    }

    /// Does `call` until it is neither interrupted nor in need of waiting, where the guest has the file
    /// wait at all.
    fn until_ready<R>(
        &self,
        ready: PollFlags,
        mut call: impl FnMut(BorrowedFd<'_>) -> Result<R, HostErrno>,
    ) -> Result<R, Errno> {
        let file = self.as_fd();
        let waits = match self.waits {
            Waits::AsAsked => !self.flags.contains(FdFlags::NONBLOCK),
            Waits::Always => true,
        };
        if !waits && self.is_stream() && !is_ready(file, ready)? {
            return Err(Errno::AGAIN);
        }
        loop {
            match call(file) {
                Err(HostErrno::INTR) if !stop::is_requested() => {}
                Err(HostErrno::AGAIN) if waits => wait(file, ready)?,
                answer => return Ok(answer?),
            }
        }
    }
}

fn is_ready(file: BorrowedFd<'_>, wanted: PollFlags) -> Result<bool, HostErrno> {
    let at_once = Timespec::default();
    let count = retry_on_intr(|| poll(&mut [PollFd::new(&file, wanted)], Some(&at_once)))?;
    Ok(count > 0)
}
