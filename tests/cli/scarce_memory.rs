//! Limits the address space of the runner. With any limit, a run must either succeed or end with status 125, one error
//! and a report, but never with the status of a trap or by a signal.

use crate::trial;
use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use std::fmt::Write;
use std::fs;
use tinyrun_test_support::shell;

/// The number of limits on the address space.
const BOUNDS: usize = 24;

pub fn trials() -> Vec<Trial> {
    let kinds = [
        ("loading", many_functions as fn() -> String, ""),
        ("loading, with a report", many_functions, "--report r.json"),
        ("instrumenting", many_functions, "--backtrace"),
        ("recursion", deep_recursion, "--report r.json"),
        ("initial memory", much_memory, "--report r.json"),
    ];
    let trial = |(what, module, options): (&'static str, fn() -> String, &'static str)| {
        trial(format!("scarce_memory/{what}"), move || {
            succeeds_or_fails_cleanly(&module(), options)
        })
    };
    kinds.into_iter().map(trial).collect()
}

fn many_functions() -> String {
    let mut functions = String::new();
    let mut calls = String::new();
    for index in 0..4_000 {
        // Writing to a string does not fail.
        let _ = write!(
            functions,
            "(func $f{index} (export \"f{index}\") (result i32) (i32.add (i32.const {index}) (i32.const 1)))"
        );
        let _ = write!(calls, "(drop (call $f{index}))");
    }
    format!(
        "(module {functions} (memory (export \"memory\") 1) (func (export \"_start\") {calls}))"
    )
}

fn deep_recursion() -> String {
    "(module (func $f (param i32) (if (local.get 0)
        (then (call $f (i32.sub (local.get 0) (i32.const 1))))))
     (memory (export \"memory\") 1) (func (export \"_start\") (call $f (i32.const 500000))))"
        .to_owned()
}

fn much_memory() -> String {
    "(module (memory (export \"memory\") 500) (func (export \"_start\")))".to_owned()
}

/// Runs a module with increasing limits, from the smallest one with which tinyrun can start.
fn succeeds_or_fails_cleanly(module: &str, options: &str) -> Result<()> {
    let place = tempfile::tempdir()?;
    fs::write(place.path().join("m.wat"), module)?;
    let least = (0..)
        .map(|step| 8_000 + step * 1_000)
        .find(|bound| {
            let script = format!("ulimit -v {bound}; tinyrun --version");
            shell::run(&script, place.path()).status == 0
        })
        .context("the program never starts")?;
    let (mut succeeded, mut failed) = (0, 0);
    for step in 0..BOUNDS {
        let bound = least + 200 * step + 150 * step * step;
        let script = format!("ulimit -v {bound}; rm -f r.json; tinyrun {options} m.wat");
        let done = shell::run(&script, place.path());
        let report = fs::read_to_string(place.path().join("r.json")).unwrap_or_default();
        let is_reported = |status| {
            !options.contains("--report") || report.contains(&format!("\"status\":{status},"))
        };
        match done.status {
            0 if done.stderr.is_empty() && is_reported(0) => succeeded += 1,
            125 if done.stderr.matches("error: ").count() == 1 && is_reported(125) => failed += 1,
            _ => bail!("{script}: {done:?}, {report}"),
        }
    }
    ensure!(
        succeeded > 0 && failed > 0,
        "{succeeded} succeeded and {failed} failed"
    );
    Ok(())
}
