//! The work that is measured: Go programs, and for single WASI calls a loop in wasm's text.

use crate::runtimes::on_path;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A piece of work.
pub struct Workload {
    pub name: String,
    /// Whether it only computes.
    pub computes: bool,
    /// Whether what it takes in memory is of interest.
    pub weighs: bool,
    pub program: PathBuf,
    /// The same without the calls that are measured, and how many those are.
    pub without: Option<(PathBuf, u32)>,
    /// What is mounted as the guest's root.
    pub directory: Option<PathBuf>,
    /// What standard input is, where it is not empty.
    pub input: Option<PathBuf>,
}

/// How many calls of a kind are made.
const CALLS: u32 = 200_000;

/// The Go programs: what the row says, the file, and what it works on.
const PROGRAMS: [(&str, &str, World); 16] = [
    ("start, TinyGo hello", HELLO, World::Empty),
    ("100,000 fmt.Println", "println", World::Empty),
    ("the same through bufio", "bufio", World::Empty),
    ("20,000 os.Stat", "stat", World::Folder),
    ("5,000 os.WriteFile", "write", World::Folder),
    ("list 20,000 files", "list", World::Crowded),
    ("copy 200 MB from stdin to stdout", "copy", World::Input),
    ("fib(30)", "fib", World::Empty),
    ("sieve to 5,000,000", "sieve", World::Empty),
    ("multiply 200 × 200 matrices", "matmul", World::Empty),
    ("SHA-256 of 4 MiB", "sha256", World::Empty),
    ("sort 200,000 integers", "sort", World::Empty),
    ("60 binary trees of depth 10", "trees", World::Empty),
    ("count the words of 8,000 lines", "words", World::Empty),
    ("JSON of 300 items, there and back", "json", World::Empty),
    (
        "split, join and replace 20,000 strings",
        "strings",
        World::Empty,
    ),
];

/// The program that only starts.
const HELLO: &str = "hello";

/// Those that only compute.
const COMPUTING: [&str; 5] = ["fib", "sieve", "matmul", "sha256", "sort"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum World {
    Empty,
    Folder,
    Crowded,
    Input,
}

/// WASI calls: the name and the parameters, over the memory of `loop_of`.
const SINGLE: [(&str, &str); 7] = [
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

/// All the work that can be had here.
pub fn workloads(place: &Path) -> Vec<Workload> {
    let compilers = [
        on_path("tinygo").map(|_| Compiler::TinyGo),
        on_path("go").map(|_| Compiler::Go),
    ];
    let mut compilers = compilers.into_iter().flatten();
    let mut workloads = Vec::new();
    if let Some(compiler) = compilers.next() {
        for (name, file, world) in PROGRAMS {
            let name = match compiler {
                Compiler::Go => name.replace("TinyGo", "Go"),
                Compiler::TinyGo => name.to_owned(),
            };
            workloads.push(of_go(compiler, &name, file, world, place));
        }
    }
    if compilers.next() == Some(Compiler::Go) {
        let hello = of_go(
            Compiler::Go,
            "start, official Go hello",
            HELLO,
            World::Empty,
            place,
        );
        workloads.insert(1, hello);
    }
    for (name, call) in SINGLE {
        workloads.push(of_calls(name, call, place));
    }
    workloads
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compiler {
    TinyGo,
    Go,
}

fn of_go(compiler: Compiler, name: &str, file: &str, world: World, place: &Path) -> Workload {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/benchmarks/programs");
    let source = sources.join(file).with_extension("go");
    let mut command = match compiler {
        Compiler::TinyGo => {
            let mut command = Command::new("tinygo");
            command.args(["build", "-target=wasip1"]);
            // What starts is compiled as `tinygo` does it unasked, what works to be fast.
            if file != HELLO {
                command.arg("-opt=2");
            }
            command
        }
        Compiler::Go => {
            let mut command = Command::new("go");
            command.arg("build");
            command.env("GOOS", "wasip1").env("GOARCH", "wasm");
            command
        }
    };
    let kind = match compiler {
        Compiler::TinyGo => "tinygo",
        Compiler::Go => "go",
    };
    let program = place.join(format!("{file}.{kind}.wasm"));
    let compiled = command.arg("-o").arg(&program).arg(source).status();
    assert!(
        compiled.is_ok_and(|status| status.success()),
        "{file} can be compiled"
    );
    let directory = place.join(format!("{file}.world"));
    fs::create_dir_all(&directory).expect("there is room for a folder");
    let count = match world {
        World::Crowded => 20_000,
        _ => 1,
    };
    for number in 0..count {
        let made = fs::write(directory.join(format!("file-{number}")), b"content");
        made.expect("there is room for files");
    }
    let input = place.join("input");
    if world == World::Input {
        fs::write(&input, vec![b'x'; 200_000_000]).expect("there is room for the input");
    }
    Workload {
        name: name.to_owned(),
        computes: COMPUTING.contains(&file),
        weighs: file == HELLO || world == World::Input,
        program,
        without: None,
        directory: matches!(world, World::Folder | World::Crowded).then_some(directory),
        input: (world == World::Input).then_some(input),
    }
}

fn of_calls(name: &str, call: &str, place: &Path) -> Workload {
    let folder = place.join("calls");
    fs::create_dir_all(&folder).expect("there is room for a folder");
    let content = vec![0; 8 * CALLS as usize];
    fs::write(folder.join("file"), content).expect("there is room for a file");
    let [with, without] = [CALLS, 0].map(|count| {
        let path = place.join(format!("{name}-{count}.wasm"));
        let wasm = wat::parse_str(loop_of(call, count)).expect("the text is a module");
        fs::write(&path, wasm).expect("there is room for a module");
        path
    });
    Workload {
        name: name.to_owned(),
        computes: false,
        weighs: false,
        program: with,
        without: Some((without, CALLS)),
        directory: Some(folder),
        input: None,
    }
}

/// A module that makes a call so often. Its memory holds a list of one buffer of 8 bytes at 0 and the
/// name of a file at 32, which is open.
fn loop_of(call: &str, count: u32) -> String {
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
