//! The runner's own log, enabled by `-v` and `RUST_LOG`.

use super::environment;
use crate::cli::Run;
use crate::report;
use env_logger::{Builder, Env, Target};
use log::LevelFilter;
use std::io::Write;

/// Sets up the logger, unless logging is disabled.
pub(super) fn start(options: &Run) {
    let is_configured = environment::variable(environment::LOG_VARIABLE).is_some();
    if !options.verbose && !is_configured {
        return;
    }
    let mut builder = Builder::new();
    if options.verbose {
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
    // This fails only if a logger is already set.
    let _ = builder.try_init();
}
