//! The calls for sockets. There are no sockets, so the calls only check whether the descriptor is open.

use super::{Errno, GuestMemory, Wasi, WasiResult};

fn not_a_socket(wasi: &Wasi, fd: u32) -> WasiResult {
    wasi.table.get(fd)?;
    Err(Errno::NOTSOCK.into())
}

pub(super) fn sock_accept(
    wasi: &mut Wasi,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _flags: u32,
    _accepted: u32,
) -> WasiResult {
    not_a_socket(wasi, fd)
}

#[expect(clippy::too_many_arguments, reason = "the parameters are WASI's")]
pub(super) fn sock_recv(
    wasi: &mut Wasi,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _ri_data: u32,
    _ri_data_len: u32,
    _ri_flags: u32,
    _nread: u32,
    _ro_flags: u32,
) -> WasiResult {
    not_a_socket(wasi, fd)
}

pub(super) fn sock_send(
    wasi: &mut Wasi,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _si_data: u32,
    _si_data_len: u32,
    _si_flags: u32,
    _nwritten: u32,
) -> WasiResult {
    not_a_socket(wasi, fd)
}

pub(super) fn sock_shutdown(
    wasi: &mut Wasi,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _how: u32,
) -> WasiResult {
    not_a_socket(wasi, fd)
}
