//! The tests that drive the built binary from outside, as a shell would. Each module lists its own.

// A test that cannot go on has failed; it need not say more.
#![allow(clippy::expect_used)]

mod bounds;
mod calls;
mod closed_streams;
mod completions;
mod crafted;
mod hostile;
mod invalid;
mod man;
mod outputs;
mod programs;
mod progress;
mod readme;
mod runners;
mod sandbox;
mod scarce;
mod session;
mod sessions;
mod shell;
mod signatures;
mod stopping;
mod streams;
mod terminal;

use libtest_mimic::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let trials = [
        sessions::trials(),
        calls::trials(),
        programs::trials(),
        runners::trials(),
        completions::trials(),
        readme::trials(),
        signatures::trials(),
        stopping::trials(),
        streams::trials(),
        sandbox::trials(),
        outputs::trials(),
        terminal::trials(),
        man::trials(),
        progress::trials(),
        hostile::trials(),
        invalid::trials(),
        scarce::trials(),
        closed_streams::trials(),
        bounds::trials(),
    ];
    let trials = trials.into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
