//! Updates a file to which several processes add. A lock on the file orders them. Each replaces the file, so a process
//! that acquires the lock of a file that was replaced meanwhile tries again with the new one.

use super::location::FileLocation;
use crate::file_id::FileId;
use rustix::fs::{FileType, FlockOperation, Mode, OFlags, flock, fstat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::thread;
use std::time::{Duration, Instant};

/// How long other processes may have the lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a process tries to acquire the lock.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// The maximum size of a file that is updated, in bytes.
const MAX_BYTES: u64 = 256 << 20;

/// A file that no other process updates until it is dropped.
pub(super) struct LockedFile {
    file: File,
    /// The permissions of the file.
    pub(super) mode: Mode,
}

impl LockedFile {
    /// Locks the file at a location. Creates it if it does not exist.
    pub(super) fn open(location: &FileLocation) -> io::Result<Self> {
        let deadline = Instant::now() + LOCK_TIMEOUT;
        loop {
            let file = location.open_to_read(OFlags::CREATE)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::AGAIN) if Instant::now() < deadline => {
                    thread::sleep(POLL_INTERVAL);
                    continue;
                }
                Err(Errno::AGAIN) => {
                    return Err(io::Error::other("another process has locked it"));
                }
                Err(error) => return Err(error.into()),
            }
            let stat = fstat(&file)?;
            let current = location.stat()?;
            if current.is_some_and(|current| FileId::from(&current) == FileId::from(&stat)) {
                let mode =
                    Mode::from_raw_mode(stat.st_mode) & (Mode::RWXU | Mode::RWXG | Mode::RWXO);
                return Ok(Self { file, mode });
            }
        }
    }

    pub(super) fn content(&self) -> io::Result<Vec<u8>> {
        content(&self.file)
    }
}

/// The content of the file at a location, which is empty if the file does not exist.
pub(super) fn content_at(location: &FileLocation) -> io::Result<Vec<u8>> {
    match location.open_to_read(OFlags::empty()) {
        Ok(file) => content(&file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn content(file: &File) -> io::Result<Vec<u8>> {
    if FileType::from_raw_mode(fstat(file)?.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut content = Vec::new();
    let length = file.take(MAX_BYTES + 1).read_to_end(&mut content)?;
    if length as u64 > MAX_BYTES {
        return Err(io::Error::other("it is larger than 256 MiB"));
    }
    Ok(content)
}
