//! Code that several kinds of tests share: it runs commands in a shell, sessions and lists of WASI calls, and generates
//! modules and debug information.

pub mod calls;
pub mod debug_info;
pub mod generate;
#[cfg(target_os = "linux")]
mod openat2;
pub mod session;
pub mod shell;
pub mod wasi;
