//! tinyrun runs TinyGo's WebAssembly programs from a shell. The road is one way, a folder a stretch:
//! the command line (`cli`), the module, what the guest may reach of the host, the guest's run, and
//! what to say of it (`report`), which ends in the exit status.

#![cfg_attr(not(test), no_main)]

mod cli;
mod commands;
mod error;
mod guest;
mod host;
mod insight;
mod module;
mod process;
mod report;

use std::ffi::{c_char, c_int};
use std::time::Instant;

#[cfg(not(target_os = "linux"))]
compile_error!("tinyrun keeps guests in by Linux's system calls: run it in a Linux container");

/// Where the C library starts the program.
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "C" fn main(count: c_int, words: *const *const c_char) -> c_int {
    let started = Instant::now();
    process::prepare();
    // SAFETY: they come from the C library.
    let args = unsafe { process::arguments(count, words) };
    report::last_word::on_panic(|_| {});
    let status = commands::dispatch(args, started);
    std::process::exit(status.code())
}
