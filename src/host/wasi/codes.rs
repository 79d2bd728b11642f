//! WASI's enumerations and their names: the calls go by the variants, the trace by the names. Each is a `variant`
//! in the [specification][types], its cases numbered from 0.
//!
//! [types]: https://github.com/WebAssembly/WASI/blob/v0.2.0/legacy/preview1/docs.md#types

use super::errno::Errno;

/// An enumeration of WASI's.
pub(super) trait Code: Copy + 'static {
    const ALL: &[Self];
    const NAMES: &[&str];

    /// The variant with a code of the guest's.
    ///
    /// # Errors
    ///
    /// `INVAL` where there is none.
    fn from_code(code: u32) -> Result<Self, Errno> {
        Self::ALL.get(code as usize).copied().ok_or(Errno::INVAL)
    }

    /// The name of a code, or its number where it has none.
    fn name_of(code: u32) -> String {
        let name = Self::NAMES.get(code as usize);
        name.map_or_else(|| code.to_string(), |name| (*name).to_owned())
    }
}

/// Defines enumerations: `Name { Variant "NAME IN A TRACE" }`, in the order of the codes.
macro_rules! enumerations {
    ($($(#[$doc:meta])* $enumeration:ident { $($variant:ident $name:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum $enumeration {
            $($variant,)+
        }

        impl Code for $enumeration {
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

    /// The specification has none for a pipe.
    Filetype {
        Unknown "unknown type", BlockDevice "block device", CharacterDevice "character device",
        Directory "directory", RegularFile "regular file", SocketDgram "datagram socket",
        SocketStream "stream socket", SymbolicLink "symbolic link",
    }

    Eventtype {
        Clock "clock", FdRead "read", FdWrite "write",
    }

    /// A guest cannot raise any.
    Signal {
        None "NONE", Hup "SIGHUP", Int "SIGINT", Quit "SIGQUIT", Ill "SIGILL", Trap "SIGTRAP", Abrt "SIGABRT",
        Bus "SIGBUS", Fpe "SIGFPE", Kill "SIGKILL", Usr1 "SIGUSR1", Segv "SIGSEGV", Usr2 "SIGUSR2",
        Pipe "SIGPIPE", Alrm "SIGALRM", Term "SIGTERM", Chld "SIGCHLD", Cont "SIGCONT", Stop "SIGSTOP",
        Tstp "SIGTSTP", Ttin "SIGTTIN", Ttou "SIGTTOU", Urg "SIGURG", Xcpu "SIGXCPU", Xfsz "SIGXFSZ",
        Vtalrm "SIGVTALRM", Prof "SIGPROF", Winch "SIGWINCH", Poll "SIGPOLL", Pwr "SIGPWR", Sys "SIGSYS",
    }
}
