//! Compares tinyrun's WASI with wasmi_wasi, on the same engine. Every program and every list of WASI calls in testdata/
//! runs with both, and the output, the exit status and the files after the run are compared.
//!
//! The table in README.md lists the differences, with a reason for each. The test fails for a difference without a row,
//! and for a row without a difference.

// A failed `expect` fails the test.
#![allow(clippy::expect_used)]

mod lists;
mod programs;
mod runner;
mod table;

use libtest_mimic::{Arguments, Completion, Trial};
use std::path::Path;
use std::process::ExitCode;
use table::Difference;

fn main() -> ExitCode {
    let trials = lists::comparisons().into_iter();
    let trials = trials.chain(programs::comparisons()).map(Comparison::trial);
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// A program, or a list of calls, that runs with both.
struct Comparison {
    /// Its name in the table.
    name: String,
    run: Box<FindDifferences>,
}

/// Finds the differences, given the directory of the other `tinyrun`.
type FindDifferences = dyn Fn(&Path) -> anyhow::Result<Vec<Difference>> + Send;

impl Comparison {
    fn trial(self) -> Trial {
        let name = format!("differential/{}", self.name);
        Trial::ignorable_test(name, move || {
            let Some(bin_dir) = runner::bin_dir()? else {
                return Ok(Completion::ignored_with("tests/wasmi_wasi cannot be built"));
            };
            let check = || table::check(&self.name, &(self.run)(bin_dir)?);
            check().map_err(|error| format!("{error:#}"))?;
            Ok(Completion::Completed)
        })
    }
}
