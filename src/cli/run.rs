//! The options of `tinyrun run`. The first paragraph of a field's comment is its text in `-h`, the whole comment its
//! text in `--help` and the man page.

use super::values::env_var::EnvVar;
use super::values::format_path::FormatPath;
use super::values::preload::Preload;
use super::values::value_error::ValueError;
use super::values::{
    allocator, coverage_path, duration, import_rule, mount, number, os_parser, output_path,
    profile_path, size, timestamp,
};
use crate::call_expr::CallExpr;
use crate::guest::{AllocatorNames, Init};
use crate::host::{Access, ImportRule, Mount, UnknownImports};
use crate::report::{CoverageFormat, ProfileFormat};
use crate::size::Size;
use clap::{Args, ValueHint};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// `tinyrun run`.
#[derive(Debug, Default, Args)]
pub struct Run {
    /// Mount a directory for reading and writing; repeatable
    ///
    /// The program sees the host directory HOST as GUEST, by default under the same name, and no other
    /// part of the file system. HOST must be searchable; it must be readable only if the program lists
    /// it. For programs built with official Go, a relative GUEST is resolved against the program's
    /// `PWD`, or against `/` if `PWD` is not set.
    #[arg(
        long = "dir", value_name = "HOST[::GUEST]", help_heading = FILES,
        value_parser = os_parser(|text| mount::parse(text, Access::ReadWrite)),
        value_hint = ValueHint::DirPath
    )]
    pub mounts: Vec<Mount>,

    /// Mount a directory read-only; repeatable
    ///
    /// Every write, creation, deletion, rename and time stamp change fails with `EROFS`. A
    /// read-only directory that is inside a writable one, or contains one, is an error, because the
    /// program could change it through the other.
    #[arg(
        long = "ro-dir", value_name = "HOST[::GUEST]", help_heading = FILES,
        value_parser = os_parser(|text| mount::parse(text, Access::ReadOnly)),
        value_hint = ValueHint::DirPath
    )]
    pub read_only_mounts: Vec<Mount>,

    /// Mount a temporary directory as /tmp
    ///
    /// It is created for this run in tinyrun's own TMPDIR, or else in /tmp. When the run ends, it is removed
    /// with everything in it, also after a trap, a timeout or a signal. After SIGKILL, another process of
    /// tinyrun removes it, unless that is killed as well, as when a container is stopped. The program's
    /// TMPDIR is set to /tmp, unless `--env` or `--env-file` sets it.
    #[arg(long, overrides_with = "tmp", help_heading = FILES)]
    pub tmp: bool,

    /// Set an environment variable, or pass on tinyrun's own; repeatable
    ///
    /// `NAME=VALUE` sets the variable and `NAME=` sets it to the empty string. `NAME` passes on
    /// the value from tinyrun's own environment, if there is one. The last option for a name is used.
    /// No variable is passed on by default, not even `PWD`.
    #[arg(
        long = "env", value_name = "NAME[=VALUE]", help_heading = FILES,
        value_parser = EnvVar::parse, value_hint = ValueHint::Other
    )]
    pub env: Vec<EnvVar>,

    /// Set environment variables from a dotenv file; repeatable
    ///
    /// Each line is empty, a `#` comment, NAME=VALUE, optionally after `export`, or NAME to pass on
    /// tinyrun's own variable. The value may be quoted: single quotes keep it unchanged; in double quotes
    /// \n, \r, \t, \", \\ and \$ are escapes.
    /// `$NAME` is not expanded. A later file overrides an earlier one, and `--env` overrides all files.
    #[arg(
        long = "env-file", value_name = "FILE", help_heading = FILES,
        value_hint = ValueHint::FilePath
    )]
    pub env_files: Vec<PathBuf>,

    /// Pass on all of tinyrun's own environment variables
    ///
    /// `--env-file` and `--env` override them.
    #[arg(long, overrides_with = "inherit_env", help_heading = FILES)]
    pub inherit_env: bool,

    /// Set os.Args[0] of the program [default: MODULE's file name]
    // In the help, brackets are not links.
    #[allow(rustdoc::broken_intra_doc_links)]
    #[arg(long, value_name = "NAME", help_heading = FILES, value_hint = ValueHint::Other)]
    pub argv0: Option<String>,

    /// Limit the total size of all linear memories (64MiB, 1.5GiB, 131072)
    ///
    /// KiB, MiB, GiB and K, M, G are powers of 1024; KB, MB, GB are powers of 1000.
    ///
    /// `memory.grow` returns -1 if it would exceed the limit, which Go reports as `out of memory`. The
    /// default is WebAssembly's own limit of 4 GiB for each memory. Tables are always limited to 1,048,576
    /// elements in total.
    #[arg(
        long, value_name = "SIZE", help_heading = LIMITS,
        value_parser = size::parse, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub max_memory: Option<Size>,

    /// Start a TinyGo program with at least this much linear memory [default: 2MiB]
    ///
    /// TinyGo collects garbage whenever its heap is full, and a module starts with a heap of about
    /// 60 KiB. With a larger heap it collects less often and uses less fuel. Set a larger SIZE if
    /// `--profile` shows that the collector does much of the work; 0 keeps the module's own size.
    ///
    /// `memory.size` is larger from the start. The memory never exceeds `--max-memory` or its own
    /// maximum. An explicit `--heap` also applies to modules of other compilers that define and export
    /// exactly one memory.
    #[arg(
        long, value_name = "SIZE", help_heading = LIMITS,
        value_parser = size::parse_heap, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub heap: Option<Size>,

    /// Limit the guest's call stack [default: 256MiB, minimum: 64KiB]
    ///
    /// Each frame counts as 256 bytes, so 256MiB allows about a million frames. Host memory is used only
    /// as the stack grows. TinyGo's own stack in linear memory is set with its `-stack-size`.
    #[arg(
        long, value_name = "SIZE", help_heading = LIMITS,
        value_parser = size::parse_stack, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub max_stack: Option<Size>,

    /// Limit the guest's work to N units
    ///
    /// A unit is roughly one WebAssembly instruction, or 64 bytes copied. Loading and translating the
    /// module use no fuel. With the same module, N and input, a run always stops at the same instruction.
    #[arg(
        long, value_name = "N", help_heading = LIMITS,
        value_parser = number::parse, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub fuel: Option<u64>,

    /// Limit the wall-clock time, including loading (1.5s, 2m)
    ///
    /// A number without a unit is in seconds. The limit also interrupts sleeps, blocking reads and
    /// writes to a full pipe.
    #[arg(
        long, value_name = "DURATION", help_heading = LIMITS,
        value_parser = duration::parse, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub timeout: Option<Duration>,

    /// Call an export instead of running main; repeatable
    ///
    /// `--invoke NAME` takes its arguments from ARGS. `--invoke 'NAME(1, "text", @FILE) -> string'`
    /// contains its arguments and may be repeated: the calls are made in order, on the same instance.
    ///
    /// Integers are written 42, -7, 0xff, 0b101, 0o17 or 1_000, floats 1.5, -1e3, nan or inf, booleans
    /// true or false, and strings and runes as in Go. @FILE passes the content of a file as a string, @-
    /// standard input. In ARGS, a Go string is written without quotes and passed unchanged.
    ///
    /// A slice is written [1, 2, 3]. If the module has no debug information, its type comes first:
    /// []int32[1, 2, 3], []string["a", "b"], []byte("text") or []float64(@FILE).
    ///
    /// Each result is printed on its own line, as the type after `->`: a Go type such as uint8, int,
    /// float64, rune, string or []int32; i32, i64, u32, u64, f32 or f64; hex for the bits of a number;
    /// bytes for a string in hexadecimal. `owned string` and `owned bytes` also free the result's memory,
    /// for functions that return what the module's allocator returned. `(int, string)` prints several values
    /// on one line, which TinyGo returns as a struct in memory.
    ///
    /// The name of an export is quoted if it is not a word, as in '"f(x)"(1)'.
    #[arg(
        long = "invoke", value_name = "CALL", help_heading = "Calling",
        value_parser = parse_call, value_hint = ValueHint::Other
    )]
    pub calls: Vec<CallExpr>,

    /// Choose how the runtime is started before a call
    #[arg(
        long,
        value_name = "HOW",
        help_heading = "Calling",
        requires = "calls",
        value_enum,
        default_value_t
    )]
    pub init: Init,

    /// Write the results of calls to FILE instead of standard output
    ///
    /// Standard output is then the program's alone: it holds what main prints before a call.
    /// `/dev/fd/3` is a descriptor that the shell opened, as in `3>results`. Results are written as their
    /// calls return, so those before a failure are kept.
    #[arg(
        long, value_name = "FILE", help_heading = "Calling", requires = "calls",
        value_parser = os_parser(output_path::parse), value_hint = ValueHint::FilePath
    )]
    pub results: Option<PathBuf>,

    /// Name the exports that allocate and free memory for strings and slices
    ///
    /// ALLOC is `(size) -> pointer`, FREE `(pointer)` or `(pointer, size)`. Without FREE, nothing is freed.
    /// The default is the first pair that the module exports: malloc and free, alloc and dealloc, alloc and
    /// free, allocate and deallocate, or wasmAlloc and wasmFree.
    #[arg(
        long, value_name = "ALLOC[,FREE]", help_heading = "Calling", requires = "calls",
        value_parser = allocator::parse, value_hint = ValueHint::Other
    )]
    pub allocator: Option<AllocatorNames>,

    /// Link another module for imports from NAME; repeatable
    ///
    /// Modules are linked in order, and each can import from the ones before it. The main module comes last,
    /// so no other module can import its memory, but it can import theirs.
    #[arg(
        long = "preload", value_name = "NAME=FILE", help_heading = "Imports",
        value_parser = os_parser(Preload::parse), value_hint = ValueHint::FilePath
    )]
    pub preloads: Vec<Preload>,

    /// Provide one imported function; repeatable
    ///
    /// RULE is `print` (print the arguments as a line on standard output and return zero), `trace` (print
    /// the name and the arguments on standard error and return zero), `zero` (return zero), `trap` (trap),
    /// or a number to return. Two arguments that are the address and the length of a string are printed as
    /// that string. Where they could be numbers as well, they are a string if the memory there reads as
    /// text; `print(1)` says that a string begins at parameter 1, counted from 0, and `print(0, 3)` names
    /// two.
    #[arg(
        long = "import", value_name = "MODULE.NAME=RULE", help_heading = "Imports",
        value_parser = import_rule::parse, value_hint = ValueHint::Other
    )]
    pub import_rules: Vec<ImportRule>,

    /// Choose what happens to imports that nothing provides
    ///
    /// With `trap`, `zero` and `trace`, a memory, table or global is created as small as its type allows.
    #[arg(
        long,
        value_name = "HOW",
        help_heading = "Imports",
        value_enum,
        default_value_t
    )]
    pub unknown_imports: UnknownImports,

    /// Make the random source reproducible
    ///
    /// The same N gives the same bytes in every release: the key stream of ChaCha20 (RFC 8439) whose
    /// key is N as eight little-endian bytes, followed by zeros. The bytes are not secret.
    #[arg(
        long, value_name = "N", help_heading = DETERMINISM,
        value_parser = number::parse, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub seed: Option<u64>,

    /// Run in virtual time that starts at TIME (2026-01-01T00:00:00Z)
    ///
    /// As on the Go Playground, time stops while code runs, and a sleep advances it immediately. It also
    /// stops while the program waits for standard input, so such a wait never times out. A program that
    /// waits in a loop without sleeping runs until `--timeout`, which uses real time.
    #[arg(
        long, value_name = "TIME", help_heading = DETERMINISM,
        value_parser = timestamp::parse, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub clock: Option<SystemTime>,

    /// Print the Go call stack on a trap, a timeout, exhausted fuel or a signal
    ///
    /// Each frame has its file and line, the innermost call first, as far as the module has debug
    /// information or names; -v also prints frames of the runtime. A line without a mark is exact. `(or
    /// nearby)` means that it is at most ten lines away, `(or later)` that execution may have passed it, and
    /// `(line not known)` that only the function is known.
    ///
    /// The signals are SIGINT (Ctrl-C), SIGQUIT (Ctrl-\), SIGTERM and SIGHUP. While a program built with
    /// official Go computes, they print the callers from before its last wait only with --timeout or if
    /// standard error is a terminal, and the run takes longer then.
    ///
    /// The module is instrumented to track its calls, which takes about 10 % more time and uses more fuel.
    /// TINYRUN_BACKTRACE=1 is the same as this option.
    #[arg(long, overrides_with = "backtrace", help_heading = DIAGNOSTICS)]
    pub backtrace: bool,

    /// Write a profile of the program's work to FILE
    ///
    /// The format depends on the extension of FILE: .folded or .txt for one line per stack, .svg for a
    /// flame graph, .pb.gz for `go tool pprof`. Work is measured in units of fuel, so the same run
    /// always gives the same profile; .pb.gz also has the time. The profile is written for every
    /// outcome.
    ///
    /// .pb.gz also has the number and size of all allocations (`-sample_index=alloc_space` or
    /// `alloc_objects`), if the module has the names of Go's runtime functions. The stacks end in the
    /// function of the program that allocates.
    #[arg(
        long, value_name = "FILE", help_heading = DIAGNOSTICS,
        value_parser = os_parser(profile_path::parse), value_hint = ValueHint::FilePath
    )]
    pub profile: Option<FormatPath<ProfileFormat>>,

    /// Add the lines of the program that ran to FILE
    ///
    /// The format depends on the extension of FILE: .out, .txt or .cov for a Go cover profile, which `go
    /// tool cover` reads; .info or .lcov for lcov; .html for a page that shows the source code. Counts are
    /// added to those that FILE has already, also by several runs at once. FILE is written for every outcome.
    ///
    /// Each line with code counts as one statement, which ran if any of its code ran. The lines come from the
    /// module's debug information: with TinyGo, build with -opt=0, since other levels merge lines, and without
    /// -no-debug. In Go files, statements without code are added if the statements next to them show whether
    /// they ran. Functions that the linker removed are missing. A page shows the source files in the working
    /// directory and in Go modules.
    #[arg(
        long, value_name = "FILE", help_heading = DIAGNOSTICS,
        value_parser = os_parser(coverage_path::parse), value_hint = ValueHint::FilePath
    )]
    pub coverage: Option<FormatPath<CoverageFormat>>,

    /// Choose the packages for --coverage; repeatable [default: the program's own Go module]
    ///
    /// PATTERN is an import path in which `...` matches any text, as in `go list`, or a directory that begins
    /// with `.` or `/`. Without go.mod, the default is all Go packages except the standard library and the
    /// module cache, and for other languages the files in the working directory.
    #[arg(
        long, value_name = "PATTERN", help_heading = DIAGNOSTICS, requires = "coverage",
        value_delimiter = ',', value_hint = ValueHint::Other
    )]
    pub coverage_packages: Vec<String>,

    /// Print every WASI call with its arguments and result
    ///
    /// One line per call, similar to strace, on standard error or in FILE; -v adds the duration of each
    /// call. `~(...)` means all rights except these, and `<unfinished ...>` marks a call that had not
    /// returned when the run ended. Other imports that tinyrun provides are also printed; functions of modules
    /// linked with --preload are not.
    #[arg(
        long, value_name = "FILE", help_heading = DIAGNOSTICS, num_args = 0..=1, require_equals = true,
        overrides_with = "trace", value_parser = os_parser(output_path::parse),
        value_hint = ValueHint::FilePath
    )]
    pub trace: Option<Option<PathBuf>>,

    /// Print time, fuel, memory and WASI calls on standard error
    ///
    /// The time is split into loading (reading, validating and instantiating), starting the program's
    /// runtime before calls, and running. With --report, the report contains the summary as well.
    /// Garbage collections are counted only together with --backtrace or --profile, and only if the
    /// module has the names of Go's runtime functions.
    #[arg(long, overrides_with = "stats", help_heading = DIAGNOSTICS)]
    pub stats: bool,

    /// Write the outcome to FILE as one JSON object
    ///
    /// It is written for every outcome, either completely or not at all. FILE is opened before the
    /// program runs, and the program cannot redirect it with a link or a rename. /dev/stdout, /dev/stderr
    /// and /dev/fd/N are tinyrun's own streams.
    #[arg(
        long, value_name = "FILE", help_heading = DIAGNOSTICS,
        value_parser = os_parser(output_path::parse), value_hint = ValueHint::FilePath
    )]
    pub report: Option<PathBuf>,

    /// Log tinyrun's steps
    ///
    /// RUST_LOG=debug logs more.
    #[arg(short, long, overrides_with = "verbose", help_heading = DIAGNOSTICS)]
    pub verbose: bool,

    /// MODULE and the program's arguments. They are one argument, so that clap does not parse anything
    /// after MODULE, not even `--`
    #[arg(
        value_name = "MODULE", required = true, num_args = 1.., trailing_var_arg = true,
        hide = true
    )]
    pub words: Vec<OsString>,
}

const FILES: &str = "Files and environment";
const LIMITS: &str = "Limits";
const DETERMINISM: &str = "Determinism";
const DIAGNOSTICS: &str = "Diagnostics";

impl Run {
    /// The path of the module; `-` is standard input.
    pub fn module(&self) -> &Path {
        // clap requires it.
        let module = self.words.first();
        Path::new(module.map_or(OsStr::new(""), OsString::as_os_str))
    }

    /// The arguments of the program: everything after MODULE, unchanged.
    pub fn args(&self) -> &[OsString] {
        self.words.get(1..).unwrap_or_default()
    }
}

fn parse_call(text: &str) -> Result<CallExpr, ValueError> {
    CallExpr::parse(text).map_err(ValueError::from)
}
