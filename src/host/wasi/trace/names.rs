//! The names that WASI preview 1 has for its numbers and flags, in the order of their values.

use crate::host::wasi::flags::Rights;

pub(in crate::host::wasi) const CLOCKS: &[&str] = &[
    "REALTIME",
    "MONOTONIC",
    "PROCESS_CPUTIME_ID",
    "THREAD_CPUTIME_ID",
];

pub(in crate::host::wasi) const WHENCES: &[&str] = &["SEEK_SET", "SEEK_CUR", "SEEK_END"];

pub(in crate::host::wasi) const ADVICE: &[&str] = &[
    "NORMAL",
    "SEQUENTIAL",
    "RANDOM",
    "WILLNEED",
    "DONTNEED",
    "NOREUSE",
];

#[rustfmt::skip]
pub(in crate::host::wasi) const SIGNALS: &[&str] = &[
    "NONE", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL",
    "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGCHLD", "SIGCONT", "SIGSTOP",
    "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH",
    "SIGPOLL", "SIGPWR", "SIGSYS",
];

pub(super) const FILE_TYPES: &[&str] = &[
    "unknown type",
    "block device",
    "character device",
    "directory",
    "regular file",
    "datagram socket",
    "stream socket",
    "symbolic link",
];

pub(in crate::host::wasi) const LOOKUP_FLAGS: &[&str] = &["SYMLINK_FOLLOW"];

pub(in crate::host::wasi) const OPEN_FLAGS: &[&str] = &["CREAT", "DIRECTORY", "EXCL", "TRUNC"];

pub(in crate::host::wasi) const FD_FLAGS: &[&str] =
    &["APPEND", "DSYNC", "NONBLOCK", "RSYNC", "SYNC"];

pub(in crate::host::wasi) const RECEIVE_FLAGS: &[&str] = &["RECV_PEEK", "RECV_WAITALL"];

pub(in crate::host::wasi) const SHUTDOWN_FLAGS: &[&str] = &["RD", "WR"];

#[rustfmt::skip]
pub(super) const RIGHTS: &[&str] = &[
    "FD_DATASYNC", "FD_READ", "FD_SEEK", "FD_FDSTAT_SET_FLAGS", "FD_SYNC", "FD_TELL", "FD_WRITE",
    "FD_ADVISE", "FD_ALLOCATE", "PATH_CREATE_DIRECTORY", "PATH_CREATE_FILE", "PATH_LINK_SOURCE",
    "PATH_LINK_TARGET", "PATH_OPEN", "FD_READDIR", "PATH_READLINK", "PATH_RENAME_SOURCE",
    "PATH_RENAME_TARGET", "PATH_FILESTAT_GET", "PATH_FILESTAT_SET_SIZE", "PATH_FILESTAT_SET_TIMES",
    "FD_FILESTAT_GET", "FD_FILESTAT_SET_SIZE", "FD_FILESTAT_SET_TIMES", "PATH_SYMLINK",
    "PATH_REMOVE_DIRECTORY", "PATH_UNLINK_FILE", "POLL_FD_READWRITE", "SOCK_SHUTDOWN", "SOCK_ACCEPT",
];

/// The name of a number, or the number.
pub(super) fn name(number: u32, names: &[&str]) -> String {
    match names.get(number as usize) {
        Some(name) => (*name).to_owned(),
        None => number.to_string(),
    }
}

/// The names of the flags in a set, and in one number those that have none; `0` for no flag at all.
pub(super) fn flags(bits: u64, names: &[&str]) -> String {
    let known = names.iter().enumerate();
    let set = known.filter(|(bit, _)| bits >> bit & 1 == 1);
    let mut parts: Vec<_> = set.map(|(_, name)| (*name).to_owned()).collect();
    let unknown = bits >> names.len() << names.len();
    if unknown != 0 {
        parts.push(format!("{unknown:#x}"));
    }
    match parts.is_empty() {
        true => "0".to_owned(),
        false => parts.join("|"),
    }
}

/// Rights, of which programs ask for all or nearly all: what is left out is then shown, behind a `~`. The
/// rights to sockets, and bits that stand for no right, come along with those, and are no news.
pub(super) fn rights(bits: u64) -> String {
    let all = Rights::all().bits();
    let lacking = !bits & all;
    match (bits & all).count_ones() > lacking.count_ones() {
        true if lacking == 0 => "ALL".to_owned(),
        true => format!("~({})", flags(lacking, RIGHTS)),
        false => flags(bits, RIGHTS),
    }
}
