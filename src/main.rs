//! tinyrun runs TinyGo's WebAssembly programs from a shell. The road is one way, a folder a stretch:
//! the command line (`cli`), the module, what the guest may reach of the host, the guest's run, and
//! what to say of it (`report`), which ends in the exit status.

mod cli;
mod commands;
mod error;
mod guest;
mod host;
mod insight;
mod module;
mod report;

use std::time::Instant;

#[cfg(not(target_os = "linux"))]
compile_error!("tinyrun keeps guests in by Linux's system calls: run it in a Linux container");

fn main() {
    let started = Instant::now();
    report::last_word::on_panic(|_| {});
    let status = commands::dispatch(std::env::args_os(), started);
    std::process::exit(status.code())
}
