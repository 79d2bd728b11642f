//! The calls of `wasi_unstable`, the [version of WASI][preview0] before preview 1, whose parameters or records differ.
//! Programs built in 2019 and early 2020 import it. All its other calls are those of preview 1.
//!
//! [preview0]: https://github.com/WebAssembly/WASI/blob/v0.2.0/legacy/preview0/docs.md

use super::abi::{Filestat, Slice, Subscription, UnstableFilestat, UnstableSubscription};
use super::poll::{self, SubscriptionList};
use super::{Call, GuestMemory, WasiResult, io, path, stat};

/// The module name under which programs import it.
pub(in crate::host) const MODULE: &str = "wasi_unstable";

/// The prefix of the functions in this file.
pub(super) const PREFIX: &str = "unstable_";

/// The name that a function of `wasi_unstable` has in the table of functions.
pub(super) fn table_name(name: &str) -> &str {
    match name {
        "fd_seek" => "unstable_fd_seek",
        "fd_filestat_get" => "unstable_fd_filestat_get",
        "path_filestat_get" => "unstable_path_filestat_get",
        "poll_oneoff" => "unstable_poll_oneoff",
        unchanged => unchanged,
    }
}

/// Converts a `whence` to its code in preview 1. The order in `wasi_unstable` is `CUR`, `END`, `SET`.
pub(super) fn whence(unstable: u32) -> u32 {
    match unstable {
        0 => 1,
        1 => 2,
        2 => 0,
        invalid => invalid,
    }
}

impl From<Filestat> for UnstableFilestat {
    fn from(stat: Filestat) -> Self {
        Self {
            dev: stat.dev,
            ino: stat.ino,
            filetype: stat.filetype,
            nlink: u32::try_from(stat.nlink).unwrap_or(u32::MAX),
            size: stat.size,
            atim: stat.atim,
            mtim: stat.mtim,
            ctim: stat.ctim,
        }
    }
}

impl From<UnstableSubscription> for Subscription {
    fn from(subscription: UnstableSubscription) -> Self {
        Self {
            userdata: subscription.userdata,
            tag: subscription.tag,
            id_or_fd: match subscription.tag {
                0 => subscription.id,
                _ => subscription.fd,
            },
            timeout: subscription.timeout,
            flags: subscription.flags,
        }
    }
}

pub(super) fn unstable_fd_seek(
    call: Call<'_>,
    fd: u32,
    offset: u64,
    whence: u32,
    newoffset: u32,
) -> WasiResult {
    io::fd_seek(call, fd, offset, self::whence(whence), newoffset)
}

pub(super) fn unstable_fd_filestat_get(call: Call<'_>, fd: u32, stat: u32) -> WasiResult {
    let found = stat::filestat_of_fd(call.wasi, fd)?;
    Ok(call.memory.write(stat, UnstableFilestat::from(found))?)
}

pub(super) fn unstable_path_filestat_get(
    call: Call<'_>,
    fd: u32,
    flags: u32,
    path: Slice,
    stat: u32,
) -> WasiResult {
    let found = path::filestat_of_path(&call, fd, flags, path)?;
    Ok(call.memory.write(stat, UnstableFilestat::from(found))?)
}

pub(super) fn unstable_poll_oneoff(
    call: Call<'_>,
    r#in: u32,
    out: u32,
    nsubscriptions: u32,
    nevents: u32,
) -> WasiResult {
    let read = |memory: &GuestMemory<'_>, list, index| {
        let subscription: UnstableSubscription = memory.read_item(list, index)?;
        Ok(subscription.into())
    };
    let list = SubscriptionList {
        pointer: r#in,
        count: nsubscriptions,
        read,
    };
    poll::poll_with(call, &list, out, nevents)
}
