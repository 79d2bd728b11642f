//! Tests that instrumentation does not make an invalid module valid: an index past the end could refer to an item that
//! instrumentation adds. Such modules, and damaged ones, must be refused in the same way with and without `--backtrace`
//! and `--profile`, before a preloaded module has run.

use crate::hostile;
use crate::trial;
use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;
use std::fs;
use tinyrun_test_support::shell::{self, Done};

/// The number of damaged modules.
const DAMAGED: u64 = 100;

/// Fields that make a module invalid if it has one type, function, memory, table and global. Most use the first index
/// past the end.
const INVALID: [&str; 35] = [
    "(export \"e\" (func 1))",
    "(export \"e\" (global 1))",
    "(export \"e\" (memory 1))",
    "(export \"e\" (table 1))",
    "(export \"m\" (func 0))",
    "(start 1)",
    "(func (param i32)) (start 1)",
    "(func (type 1))",
    "(global funcref (ref.func 1))",
    "(global i32 (global.get 1))",
    "(global (mut i32) (i64.const 0))",
    "(elem (i32.const 0) 1)",
    "(elem func 1)",
    "(elem declare func 1)",
    "(elem (i32.const 0) funcref (ref.func 1))",
    "(elem (table 1) (i32.const 0) func 0)",
    "(data (memory 1) (i32.const 0) \"a\")",
    "(data (global.get 1) \"a\")",
    "(func call 2)",
    "(func return_call 2)",
    "(func (drop (ref.func 2)))",
    "(func (drop (ref.func 0)))",
    "(func (drop (global.get 1)))",
    "(func (global.set 1 (i32.const 0)))",
    "(func (drop (local.get 0)))",
    "(func (local i32) (drop (local.get 1)))",
    "(func (drop (i32.load 1 (i32.const 0))))",
    "(func (drop (memory.size 1)))",
    "(func (drop (memory.grow 1 (i32.const 1))))",
    "(func (memory.fill 1 (i32.const 0) (i32.const 0) (i32.const 0)))",
    "(func (memory.copy 1 0 (i32.const 0) (i32.const 0) (i32.const 0)))",
    "(func (memory.init 1 0 (i32.const 0) (i32.const 0) (i32.const 0))) (data \"a\")",
    "(func (call_indirect (type 1) (i32.const 0)))",
    "(func (block (type 1)))",
    "(func (br 1))",
];

/// Invalid modules that lack some of these sections.
const INVALID_ALONE: [&str; 8] = [
    "(table 1 funcref) (elem (i32.const 0) 0)",
    "(table 1 funcref) (elem declare func 0)",
    "(import \"env\" \"f\" (func (type 1))) (type (func))",
    "(import \"env\" \"f\" (func (type 0)))",
    "(import \"env\" \"f\" (func)) (start 1)",
    "(data (i32.const 0) \"a\")",
    "(func (drop (i32.load (i32.const 0))))",
    "(func (drop (global.get 0)))",
];

pub fn trials() -> Vec<Trial> {
    vec![
        trial("invalid/indices", indices_are_refused),
        trial("invalid/damaged", damaged_modules_are_refused_alike),
    ]
}

fn indices_are_refused() -> Result<()> {
    let with_all = INVALID.iter().map(|field| {
        format!(
            "(module (type (func)) (memory (export \"m\") 1) (table 1 funcref) (global (mut i32) (i32.const 0)) \
             (func) {field})"
        )
    });
    let alone = INVALID_ALONE
        .iter()
        .map(|fields| format!("(module {fields})"));
    for text in with_all.chain(alone) {
        match run_both_ways(text.as_bytes())? {
            done if is_refused(&done) => {}
            done => bail!("{text}: {done:?}"),
        }
    }
    Ok(())
}

fn damaged_modules_are_refused_alike() -> Result<()> {
    let damaged = (1..=DAMAGED).filter_map(hostile::damaged);
    let mut refused = 0;
    for wasm in damaged {
        refused += usize::from(is_refused(&run_both_ways(&wasm)?));
    }
    ensure!(refused > 10, "only {refused} modules were refused");
    Ok(())
}

fn is_refused(done: &Done) -> bool {
    done.status == 126 && done.stdout.is_empty() && done.stderr.contains("is not a valid module")
}

/// Runs a module with and without instrumentation, after a preloaded module that prints when it starts. Fails if the
/// outcomes differ.
fn run_both_ways(module: &[u8]) -> Result<Done> {
    let place = tempfile::tempdir()?;
    fs::write(place.path().join("m"), module)?;
    let run = |options: &str| {
        let loud = shell::root().join("testdata/insight/loud_start.wat");
        let loud = loud.display();
        shell::run(
            &format!(
                "tinyrun --fuel 100000 --unknown-imports zero --preload env={loud} {options} --invoke 'm()' m"
            ),
            place.path(),
        )
    };
    let plain = run("");
    for options in ["--backtrace", "--profile p.folded"] {
        let rewritten = run(options);
        let is_alike = if is_refused(&plain) {
            rewritten == plain
        } else {
            !is_refused(&rewritten)
        };
        if !is_alike {
            let kept = hostile::keep(&place.path().join("m"))?;
            bail!("{kept} with {options}: {rewritten:?}, else {plain:?}");
        }
    }
    Ok(plain)
}
