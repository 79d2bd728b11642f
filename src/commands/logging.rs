//! The runner's own log, which `-v` and `RUST_LOG` turn on.

use super::environment;
use crate::cli::Run;
use crate::report;
use env_logger::{Builder, Env, Target};
use log::LevelFilter;
use std::io::Write;

/// How much the runner logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verbosity {
    /// Only what `RUST_LOG` asks for.
    Quiet,
    /// What `-v` shows.
    Verbose,
}

impl Verbosity {
    /// What the command line asks for.
    pub(super) fn of(options: &Run) -> Self {
        match options.verbose {
            true => Self::Verbose,
            false => Self::Quiet,
        }
    }
}

/// Sets up the logger, if it would log anything.
pub(super) fn start(verbosity: Verbosity) {
    let is_configured = environment::variable(environment::LOG_VARIABLE).is_some();
    if verbosity == Verbosity::Quiet && !is_configured {
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
    // It fails only if there is a logger already.
    let _ = builder.try_init();
}
