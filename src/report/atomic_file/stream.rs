//! Writes to a pipe, a device or an inherited descriptor. Timeouts apply, since a pipe may have no reader, or its
//! reader may have stopped reading.

use super::location::FileLocation;
use crate::file_id::FileId;
use crate::poll::{PollFd, poll};
use libc::PIPE_BUF;
use rustix::event::{PollFlags, Timespec};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::{Errno, FdFlags, fcntl_dupfd_cloexec, fcntl_getfd};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::thread;
use std::time::{Duration, Instant};

/// The time to wait until a process opens a named pipe for reading.
const READER_TIMEOUT: Duration = Duration::from_secs(1);

/// The time between two attempts to open a named pipe.
const READER_POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The time to wait until a stream accepts more data.
const STALL_TIMEOUT: Timespec = Timespec {
    tv_sec: 2,
    tv_nsec: 0,
};

/// Opens a stream for appending. Opening does not block, but writing does.
pub(super) fn open(location: &FileLocation, flags: OFlags) -> io::Result<File> {
    let file = location.open_file(flags | OFlags::APPEND)?;
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

/// Opens a named pipe once a process reads it.
pub(super) fn open_pipe(location: &FileLocation) -> io::Result<File> {
    let started = Instant::now();
    loop {
        match open(location, OFlags::NOFOLLOW) {
            Err(error) if has_no_reader(&error) && started.elapsed() < READER_TIMEOUT => {
                thread::sleep(READER_POLL_INTERVAL);
            }
            opened => return opened,
        }
    }
}

/// Opens a named pipe once a process reads it, and checks that it is the pipe `id`.
pub(super) fn open_same_pipe(location: &FileLocation, id: FileId) -> io::Result<File> {
    let file = open_pipe(location)?;
    if FileId::of_open(&file)? != id {
        return Err(io::Error::other("it was replaced during the run"));
    }
    Ok(file)
}

/// Returns true if a pipe could not be opened or written because no process reads it.
pub(super) fn has_no_reader(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NXIO | Errno::PIPE))
}

/// Duplicates a descriptor that this process inherited. It must be open for writing.
pub(super) fn inherited(number: i32) -> io::Result<File> {
    let unusable = || io::Error::other(format!("descriptor {number} is not open for writing"));
    // SAFETY: the number was parsed from digits, so it is not negative. The descriptor is used only in this function,
    // which closes none, and system calls fail for a number that is not open.
    let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
    // The runner opens its own descriptors with CLOEXEC, and an inherited one cannot have it.
    let is_own = fcntl_getfd(descriptor)
        .map_err(|_| unusable())?
        .contains(FdFlags::CLOEXEC);
    let flags = fcntl_getfl(descriptor)?;
    let is_writable = flags.intersects(OFlags::WRONLY | OFlags::RDWR);
    if is_own || !is_writable {
        return Err(unusable());
    }
    Ok(fcntl_dupfd_cloexec(descriptor, 3)?.into())
}

/// Writes `content`. Fails if the stream does not accept data within the timeout.
pub(super) fn write(file: &File, content: &[u8]) -> io::Result<()> {
    let is_file = FileType::from_raw_mode(fstat(file)?.st_mode) == FileType::RegularFile;
    let mut file = file;
    if is_file {
        return file.write_all(content);
    }
    let mut rest = content;
    while !rest.is_empty() {
        wait_until_writable(file)?;
        // A pipe that is ready accepts PIPE_BUF bytes without blocking: <https://man7.org/linux/man-pages/man7/pipe.7.html>.
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
        match poll(
            &mut [PollFd::new(file, PollFlags::OUT)],
            Some(&STALL_TIMEOUT),
        ) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
