//! Flags of open(2) whose names differ between systems.

use rustix::fs::OFlags;

/// Opens a directory only to look up names in it, which needs no permission to read it: POSIX's `O_SEARCH`. On
/// Linux, [musl](https://git.musl-libc.org/cgit/musl/tree/include/fcntl.h) defines it as `O_PATH`.
#[cfg(target_os = "linux")]
pub const SEARCH: OFlags = OFlags::PATH;

/// Opens a directory only to look up names in it, which needs no permission to read it.
#[cfg(not(target_os = "linux"))]
pub const SEARCH: OFlags = OFlags::from_bits_retain(libc::O_SEARCH as u32);
