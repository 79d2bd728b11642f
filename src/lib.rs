//! tinyrun runs TinyGo's WebAssembly programs from a shell. This library is all of it; the program is a thin
//! `main` over [`commands::dispatch`], and the tests, benchmarks and fuzz targets use the same rooms.
//!
//! The road is one way, each room knowing the one before it by its plain data: the command line ([`cli`]), the
//! module ([`module`]), what the guest may reach of the host ([`host`]), the guest's run ([`guest`]), and what
//! to report of it ([`report`]), which ends in the exit status. [`commands`] walks it; for
//! `--backtrace` and `--profile`, [`instrument`] rewrites the module and [`insight`] reads what it recorded;
//! [`stop`] ends a run from outside.

pub mod cli;
pub mod commands;
pub mod console;
pub mod error;
pub mod file_id;
pub mod go_literals;
pub mod guest;
pub mod host;
pub mod insight;
pub mod instrument;
pub mod module;
mod nearest;
pub mod report;
pub mod size;
pub mod spinner;
pub mod stop;

#[cfg(not(target_os = "linux"))]
compile_error!("tinyrun keeps guests in by Linux's system calls: run it in a Linux container");
