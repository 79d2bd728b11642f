//! WASI's sets of flags, with the names of the [specification][types]. The calls, the trace and the tests use them.
//!
//! [types]: https://github.com/WebAssembly/WASI/blob/v0.2.0/legacy/preview1/docs.md#types

use super::errno::Errno;
use bitflags::{Flags, bitflags};

bitflags! {
    /// The operations that a descriptor allows. Programs request all 64 bits, so bits without a meaning are ignored.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Rights: u64 {
        const FD_DATASYNC = 1 << 0;
        const FD_READ = 1 << 1;
        const FD_SEEK = 1 << 2;
        const FD_FDSTAT_SET_FLAGS = 1 << 3;
        const FD_SYNC = 1 << 4;
        const FD_TELL = 1 << 5;
        const FD_WRITE = 1 << 6;
        const FD_ADVISE = 1 << 7;
        const FD_ALLOCATE = 1 << 8;
        const PATH_CREATE_DIRECTORY = 1 << 9;
        const PATH_CREATE_FILE = 1 << 10;
        const PATH_LINK_SOURCE = 1 << 11;
        const PATH_LINK_TARGET = 1 << 12;
        const PATH_OPEN = 1 << 13;
        const FD_READDIR = 1 << 14;
        const PATH_READLINK = 1 << 15;
        const PATH_RENAME_SOURCE = 1 << 16;
        const PATH_RENAME_TARGET = 1 << 17;
        const PATH_FILESTAT_GET = 1 << 18;
        const PATH_FILESTAT_SET_SIZE = 1 << 19;
        const PATH_FILESTAT_SET_TIMES = 1 << 20;
        const FD_FILESTAT_GET = 1 << 21;
        const FD_FILESTAT_SET_SIZE = 1 << 22;
        const FD_FILESTAT_SET_TIMES = 1 << 23;
        const PATH_SYMLINK = 1 << 24;
        const PATH_REMOVE_DIRECTORY = 1 << 25;
        const PATH_UNLINK_FILE = 1 << 26;
        const POLL_FD_READWRITE = 1 << 27;
        const SOCK_SHUTDOWN = 1 << 28;
        const SOCK_ACCEPT = 1 << 29;

        // The sets come last, so that `iter_names` yields the rights above.

        /// The rights of sockets. No descriptor has them, but programs request them along with all others.
        const SOCKET = Self::SOCK_SHUTDOWN.bits() | Self::SOCK_ACCEPT.bits();

        /// All rights that a file can have.
        const FILE = Self::FD_DATASYNC.bits() | Self::FD_READ.bits() | Self::FD_SEEK.bits()
            | Self::FD_FDSTAT_SET_FLAGS.bits() | Self::FD_SYNC.bits() | Self::FD_TELL.bits()
            | Self::FD_WRITE.bits() | Self::FD_ADVISE.bits() | Self::FD_ALLOCATE.bits()
            | Self::FD_FILESTAT_GET.bits() | Self::FD_FILESTAT_SET_SIZE.bits()
            | Self::FD_FILESTAT_SET_TIMES.bits() | Self::POLL_FD_READWRITE.bits();

        /// All rights that a directory can have.
        const DIRECTORY = Self::FD_SYNC.bits() | Self::FD_DATASYNC.bits()
            | Self::PATH_CREATE_DIRECTORY.bits()
            | Self::PATH_CREATE_FILE.bits() | Self::PATH_LINK_SOURCE.bits()
            | Self::PATH_LINK_TARGET.bits() | Self::PATH_OPEN.bits() | Self::FD_READDIR.bits()
            | Self::PATH_READLINK.bits() | Self::PATH_RENAME_SOURCE.bits()
            | Self::PATH_RENAME_TARGET.bits() | Self::PATH_FILESTAT_GET.bits()
            | Self::PATH_FILESTAT_SET_SIZE.bits() | Self::PATH_FILESTAT_SET_TIMES.bits()
            | Self::FD_FILESTAT_GET.bits() | Self::FD_FILESTAT_SET_TIMES.bits()
            | Self::PATH_SYMLINK.bits() | Self::PATH_REMOVE_DIRECTORY.bits()
            | Self::PATH_UNLINK_FILE.bits() | Self::POLL_FD_READWRITE.bits();

        /// The rights to change a file's content, which must be open for writing.
        const WRITING = Self::FD_WRITE.bits() | Self::FD_ALLOCATE.bits()
            | Self::FD_FILESTAT_SET_SIZE.bits();

        /// The rights to change anything, which a read-only mount refuses.
        const CHANGING = Self::WRITING.bits() | Self::FD_FILESTAT_SET_TIMES.bits()
            | Self::PATH_CREATE_DIRECTORY.bits() | Self::PATH_CREATE_FILE.bits()
            | Self::PATH_LINK_SOURCE.bits() | Self::PATH_LINK_TARGET.bits()
            | Self::PATH_RENAME_SOURCE.bits() | Self::PATH_RENAME_TARGET.bits()
            | Self::PATH_FILESTAT_SET_SIZE.bits() | Self::PATH_FILESTAT_SET_TIMES.bits()
            | Self::PATH_SYMLINK.bits() | Self::PATH_REMOVE_DIRECTORY.bits()
            | Self::PATH_UNLINK_FILE.bits();
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Fdflags: u16 {
        const APPEND = 1 << 0;
        const DSYNC = 1 << 1;
        const NONBLOCK = 1 << 2;
        const RSYNC = 1 << 3;
        const SYNC = 1 << 4;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Oflags: u16 {
        const CREAT = 1 << 0;
        const DIRECTORY = 1 << 1;
        const EXCL = 1 << 2;
        const TRUNC = 1 << 3;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Lookupflags: u32 {
        const SYMLINK_FOLLOW = 1 << 0;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Fstflags: u16 {
        const ATIM = 1 << 0;
        const ATIM_NOW = 1 << 1;
        const MTIM = 1 << 2;
        const MTIM_NOW = 1 << 3;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Subclockflags: u16 {
        const SUBSCRIPTION_CLOCK_ABSTIME = 1 << 0;
    }

    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(super) struct Eventrwflags: u16 {
        const FD_READWRITE_HANGUP = 1 << 0;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Riflags: u16 {
        const RECV_PEEK = 1 << 0;
        const RECV_WAITALL = 1 << 1;
    }

    /// No flag is defined.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Siflags: u16 {}

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Sdflags: u8 {
        const RD = 1 << 0;
        const WR = 1 << 1;
    }
}

/// Converts the guest's bits to flags.
///
/// # Errors
///
/// `INVAL` if a bit has no meaning.
pub(super) fn flags_from_bits<F: Flags>(bits: u32) -> Result<F, Errno>
where
    F::Bits: TryFrom<u32>,
{
    let bits = F::Bits::try_from(bits).map_err(|_| Errno::INVAL)?;
    F::from_bits(bits).ok_or(Errno::INVAL)
}
