//! WASI's enumerations, with the names of their variants in a trace. In the [specification][types], each is a `variant`
//! whose cases are numbered from 0.
//!
//! [types]: https://github.com/WebAssembly/WASI/blob/v0.2.0/legacy/preview1/docs.md#types

use super::errno::Errno;

/// A WASI enumeration. A code is the number of a variant.
pub(super) trait Enumeration: Copy + 'static {
    const ALL: &[Self];
    const NAMES: &[&str];

    /// The variant with this code.
    ///
    /// # Errors
    ///
    /// `INVAL` if no variant has this code.
    fn from_code(code: u32) -> Result<Self, Errno> {
        Self::ALL.get(code as usize).copied().ok_or(Errno::INVAL)
    }

    /// The name of the variant with this code, or the number if there is none.
    fn name_of(code: u32) -> String {
        let name = Self::NAMES.get(code as usize);
        name.map_or_else(|| code.to_string(), |name| (*name).to_owned())
    }
}

/// Defines enumerations: `Name { Variant "NAME IN A TRACE" }`, with the variants in the order of their codes.
macro_rules! enumerations {
    ($($(#[$doc:meta])* $enumeration:ident { $($variant:ident $name:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum $enumeration {
            $($variant,)+
        }

        impl Enumeration for $enumeration {
            const ALL: &[Self] = &[$(Self::$variant),+];
            const NAMES: &[&str] = &[$($name),+];
        }
    )+};
}

enumerations! {
    Clockid {
        Realtime "REALTIME", Monotonic "MONOTONIC", ProcessCputimeId "PROCESS_CPUTIME_ID",
        ThreadCputimeId "THREAD_CPUTIME_ID",
    }

    Whence {
        Set "SEEK_SET", Cur "SEEK_CUR", End "SEEK_END",
    }

    Advice {
        Normal "NORMAL", Sequential "SEQUENTIAL", Random "RANDOM", Willneed "WILLNEED", Dontneed "DONTNEED",
        Noreuse "NOREUSE",
    }

    /// The type of a file. The specification has no variant for a pipe.
    Filetype {
        Unknown "unknown type", BlockDevice "block device", CharacterDevice "character device",
        Directory "directory", RegularFile "regular file", SocketDgram "datagram socket",
        SocketStream "stream socket", SymbolicLink "symbolic link",
    }

    Eventtype {
        Clock "clock", FdRead "read", FdWrite "write",
    }

    /// Signals, which `proc_raise` refuses.
    Signal {
        None "NONE", Hup "SIGHUP", Int "SIGINT", Quit "SIGQUIT", Ill "SIGILL", Trap "SIGTRAP", Abrt "SIGABRT",
        Bus "SIGBUS", Fpe "SIGFPE", Kill "SIGKILL", Usr1 "SIGUSR1", Segv "SIGSEGV", Usr2 "SIGUSR2",
        Pipe "SIGPIPE", Alrm "SIGALRM", Term "SIGTERM", Chld "SIGCHLD", Cont "SIGCONT", Stop "SIGSTOP",
        Tstp "SIGTSTP", Ttin "SIGTTIN", Ttou "SIGTTOU", Urg "SIGURG", Xcpu "SIGXCPU", Xfsz "SIGXFSZ",
        Vtalrm "SIGVTALRM", Prof "SIGPROF", Winch "SIGWINCH", Poll "SIGPOLL", Pwr "SIGPWR", Sys "SIGSYS",
    }
}
