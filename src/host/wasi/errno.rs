//! WASI's [error numbers][errno], and the conversion from the host's.
//!
//! [errno]: https://github.com/WebAssembly/WASI/blob/v0.2.0/legacy/preview1/docs.md#errno

use rustix::io::Errno as HostErrno;
use std::io;

/// An error number of WASI preview 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Errno(u16);

impl Errno {
    /// The number that the guest gets.
    pub(super) fn code(self) -> u16 {
        self.0
    }

    /// The error with this number; `None` for 0, which means success.
    pub(super) fn from_code(code: u16) -> Option<Self> {
        (code != 0).then_some(Self(code))
    }
}

/// Defines WASI's error numbers, each with the host's numbers of the same meaning.
macro_rules! errnos {
    ($($name:ident = $code:literal $(from $($host:ident)+)?,)+) => {
        impl Errno {
            $(pub(super) const $name: Self = Self($code);)+

            /// The name in C, for the errors that calls return.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("E", stringify!($name)),)+
                    _ => "an unknown errno",
                }
            }
        }

        impl From<HostErrno> for Errno {
            #[allow(unreachable_patterns, reason = "on Linux, two names have the same number")]
            fn from(host: HostErrno) -> Self {
                match host {
                    $($($(HostErrno::$host)|+ => Self::$name,)?)+
                    // WASI has no counterpart, or the system calls made here do not return it.
                    _ => Self::IO,
                }
            }
        }
    };
}

errnos! {
    ACCES = 2 from ACCESS,
    AGAIN = 6 from AGAIN,
    BADF = 8 from BADF,
    BUSY = 10 from BUSY,
    CONNRESET = 15 from CONNRESET,
    DEADLK = 16 from DEADLK,
    DQUOT = 19 from DQUOT,
    EXIST = 20 from EXIST,
    FAULT = 21 from FAULT,
    FBIG = 22 from FBIG,
    ILSEQ = 25 from ILSEQ,
    INTR = 27 from INTR,
    INVAL = 28 from INVAL,
    IO = 29 from IO,
    ISDIR = 31 from ISDIR,
    LOOP = 32 from LOOP,
    MFILE = 33 from MFILE,
    MLINK = 34 from MLINK,
    NAMETOOLONG = 37 from NAMETOOLONG,
    NFILE = 41 from NFILE,
    NODEV = 43 from NODEV,
    NOENT = 44 from NOENT,
    NOLCK = 46 from NOLCK,
    NOMEM = 48 from NOMEM,
    NOSPC = 51 from NOSPC,
    NOSYS = 52 from NOSYS,
    NOTDIR = 54 from NOTDIR,
    NOTEMPTY = 55 from NOTEMPTY,
    NOTSOCK = 57 from NOTSOCK,
    NOTSUP = 58 from OPNOTSUPP NOTSUP,
    NOTTY = 59 from NOTTY,
    NXIO = 60 from NXIO,
    OVERFLOW = 61 from OVERFLOW,
    PERM = 63 from PERM,
    PIPE = 64 from PIPE,
    RANGE = 68 from RANGE,
    ROFS = 69 from ROFS,
    SPIPE = 70 from SPIPE,
    STALE = 72 from STALE,
    TIMEDOUT = 73 from TIMEDOUT,
    TXTBSY = 74 from TXTBSY,
    XDEV = 75 from XDEV,
    NOTCAPABLE = 76,
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        match HostErrno::from_io_error(&error) {
            Some(host) => host.into(),
            // cap-std's own error, without a number, for a path that leads out of its mount:
            // <https://github.com/bytecodealliance/cap-std/blob/v4.0.2/cap-primitives/src/fs/errors.rs>.
            None if error.kind() == io::ErrorKind::PermissionDenied => Self::PERM,
            None if error.kind() == io::ErrorKind::NotFound => Self::NOENT,
            None if error.kind() == io::ErrorKind::InvalidInput => Self::INVAL,
            None => Self::IO,
        }
    }
}
