//! Sockets: there are none. The calls tell a descriptor that is open from one that is not.

use super::{Answer, Errno, Memory, Wasi};

fn no_socket(wasi: &Wasi, fd: u32) -> Answer {
    wasi.table.get(fd)?;
    Err(Errno::NOTSOCK.into())
}

pub(super) fn sock_accept(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    _flags: u32,
    _accepted: u32,
) -> Answer {
    no_socket(wasi, fd)
}

#[expect(
    clippy::too_many_arguments,
    reason = "the function is WASI's, and so are its parameters"
)]
pub(super) fn sock_recv(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    _buffers: u32,
    _count: u32,
    _flags: u32,
    _read: u32,
    _told_flags: u32,
) -> Answer {
    no_socket(wasi, fd)
}

pub(super) fn sock_send(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    _buffers: u32,
    _count: u32,
    _flags: u32,
    _written: u32,
) -> Answer {
    no_socket(wasi, fd)
}

pub(super) fn sock_shutdown(wasi: &mut Wasi, _: &mut Memory<'_>, fd: u32, _how: u32) -> Answer {
    no_socket(wasi, fd)
}
