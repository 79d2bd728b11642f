//! Measures whether the cost grows linearly with the work: the cost of one unit in a small and in a large workload,
//! without the time of a run that does nothing.

use crate::measure;
use crate::runtimes::Runtime;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// Work in two sizes.
struct Work {
    name: &'static str,
    unit: &'static str,
    sizes: [usize; 2],
    /// The arguments of a run of a size: options, the module, and the program's own.
    args: fn(usize, &Path) -> Result<Vec<String>>,
}

const WORKS: [Work; 6] = [
    Work {
        name: "module",
        unit: "KB",
        sizes: [200, 20_000],
        args: |size, dir| Ok(vec![module(dir, "large", &large(size))?]),
    },
    Work {
        name: "arguments",
        unit: "piece",
        sizes: [500, 50_000],
        args: |count, dir| {
            let program = module(dir, "arguments", ARGUMENTS)?;
            let words = (0..count).map(|word| word.to_string());
            Ok(std::iter::once(program).chain(words).collect())
        },
    },
    Work {
        name: "calls of an export",
        unit: "piece",
        sizes: [200, 20_000],
        args: |count, dir| {
            let program = module(dir, "call", r#"(func (export "f") (param i32))"#)?;
            let calls = (0..count).flat_map(|_| ["--invoke".to_owned(), "f(1)".to_owned()]);
            Ok(calls.chain([program]).collect())
        },
    },
    Work {
        name: "open files",
        unit: "piece",
        sizes: [9, 900],
        args: |count, dir| {
            let program = module(dir, "files", &files(count))?;
            let mount = format!("{}::/", dir.display());
            Ok(vec!["--dir".to_owned(), mount, program])
        },
    },
    Work {
        name: "linear memory",
        unit: "page",
        sizes: [100, 10_000],
        args: |count, dir| Ok(vec![module(dir, "memory", &memory(count))?]),
    },
    Work {
        name: "recursion",
        unit: "frame",
        sizes: [5_000, 500_000],
        args: |count, dir| Ok(vec![module(dir, "deep", &deep(count))?]),
    },
];

/// Prints a row for each kind of work.
pub fn print(ours: &Runtime, dir: &Path) -> Result<()> {
    println!("\n| work | small | large | large / small, for each unit |\n|---|---|---|---|");
    let nothing = vec![module(dir, "nothing", r#"(func (export "_start"))"#)?];
    for work in &WORKS {
        let fixed = seconds(ours, &nothing)?;
        let mut costs = Vec::new();
        let mut cells = String::new();
        for size in work.sizes {
            let total = seconds(ours, &(work.args)(size, dir)?)?;
            let cost = (total - fixed).max(1e-9) / size as f64;
            cells += &format!(" {size}: {:.0} ns per {} |", cost * 1e9, work.unit);
            costs.push(cost);
        }
        println!("| {} |{cells} {:.2} |", work.name, costs[1] / costs[0]);
    }
    Ok(())
}

/// The time of a run: the median of nine.
fn seconds(ours: &Runtime, args: &[String]) -> Result<f64> {
    let mut runs = Vec::new();
    for _ in 0..9 {
        let mut command = ours.command_with(args);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let usage = measure::run(&mut command)?.with_context(|| format!("{command:?} failed"))?;
        runs.push(usage.seconds);
    }
    runs.sort_by(f64::total_cmp);
    Ok(runs[runs.len() / 2])
}

/// Writes a module with these fields, and returns its path.
fn module(dir: &Path, name: &str, fields: &str) -> Result<String> {
    let path = dir.join(name).with_extension("wasm");
    fs::write(&path, wat::parse_str(format!("(module {fields})"))?)?;
    Ok(path.display().to_string())
}

/// A program with about this many KB of functions that are never called.
fn large(kilobytes: usize) -> String {
    let step = "(local.set 0 (i32.add (local.get 0) (i32.load offset=64 (local.get 1))))";
    let function = format!("(func (param i32 i32) {})", step.repeat(100));
    format!(
        r#"(memory 1) (func (export "_start")) {}"#,
        function.repeat(kilobytes)
    )
}

const ARGUMENTS: &str = r#"
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $get (param i32 i32) (result i32)))
    (memory (export "memory") 64)
    (func (export "_start")
      (if (call $sizes (i32.const 0) (i32.const 4)) (then unreachable))
      (if (call $get (i32.const 1024) (i32.const 1048576)) (then unreachable)))"#;

/// Opens a file `count` times without closing it.
fn files(count: usize) -> String {
    format!(
        r#"(import "wasi_snapshot_preview1" "path_open"
             (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
           (memory (export "memory") 1)
           (data (i32.const 32) "files.wasm")
           (func (export "_start") (local $left i32)
             (local.set $left (i32.const {count}))
             (loop $again
               (if (call $open (i32.const 3) (i32.const 1) (i32.const 32) (i32.const 10)
                     (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16))
                 (then unreachable))
               (br_if $again
                 (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))"#
    )
}

/// Grows its memory a page at a time.
fn memory(pages: usize) -> String {
    format!(
        r#"(memory (export "memory") 1)
           (func (export "_start") (local $left i32)
             (local.set $left (i32.const {pages}))
             (loop $again
               (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
               (br_if $again
                 (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))"#
    )
}

/// Recurses `frames` times.
fn deep(frames: usize) -> String {
    format!(
        r#"(func $down (param i32)
             (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
           (func (export "_start") (call $down (i32.const {frames})))"#
    )
}
