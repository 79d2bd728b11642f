//! Linux's own calls: fdatasync(2) does not write timestamps, posix_fadvise(2) starts to read ahead, and fallocate(2)
//! allocates space without writing it.

use super::super::enumerations::Advice;
use rustix::fd::AsFd;
use rustix::fs::{Advice as HostAdvice, FallocateFlags, fadvise, fallocate};
pub(super) use rustix::fs::{fdatasync as sync_data, fsync as sync};
use rustix::io::Result;
use std::num::NonZeroU64;

pub(super) fn advise(file: impl AsFd, offset: u64, length: u64, advice: Advice) -> Result<()> {
    let advice = match advice {
        Advice::Normal => HostAdvice::Normal,
        Advice::Sequential => HostAdvice::Sequential,
        Advice::Random => HostAdvice::Random,
        Advice::Willneed => HostAdvice::WillNeed,
        Advice::Dontneed => HostAdvice::DontNeed,
        Advice::Noreuse => HostAdvice::NoReuse,
    };
    fadvise(file, offset, NonZeroU64::new(length), advice)
}

pub(super) fn allocate(file: impl AsFd, offset: u64, length: u64) -> Result<()> {
    fallocate(file, FallocateFlags::empty(), offset, length)
}
