//! What several kinds of tests share: running commands in a shell, sessions and lists of WASI calls with their
//! expected results, generated modules, and debug information as TinyGo writes it.

pub mod calls;
pub mod debug_info;
pub mod generate;
pub mod session;
pub mod shell;
pub mod wasi;
