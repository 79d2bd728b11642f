//! The portable way: select(2) waits for devices. When the other end is closed, it reports only that the
//! file is ready.

use rustix::event::{
    self, FdSetElement, FdSetIter, PollFlags, Timespec, fd_set_insert, fd_set_num_elements, select,
};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use rustix::fs::{FileType, fstat};
use rustix::io;

/// A file to wait for, with the interface of [`rustix::event::PollFd`].
#[derive(Debug)]
pub struct PollFd<'f> {
    file: BorrowedFd<'f>,
    wanted: PollFlags,
    ready: PollFlags,
}

impl<'f> PollFd<'f> {
    /// Waits for `wanted`.
    pub fn new(file: &'f impl AsFd, wanted: PollFlags) -> Self {
        Self::from_borrowed_fd(file.as_fd(), wanted)
    }

    /// Waits for `wanted`.
    pub fn from_borrowed_fd(file: BorrowedFd<'f>, wanted: PollFlags) -> Self {
        Self {
            file,
            wanted,
            ready: PollFlags::empty(),
        }
    }

    /// What the file is ready for.
    pub fn revents(&self) -> PollFlags {
        self.ready
    }

    fn is_device(&self) -> bool {
        fstat(self.file)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice)
    }
}

/// Waits until a file is ready or the timeout has passed. Returns the number of files that are ready.
///
/// # Errors
///
/// Those of poll(2) and select(2).
pub fn poll(files: &mut [PollFd<'_>], timeout: Option<&Timespec>) -> io::Result<usize> {
    if files.iter().any(PollFd::is_device) {
        return poll_by_select(files, timeout);
    }
    let mut polled: Vec<_> = files
        .iter()
        .map(|file| event::PollFd::from_borrowed_fd(file.file, file.wanted))
        .collect();
    let count = event::poll(&mut polled, timeout)?;
    for (file, polled) in files.iter_mut().zip(&polled) {
        file.ready = polled.revents();
    }
    Ok(count)
}

fn poll_by_select(files: &mut [PollFd<'_>], timeout: Option<&Timespec>) -> io::Result<usize> {
    let numbers = files.iter().map(|file| file.file.as_raw_fd());
    let bound = numbers.max().map_or(0, |last| last + 1);
    let size = fd_set_num_elements(files.len(), bound);
    let mut sets = [PollFlags::IN, PollFlags::OUT].map(|flag| {
        let mut set = vec![FdSetElement::default(); size];
        for file in files.iter().filter(|file| file.wanted.contains(flag)) {
            fd_set_insert(&mut set, file.file.as_raw_fd());
        }
        (flag, set)
    });
    let [(_, readable), (_, writable)] = &mut sets;
    // SAFETY: the sets have space for all descriptors below the bound, and contain open ones.
    unsafe { select(bound, Some(readable), Some(writable), None, timeout)? };
    for file in &mut *files {
        let number = file.file.as_raw_fd();
        file.ready = PollFlags::empty();
        for (flag, set) in &sets {
            let is_ready = FdSetIter::new(set).any(|ready| ready == number);
            file.ready.set(*flag, is_ready);
        }
    }
    Ok(files.iter().filter(|file| !file.ready.is_empty()).count())
}
