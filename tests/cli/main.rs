//! Tests that run the built binary as a shell would. Each module lists its own tests.

// A failed `expect` fails the test.
#![allow(clippy::expect_used)]

mod bounds;
mod calls;
mod closed_streams;
mod completion_shells;
mod completions;
mod coverage;
mod crafted;
mod hostile;
mod invalid;
mod man;
mod outputs;
mod panic_lines;
mod programs;
mod progress;
mod readme;
mod release;
mod release_server;
mod runners;
mod sandbox;
mod scarce_memory;
mod sessions;
mod signatures;
mod stopping;
mod streams;
mod temporary_dir;
mod terminal;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    // `nohup` and shells ignore signals of background commands, and so would the programs that the tests start.
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
        // SAFETY: this installs no handler.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let trials = [
        sessions::trials(),
        calls::trials(),
        programs::trials(),
        panic_lines::trials(),
        runners::trials(),
        completions::trials(),
        completion_shells::trials(),
        coverage::trials(),
        readme::trials(),
        release::trials(),
        signatures::trials(),
        stopping::trials(),
        temporary_dir::trials(),
        streams::trials(),
        sandbox::trials(),
        outputs::trials(),
        terminal::trials(),
        man::trials(),
        progress::trials(),
        hostile::trials(),
        invalid::trials(),
        scarce_memory::trials(),
        closed_streams::trials(),
        bounds::trials(),
    ];
    let trials = trials.into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test that fails with an error and its causes.
fn trial(
    name: impl Into<String>,
    test: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
) -> Trial {
    Trial::test(name, || test().map_err(failed))
}

/// A test that can also be ignored, with a reason.
fn ignorable_trial(
    name: impl Into<String>,
    test: impl FnOnce() -> anyhow::Result<Completion> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, || test().map_err(failed))
}

fn failed(error: anyhow::Error) -> Failed {
    format!("{error:#}").into()
}
