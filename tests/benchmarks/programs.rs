//! The workloads: Go programs, and loops in the text format that repeat one WASI call.

use crate::runtimes::on_path;
use anyhow::{Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A workload.
pub struct Workload {
    pub name: String,
    pub group: Group,
    pub program: PathBuf,
    /// For single calls: the same program without the calls, and the number of calls.
    pub without: Option<(PathBuf, u32)>,
    /// The directory that is mounted as the guest's root.
    pub directory: Option<PathBuf>,
    /// The file that is standard input.
    pub input: Option<PathBuf>,
}

/// What a workload shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The start time and the memory of a run.
    Start,
    /// System calls.
    System,
    /// Copying large data, and the memory for it.
    Stream,
    /// Computing only. The cost of options is measured with these.
    Computing,
    /// Allocating and collecting garbage.
    Allocating,
    /// A single WASI call.
    Call,
}

/// A Go program.
struct Source {
    name: &'static str,
    file: &'static str,
    group: Group,
    optimization: Optimization,
    files: Files,
}

/// The optimization of TinyGo.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Optimization {
    /// `-opt=z`, TinyGo's default.
    Size,
    /// `-opt=2`.
    Speed,
}

/// The files that a program reads or writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    None,
    One,
    Many,
    LargeInput,
}

use Files::{LargeInput, Many, None as NoFiles, One};
use Group::{Allocating, Computing, Start, Stream, System};
use Optimization::{Size, Speed};

const SOURCES: [Source; 17] = [
    source("start, TinyGo hello", "hello", Start, Size, NoFiles),
    source("100,000 fmt.Println", "println", System, Speed, NoFiles),
    source("the same through bufio", "bufio", System, Speed, NoFiles),
    source("20,000 os.Stat", "stat", System, Speed, One),
    source("20,000 os.Stat, -opt=z", "stat", System, Size, One),
    source("5,000 os.WriteFile", "write", System, Speed, One),
    source("list 20,000 files", "list", System, Speed, Many),
    source(
        "copy 200 MB from stdin to stdout",
        "copy",
        Stream,
        Speed,
        LargeInput,
    ),
    source("fib(30)", "fib", Computing, Speed, NoFiles),
    source("sieve to 5,000,000", "sieve", Computing, Speed, NoFiles),
    source(
        "multiply 200 × 200 matrices",
        "matmul",
        Computing,
        Speed,
        NoFiles,
    ),
    source("SHA-256 of 4 MiB", "sha256", Computing, Speed, NoFiles),
    source("sort 200,000 integers", "sort", Computing, Speed, NoFiles),
    source(
        "60 binary trees of depth 10",
        "trees",
        Allocating,
        Speed,
        NoFiles,
    ),
    source(
        "count the words of 8,000 lines",
        "words",
        Allocating,
        Speed,
        NoFiles,
    ),
    source(
        "JSON of 300 items, there and back",
        "json",
        Allocating,
        Speed,
        NoFiles,
    ),
    source(
        "split, join and replace 20,000 strings",
        "strings",
        Allocating,
        Speed,
        NoFiles,
    ),
];

const fn source(
    name: &'static str,
    file: &'static str,
    group: Group,
    optimization: Optimization,
    files: Files,
) -> Source {
    Source {
        name,
        file,
        group,
        optimization,
        files,
    }
}

/// The number of calls that a loop makes.
const CALLS: u32 = 200_000;

/// WASI calls: the name, and the call over the memory of `loop_wat`.
const WASI_CALLS: [(&str, &str); 7] = [
    (
        "fd_write",
        "(call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))",
    ),
    (
        "fd_read",
        "(call $fd_read (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 20))",
    ),
    (
        "clock_time_get",
        "(call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 16))",
    ),
    (
        "random_get",
        "(call $random_get (i32.const 64) (i32.const 8))",
    ),
    (
        "args_get",
        "(call $args_get (i32.const 256) (i32.const 512))",
    ),
    (
        "path_filestat_get",
        "(call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const 32) (i32.const 4) (i32.const 64))",
    ),
    (
        "path_open, fd_close",
        "(drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 32) (i32.const 4)
           (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
         (call $fd_close (i32.load (i32.const 16)))",
    ),
];

/// All workloads that can be built here.
pub fn workloads(dir: &Path) -> Result<Vec<Workload>> {
    let compilers = [
        on_path("tinygo").map(|_| Compiler::TinyGo),
        on_path("go").map(|_| Compiler::Go),
    ];
    let mut compilers = compilers.into_iter().flatten();
    let mut workloads = Vec::new();
    if let Some(compiler) = compilers.next() {
        for source in &SOURCES {
            workloads.push(go_workload(compiler, source, dir)?);
        }
    }
    if compilers.next() == Some(Compiler::Go) {
        let hello = source("start, official Go hello", "hello", Start, Size, NoFiles);
        workloads.insert(1, go_workload(Compiler::Go, &hello, dir)?);
    }
    for (name, call) in WASI_CALLS {
        workloads.push(call_workload(name, call, dir)?);
    }
    Ok(workloads)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compiler {
    TinyGo,
    Go,
}

fn go_workload(compiler: Compiler, source: &Source, dir: &Path) -> Result<Workload> {
    let name = match compiler {
        Compiler::TinyGo => source.name.to_owned(),
        Compiler::Go => source.name.replace("TinyGo", "Go"),
    };
    let directory = dir.join(format!("{}.files", source.file));
    fs::create_dir_all(&directory)?;
    let count = match source.files {
        Many => 20_000,
        _ => 1,
    };
    for number in 0..count {
        fs::write(directory.join(format!("file-{number}")), "content")?;
    }
    let input = dir.join("input");
    if source.files == LargeInput {
        fs::write(&input, vec![b'x'; 200_000_000])?;
    }
    Ok(Workload {
        program: compile(compiler, source, dir)?,
        name,
        group: source.group,
        without: None,
        directory: matches!(source.files, One | Many).then_some(directory),
        input: (source.files == LargeInput).then_some(input),
    })
}

fn compile(compiler: Compiler, source: &Source, dir: &Path) -> Result<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/benchmarks/programs");
    let kind = match (compiler, source.optimization) {
        (Compiler::Go, _) => "go",
        (Compiler::TinyGo, Size) => "size",
        (Compiler::TinyGo, Speed) => "speed",
    };
    let program = dir.join(format!("{}.{kind}.wasm", source.file));
    let mut command;
    match compiler {
        Compiler::TinyGo => {
            command = Command::new("tinygo");
            command.args(["build", "-target=wasip1"]);
            if source.optimization == Speed {
                command.arg("-opt=2");
            }
        }
        Compiler::Go => {
            command = Command::new("go");
            command.arg("build");
            command.env("GOOS", "wasip1").env("GOARCH", "wasm");
        }
    }
    command.arg("-o").arg(&program);
    let status = command
        .arg(sources.join(source.file).with_extension("go"))
        .status()?;
    ensure!(status.success(), "cannot compile {}.go", source.file);
    Ok(program)
}

fn call_workload(name: &str, call: &str, dir: &Path) -> Result<Workload> {
    let directory = dir.join("calls");
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("file"), vec![0; 8 * CALLS as usize])?;
    let build = |count| -> Result<PathBuf> {
        let path = dir.join(format!("{name}-{count}.wasm"));
        fs::write(&path, wat::parse_str(loop_wat(call, count))?)?;
        Ok(path)
    };
    Ok(Workload {
        name: name.to_owned(),
        group: Group::Call,
        program: build(CALLS)?,
        without: Some((build(0)?, CALLS)),
        directory: Some(directory),
        input: None,
    })
}

/// A module that makes a call `count` times. Its memory contains a list of one buffer of 8 bytes at 0 and the
/// name of a file at 32. The file is open.
fn loop_wat(call: &str, count: u32) -> String {
    format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
          (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
          (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_filestat_get" (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\40\00\00\00\08\00\00\00")
          (data (i32.const 32) "file")
          (func (export "_start") (local $left i32)
            (drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 32) (i32.const 4)
              (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
            (local.set $left (i32.const {count}))
            (if (local.get $left) (then
              (loop $again
                (if {call} (then unreachable))
                (br_if $again
                  (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))))"#
    )
}
