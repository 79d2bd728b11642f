//! The program: it starts, and the library does the rest.

#![cfg_attr(not(test), no_main)]

mod process;

use std::ffi::{c_char, c_int};
use std::time::Instant;
use tinyrun::stop::allocator::Allocator;
use tinyrun::{commands, report, stop};

#[global_allocator]
static HEAP: Allocator = Allocator;

/// Where the C library starts the program.
#[cfg_attr(not(test), unsafe(no_mangle))]
extern "C" fn main(count: c_int, words: *const *const c_char) -> c_int {
    let started = Instant::now();
    if let Err(failure) = process::prepare() {
        report::error(&failure);
        return report::ExitStatus::of_kind(failure.kind).code();
    }
    // SAFETY: they come from the C library.
    let args = unsafe { process::arguments(count, words) };
    stop::exit_on_panic(|panic| {
        report::print_final_error(&report::panic_error(panic));
        report::ExitStatus::RUNNER.code()
    });
    let status = commands::dispatch(args, started);
    std::process::exit(status.code())
}
