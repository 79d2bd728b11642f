//! Random bytes, the host's own.

use super::{Answer, Memory, Wasi};
use rustix::io::Errno as HostErrno;
use rustix::rand::{GetRandomFlags, getrandom};

pub(super) fn random_get(
    _: &mut Wasi,
    memory: &mut Memory<'_>,
    buffer: u32,
    length: u32,
) -> Answer {
    let mut rest = memory.bytes_mut(buffer, length)?;
    while !rest.is_empty() {
        match getrandom(&mut *rest, GetRandomFlags::empty()) {
            Ok(count) => rest = rest.get_mut(count..).unwrap_or_default(),
            Err(HostErrno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
