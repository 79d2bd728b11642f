//! The portable way: macOS has none of fdatasync(2), posix_fadvise(2) and posix_fallocate(3).

use super::super::enumerations::Advice;
use rustix::fd::AsFd;
use rustix::fs::{fstat, fsync, ftruncate, tell};
use rustix::io::{Errno, Result};

/// Writes a file to the disk. On macOS, fsync(2) only writes it to the disk's cache. As in Go, a file system without
/// `F_FULLFSYNC` gets fsync(2): <https://go.dev/issue/64215>.
pub(super) fn sync(file: impl AsFd) -> Result<()> {
    #[cfg(target_vendor = "apple")]
    match rustix::fs::fcntl_fullfsync(&file) {
        Err(Errno::NOTSUP) => {}
        synced => return synced,
    }
    fsync(file)
}

pub(super) use sync as sync_data;

/// Checks the arguments, and ignores the advice.
pub(super) fn advise(file: impl AsFd, _: u64, length: u64, _: Advice) -> Result<()> {
    // A pipe has no offsets.
    tell(file)?;
    i64::try_from(length).map_or(Err(Errno::INVAL), |_| Ok(()))
}

/// Enlarges a file that ends before the range. Allocates no space, so a later write can fail on a full disk.
pub(super) fn allocate(file: impl AsFd, offset: u64, length: u64) -> Result<()> {
    let signed = |number| i64::try_from(number).map_err(|_| Errno::INVAL);
    let (offset, length) = (signed(offset)?, signed(length)?);
    if length == 0 {
        return Err(Errno::INVAL);
    }
    let end = offset.checked_add(length).ok_or(Errno::FBIG)?;
    if fstat(&file)?.st_size < end {
        ftruncate(&file, end.cast_unsigned())?;
    }
    Ok(())
}
