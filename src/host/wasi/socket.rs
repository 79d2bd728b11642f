//! The calls for sockets. There are no sockets, so the calls only check whether the descriptor is open.

use super::abi::Slice;
use super::{Call, Errno, WasiResult};

fn not_a_socket(call: Call<'_>, fd: u32) -> WasiResult {
    call.wasi.table.get(fd)?;
    Err(Errno::NOTSOCK.into())
}

pub(super) fn sock_accept(call: Call<'_>, fd: u32, _flags: u32, _accepted: u32) -> WasiResult {
    not_a_socket(call, fd)
}

pub(super) fn sock_recv(
    call: Call<'_>,
    fd: u32,
    _ri_data: Slice,
    _ri_flags: u32,
    _nread: u32,
    _ro_flags: u32,
) -> WasiResult {
    not_a_socket(call, fd)
}

pub(super) fn sock_send(
    call: Call<'_>,
    fd: u32,
    _si_data: Slice,
    _si_flags: u32,
    _nwritten: u32,
) -> WasiResult {
    not_a_socket(call, fd)
}

pub(super) fn sock_shutdown(call: Call<'_>, fd: u32, _how: u32) -> WasiResult {
    not_a_socket(call, fd)
}
