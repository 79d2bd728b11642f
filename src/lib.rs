//! tinyrun runs WebAssembly programs built with TinyGo from a shell. The program is in this library, so that tests,
//! benchmarks and fuzz targets can use its modules; the binary only calls [`commands::dispatch`].
//!
//! A run passes through five modules:
//!
//! 1. [`cli`] parses the command line.
//! 2. [`module`] loads the WebAssembly module and reads its imports, exports and debug information.
//! 3. [`host`] provides what the guest can access: WASI, imports, limits.
//! 4. [`guest`] instantiates the module and runs it.
//! 5. [`report`] prints the outcome and determines the exit status.
//!
//! Each uses only those before it, except that [`cli`] parses options into types of later modules, such as
//! [`host::Mount`]. [`commands`] implements each command with these modules. To record a run, as for `--backtrace`,
//! [`instrument`] rewrites the module, and [`insight`] converts what it recorded to Go functions and lines.
//!
//! Other modules serve several of these:
//!
//! - The grammar of calls: [`call_expr`] parses `--invoke`, with the types of [`go_types`] and the literals of
//!   [`go_literals`].
//! - The process: [`console`] prints, [`spinner`] shows progress, [`stop`] ends a run from outside, for example at a
//!   timeout, [`native_heap`] allocates memory, and [`temporary_dir`] is the directory of `--tmp`.
//! - The system: [`closed_streams`], [`entropy`], [`file_id`], [`open_flags`] and [`poll`].
//! - Errors and text: [`error`], [`size`], `nearest` and `shell_word`.

pub mod call_expr;
pub mod cli;
pub mod closed_streams;
pub mod commands;
pub mod console;
pub mod entropy;
pub mod error;
pub mod file_id;
pub mod go_literals;
pub mod go_types;
pub mod guest;
pub mod host;
pub mod insight;
pub mod instrument;
pub mod module;
pub mod native_heap;
mod nearest;
pub mod open_flags;
pub mod poll;
pub mod report;
mod shell_word;
pub mod size;
pub mod spinner;
pub mod stop;
pub mod temporary_dir;

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
compile_error!("tinyrun runs on Linux and macOS; on Windows, use it in WSL");
