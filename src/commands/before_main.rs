//! Replaces closed standard streams before `main`. The standard library also opens stand-ins before `main`, but it does
//! not report which streams were closed, and aborts if it cannot open one ([`sanitize_standard_fds`]). So this code is in
//! a section whose functions the C library calls earlier, when it loads the program.
//!
//! [`sanitize_standard_fds`]: https://github.com/rust-lang/rust/blob/1.88.0/library/std/src/sys/pal/unix/mod.rs

use crate::closed_streams;
use crate::error::Error;
use crate::report::{self, ExitStatus};
use crate::stop::exit_now;

// SAFETY: the C library calls each function in this section once. It passes arguments, which a function with the C
// calling convention may ignore.
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(
    target_vendor = "apple",
    unsafe(link_section = "__DATA,__mod_init_func,mod_init_funcs")
)]
static BEFORE_MAIN: extern "C" fn() = replace_closed_streams;

extern "C" fn replace_closed_streams() {
    if let Err((stream, error)) = closed_streams::replace() {
        let message = format!("{stream} is closed, and nothing can be opened in its place");
        report::print_error(&Error::runner(message).caused_by(error));
        exit_now(ExitStatus::RUNNER.code());
    }
}
