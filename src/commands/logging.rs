//! What the runner says of its own doings, with `-v` or by `RUST_LOG`.

use super::environment;
use crate::report;
use env_logger::{Builder, Env, Target};
use log::LevelFilter;
use std::io::Write;

/// How much of its doings the runner was asked to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verbosity {
    Quiet,
    Verbose,
}

/// Sets the logger up, where there is something for it to do.
pub(super) fn start(verbosity: Verbosity) {
    let by_variable = environment::variable(environment::LOG_VARIABLE).is_some();
    if verbosity == Verbosity::Quiet && !by_variable {
        return;
    }
    let mut builder = Builder::new();
    if verbosity == Verbosity::Verbose {
        builder.filter_module(env!("CARGO_CRATE_NAME"), LevelFilter::Info);
    }
    builder.parse_env(Env::new().filter(environment::LOG_VARIABLE));
    builder.target(Target::Stderr);
    builder.format(|line, record| {
        writeln!(
            line,
            "{}: {}",
            env!("CARGO_CRATE_NAME"),
            report::printable(&record.args().to_string())
        )
    });
    // A second start would be a slip of ours, and no reason to fail.
    let _ = builder.try_init();
}
