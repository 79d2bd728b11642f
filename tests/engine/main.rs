//! Tests the engine as tinyrun uses it, in this process: runs the specification's tests, and compares it with wasmi
//! 1.1.

// A failed `expect` fails the test.
#![allow(clippy::expect_used, clippy::print_stdout)]

mod faults;
mod fusions;
mod memory;
mod ours;
mod pair;
mod spec;
mod theirs;

use libtest_mimic::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let trials = [
        faults::trials(),
        memory::trials(),
        fusions::trials(),
        spec::trials(),
    ];
    let trials = trials.into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
