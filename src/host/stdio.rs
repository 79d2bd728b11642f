//! The guest's standard streams: the runner's own descriptors, unbuffered, so that what the guest
//! wrote has been written whatever ends the run. No lock is held while a call blocks.
//!
//! A write to standard output or error whose reader is gone ends the run, as it ends a Go program
//! or one that SIGPIPE kills; as an errno, a program that ignores it would print for ever.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::BorrowedFd;
use rustix::fs::FileType as HostFileType;
use rustix::io::Errno;
use std::any::Any;
use std::io::{self, IoSlice, IoSliceMut, SeekFrom};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use wasmi_wasi::wasi_common::file::{FdFlags, FileType};
use wasmi_wasi::wasi_common::{Error, ErrorExt, WasiFile};

/// What was seen of the standard streams that matters to the end of the run.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Sights>);

#[derive(Default)]
struct Sights {
    /// One of them has lost its reader.
    broken_pipe: AtomicBool,
    /// The last line with which a Go runtime announces a panic.
    panic: Mutex<Option<String>>,
}

impl Seen {
    pub(super) fn broken_pipe(&self) -> bool {
        self.0.broken_pipe.load(Ordering::Relaxed)
    }

    pub(super) fn panic(&self) -> Option<String> {
        self.0.panic.lock().ok()?.clone()
    }

    /// Writes a line of the guest's to standard output, its words as they lie in the guest's memory.
    pub(super) fn write_line(&self, words: &[&[u8]]) -> io::Result<()> {
        let written = words.iter().enumerate().try_for_each(|(at, word)| {
            if at > 0 {
                write_output(b" ")?;
            }
            write_output(word)
        });
        let written = written.and_then(|()| write_output(b"\n"));
        if matches!(&written, Err(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            self.0.broken_pipe.store(true, Ordering::Relaxed);
        }
        written
    }

    /// Looks at what is about to be written. TinyGo's runtime writes line by line and begins one with
    /// it, so that the beginning of a write is all that has to be looked at.
    fn look_for_panic(&self, buffers: &[IoSlice<'_>]) {
        const LONGEST: usize = 500;
        let first = buffers.first().map_or([].as_slice(), |buffer| buffer);
        if first.starts_with(b"panic: ")
            && let Ok(mut panic) = self.0.panic.lock()
        {
            let line = first.split(|byte| *byte == b'\n').next().unwrap_or(first);
            let line = &line[..line.len().min(LONGEST)];
            *panic = Some(String::from_utf8_lossy(line).into_owned());
        }
    }
}

/// One of the three standard streams.
pub(super) enum Stream {
    Input,
    Output(Seen),
    Error(Seen),
}

/// Writes all of `bytes` to standard output, for the runner itself.
///
/// # Errors
///
/// Whatever the write ends in.
pub fn write_output(bytes: &[u8]) -> io::Result<()> {
    Stream::Output(Seen::default()).write_all(bytes)
}

/// Writes all of `bytes` to standard error, for the runner itself.
///
/// # Errors
///
/// Whatever the write ends in.
pub fn write_error(bytes: &[u8]) -> io::Result<()> {
    Stream::Error(Seen::default()).write_all(bytes)
}

impl Stream {
    fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = self.blocking(PollFlags::OUT, |descriptor| {
                rustix::io::write(descriptor, bytes)
            })?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    fn descriptor(&self) -> BorrowedFd<'static> {
        match self {
            Self::Input => rustix::stdio::stdin(),
            Self::Output(_) => rustix::stdio::stdout(),
            Self::Error(_) => rustix::stdio::stderr(),
        }
    }

    /// Does `call` until it is neither interrupted nor in need of waiting. A stream that somebody
    /// else made non-blocking blocks all the same: the guest did not ask for that.
    fn blocking<R>(
        &self,
        until: PollFlags,
        mut call: impl FnMut(BorrowedFd<'_>) -> rustix::io::Result<R>,
    ) -> rustix::io::Result<R> {
        let descriptor = self.descriptor();
        loop {
            match call(descriptor) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => wait(descriptor, until)?,
                answer => return answer,
            }
        }
    }
}

fn wait(descriptor: BorrowedFd<'_>, until: PollFlags) -> rustix::io::Result<()> {
    match poll(&mut [PollFd::new(&descriptor, until)], None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error),
    }
}

#[async_trait::async_trait]
impl WasiFile for Stream {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn pollable(&self) -> Option<BorrowedFd<'_>> {
        Some(self.descriptor())
    }

    fn isatty(&self) -> bool {
        rustix::termios::isatty(self.descriptor())
    }

    async fn get_filetype(&self) -> Result<FileType, Error> {
        let stat = rustix::fs::fstat(self.descriptor()).map_err(io::Error::from)?;
        Ok(match HostFileType::from_raw_mode(stat.st_mode) {
            HostFileType::RegularFile => FileType::RegularFile,
            HostFileType::CharacterDevice => FileType::CharacterDevice,
            HostFileType::BlockDevice => FileType::BlockDevice,
            HostFileType::Directory => FileType::Directory,
            HostFileType::Socket => FileType::SocketStream,
            _ => FileType::Unknown,
        })
    }

    async fn get_fdflags(&self) -> Result<FdFlags, Error> {
        Ok(match self {
            Self::Input => FdFlags::empty(),
            Self::Output(_) | Self::Error(_) => FdFlags::APPEND,
        })
    }

    async fn read_vectored<'a>(&self, buffers: &mut [IoSliceMut<'a>]) -> Result<u64, Error> {
        let read = self.blocking(PollFlags::IN, |descriptor| {
            rustix::io::readv(descriptor, buffers)
        });
        Ok(read.map_err(io::Error::from)? as u64)
    }

    async fn write_vectored<'a>(&self, buffers: &[IoSlice<'a>]) -> Result<u64, Error> {
        if let Self::Output(seen) | Self::Error(seen) = self {
            seen.look_for_panic(buffers);
        }
        let written = self.blocking(PollFlags::OUT, |descriptor| {
            rustix::io::writev(descriptor, buffers)
        });
        match (written, self) {
            (Ok(written), _) => Ok(written as u64),
            (Err(Errno::PIPE), Self::Output(seen) | Self::Error(seen)) => {
                seen.0.broken_pipe.store(true, Ordering::Relaxed);
                Err(Error::trap(io::Error::from(Errno::PIPE).into()))
            }
            (Err(error), _) => Err(io::Error::from(error).into()),
        }
    }

    async fn read_vectored_at<'a>(
        &self,
        _buffers: &mut [IoSliceMut<'a>],
        _offset: u64,
    ) -> Result<u64, Error> {
        Err(Error::seek_pipe())
    }

    async fn write_vectored_at<'a>(
        &self,
        _buffers: &[IoSlice<'a>],
        _offset: u64,
    ) -> Result<u64, Error> {
        Err(Error::seek_pipe())
    }

    async fn seek(&self, _position: SeekFrom) -> Result<u64, Error> {
        Err(Error::seek_pipe())
    }

    async fn peek(&self, _buffer: &mut [u8]) -> Result<u64, Error> {
        Err(Error::seek_pipe())
    }

    fn num_ready_bytes(&self) -> Result<u64, Error> {
        // What cannot be counted, as of /dev/null, is told as nothing; that it is ready is told apart.
        Ok(rustix::io::ioctl_fionread(self.descriptor()).unwrap_or(0))
    }
}
