//! Whether cost grows with what is asked for, and no faster: the same work in small and in large, and what
//! one unit of it costs in either, beside what a run costs that does nothing.

use crate::measure::spend;
use crate::runtimes::Runtime;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Work that comes in sizes.
struct Work {
    name: &'static str,
    unit: &'static str,
    sizes: [usize; 2],
    /// What is to be run for a size: options, the module, and its arguments.
    words: fn(usize, &Path) -> Vec<String>,
}

const WORKS: [Work; 6] = [
    Work {
        name: "a module",
        unit: "KB",
        sizes: [200, 20_000],
        words: |size, place| vec![module(place, "large", &large(size))],
    },
    Work {
        name: "arguments",
        unit: "each",
        sizes: [500, 50_000],
        words: |count, place| {
            let program = module(place, "arguments", ARGUMENTS);
            let words = (0..count).map(|word| word.to_string());
            std::iter::once(program).chain(words).collect()
        },
    },
    Work {
        name: "calls of an export",
        unit: "each",
        sizes: [200, 20_000],
        words: |count, place| {
            let program = module(place, "call", r#"(func (export "f") (param i32))"#);
            let calls = (0..count).flat_map(|_| ["--invoke".to_owned(), "f(1)".to_owned()]);
            calls.chain([program]).collect()
        },
    },
    Work {
        name: "open files",
        unit: "each",
        sizes: [9, 900],
        words: |count, place| {
            let program = module(place, "files", &files(count));
            vec![
                "--dir".to_owned(),
                format!("{}::/", place.display()),
                program,
            ]
        },
    },
    Work {
        name: "linear memory",
        unit: "page",
        sizes: [100, 10_000],
        words: |count, place| vec![module(place, "memory", &memory(count))],
    },
    Work {
        name: "a deep recursion",
        unit: "frame",
        sizes: [5_000, 500_000],
        words: |count, place| vec![module(place, "deep", &deep(count))],
    },
];

/// Prints a line for each kind of work.
pub fn print(ours: &Runtime, place: &Path) {
    println!("\n| work | small | large | large / small, for each unit |\n|---|---|---|---|");
    for work in &WORKS {
        let nothing = vec![module(place, "nothing", r#"(func (export "_start"))"#)];
        let fixed = seconds(ours, &nothing);
        let costs = work.sizes.map(|size| {
            let words = (work.words)(size, place);
            (seconds(ours, &words) - fixed).max(1e-9) / size as f64
        });
        let shown = |index: usize| {
            let (size, cost) = (work.sizes[index], costs[index] * 1e9);
            format!(
                "{size}: {cost:.0} ns a {}",
                work.unit.replace("each", "piece")
            )
        };
        let ratio = costs[1] / costs[0];
        println!(
            "| {} | {} | {} | {ratio:.2} |",
            work.name,
            shown(0),
            shown(1)
        );
    }
}

/// What a run takes: the median of some.
fn seconds(ours: &Runtime, words: &[String]) -> f64 {
    let runs = (0..9).map(|_| {
        let mut command = ours.command_of(words);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        spend(&mut command).expect("tinyrun does it").seconds
    });
    let mut runs: Vec<_> = runs.collect();
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}

/// Writes a module with this in it, and answers with its path.
fn module(place: &Path, name: &str, text: &str) -> String {
    let path: PathBuf = place.join(name).with_extension("wasm");
    let wasm = wat::parse_str(format!("(module {text})")).expect("the text is a module");
    fs::write(&path, wasm).expect("there is room for a module");
    path.display().to_string()
}

/// About so many KB of functions, of which none is called.
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

/// Opens a file so often, and closes it never.
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

/// Calls itself so often.
fn deep(frames: usize) -> String {
    format!(
        r#"(func $down (param i32)
             (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
           (func (export "_start") (call $down (i32.const {frames})))"#
    )
}
