//! tinyrun runs WebAssembly programs built with TinyGo from a shell. This library is all of it: the binary is a thin
//! `main` over [`commands::dispatch`], and the tests, benchmarks and fuzz targets use the same modules.
//!
//! A run passes through five modules, and each of them knows only the plain data of those before it:
//!
//! 1. [`cli`] parses the command line.
//! 2. [`module`] loads the WebAssembly module and reads its imports, exports and debug information.
//! 3. [`host`] is what the guest can reach: WASI, linked imports, limits.
//! 4. [`guest`] instantiates the module and runs it.
//! 5. [`report`] prints the outcome, and turns it into the exit status.
//!
//! [`commands`] has the recipe of each command. [`stop`] has everything that ends a run from outside, such as a timeout.
//! For `--backtrace` and `--profile`, [`instrument`] rewrites the module, and [`insight`] turns what it recorded into
//! Go's functions and lines.

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
