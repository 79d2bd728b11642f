//! The program: a thin `main` over the library.

use std::process::ExitCode;
use std::time::Instant;
use tinyrun::commands;
use tinyrun::native_heap::NativeAllocator;

#[global_allocator]
static ALLOCATOR: NativeAllocator = NativeAllocator;

fn main() -> ExitCode {
    let started = Instant::now();
    commands::dispatch(std::env::args_os().collect(), started).into()
}
