//! tinyrun's WASI against wasmi_wasi's, on the same engine: every program and every list of WASI calls in
//! testdata/ runs under both, and its output, its exit status and the files that it leaves are compared.
//!
//! The table in README.md has the differences and the reason for each. A difference without a row fails the
//! test, and so does a row without a difference.

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

/// A program, or a list of calls, that runs under both.
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
