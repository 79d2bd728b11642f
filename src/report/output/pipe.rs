//! Writing to what is no regular file, within bounded time: a pipe may have no reader, or one that has
//! stopped reading.

use super::place::Place;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::{Errno, FdFlags, fcntl_dupfd_cloexec, fcntl_getfd};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for a process that opens a named pipe for reading, and how often to try.
const READER_LIMIT: Duration = Duration::from_secs(1);
const READER_PAUSE: Duration = Duration::from_millis(10);

/// How long a reader may read nothing.
const STALL_LIMIT: Timespec = Timespec {
    tv_sec: 2,
    tv_nsec: 0,
};

/// How much a pipe that is ready for writing takes without blocking: PIPE_BUF, see pipe(7).
const PIPE_BUF: usize = 4096;

/// Opens a stream for writing at its end. Opening does not block, writing does.
pub(super) fn open(place: &Place, flags: OFlags) -> io::Result<File> {
    let file = place.open(flags | OFlags::APPEND)?;
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

/// Opens a named pipe as soon as a process reads it.
pub(super) fn open_when_read(place: &Place) -> io::Result<File> {
    let started = Instant::now();
    loop {
        match open(place, OFlags::NOFOLLOW) {
            Err(error) if has_no_reader(&error) && started.elapsed() < READER_LIMIT => {
                thread::sleep(READER_PAUSE);
            }
            opened => return opened,
        }
    }
}

/// Whether opening or writing a pipe failed because no process reads it.
pub(super) fn has_no_reader(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NXIO | Errno::PIPE))
}

/// A descriptor that the caller has passed on to this process, open for writing.
pub(super) fn inherited(number: i32) -> io::Result<File> {
    let unusable = || io::Error::other(format!("descriptor {number} is not open for writing"));
    // SAFETY: it is not negative, having been written in digits, and is used in the next lines only, in which
    // nothing closes a descriptor; the system refuses it where it is not open.
    let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
    // The runner's own descriptors are closed on exec, and so were not inherited.
    let is_own = fcntl_getfd(descriptor)
        .map_err(|_| unusable())?
        .contains(FdFlags::CLOEXEC);
    let flags = fcntl_getfl(descriptor)?;
    let is_writable =
        flags.intersects(OFlags::WRONLY | OFlags::RDWR) && !flags.contains(OFlags::PATH);
    if is_own || !is_writable {
        return Err(unusable());
    }
    Ok(fcntl_dupfd_cloexec(descriptor, 3)?.into())
}

/// Writes all of `content`, as long as it is read.
pub(super) fn write(file: &File, content: &[u8]) -> io::Result<()> {
    let is_file = FileType::from_raw_mode(fstat(file)?.st_mode) == FileType::RegularFile;
    let mut file = file;
    if is_file {
        return file.write_all(content);
    }
    let mut rest = content;
    while !rest.is_empty() {
        wait_until_writable(file)?;
        match file.write(&rest[..rest.len().min(PIPE_BUF)]) {
            Ok(written) => rest = &rest[written..],
            Err(error) if is_temporary(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
    )
}

fn wait_until_writable(file: &File) -> io::Result<()> {
    loop {
        match poll(&mut [PollFd::new(file, PollFlags::OUT)], Some(&STALL_LIMIT)) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
