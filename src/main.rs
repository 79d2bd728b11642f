//! The program: a thin `main` over the library.

use std::process::ExitCode;
use std::time::Instant;
use tinyrun::commands;
use tinyrun::stop::allocator::Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() -> ExitCode {
    let started = Instant::now();
    commands::dispatch(std::env::args_os().collect(), started).into()
}
