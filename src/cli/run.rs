//! The options of `tinyrun run`.

use super::invoke::CallExpr;
use super::values::env_var::EnvVar;
use super::values::preload::Preload;
use super::values::profile_path::ProfilePath;
use super::values::{duration, import_rule, mount, output_path, size, timestamp};
use crate::guest::Init;
use crate::host::{Access, ImportRule, Mount, UnknownImports};
use crate::size::Size;
use clap::builder::{OsStringValueParser, TypedValueParser, ValueParser};
use clap::{Args, ValueHint};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// `tinyrun run`.
#[derive(Debug, Default, Args)]
pub struct Run {
    /// Mount a directory, read and write; repeatable
    ///
    /// The program sees the host's directory HOST as GUEST, by default under the same name. It sees
    /// nothing else of the file system. HOST has to be searchable, and readable only to be listed. For
    /// a program of official Go, a relative GUEST is taken from its working directory, `/`.
    #[arg(
        long = "dir", value_name = "HOST[::GUEST]", help_heading = "World",
        value_parser = mount_parser(Access::ReadWrite), value_hint = ValueHint::DirPath
    )]
    pub mounts: Vec<Mount>,

    /// Mount a directory read-only; repeatable
    ///
    /// Whatever would change something there gets `EROFS`. A read-only directory that lies in a
    /// writable one, or holds one, is an error, since the program could change it through the other.
    #[arg(
        long = "ro-dir", value_name = "HOST[::GUEST]", help_heading = "World",
        value_parser = mount_parser(Access::ReadOnly), value_hint = ValueHint::DirPath
    )]
    pub read_only_mounts: Vec<Mount>,

    /// Set a variable, or pass the caller's on; repeatable
    ///
    /// `NAME=VALUE` sets it, `NAME=` sets it empty, `NAME` passes on the caller's value, if there is
    /// one. The last of a name wins. No variable is passed on unasked, `PWD` included.
    #[arg(
        long = "env", value_name = "NAME[=VALUE]", help_heading = "World",
        value_parser = EnvVar::parse, value_hint = ValueHint::Other
    )]
    pub env: Vec<EnvVar>,

    /// Set the variables of a dotenv file; repeatable
    ///
    /// A line is `NAME=VALUE`, a comment behind `#`, or empty; `export` may stand before the name, and
    /// quotes around the value: in single quotes it is as it stands, in double quotes \n, \r, \t, \", \\
    /// and \$ are escapes. Nothing is expanded. A later file wins over an earlier, and `--env` over both.
    #[arg(
        long = "env-file", value_name = "FILE", help_heading = "World",
        value_hint = ValueHint::FilePath
    )]
    pub env_files: Vec<PathBuf>,

    /// Pass on all of the caller's variables
    ///
    /// Those of `--env-file` and `--env` win over them.
    #[arg(long, overrides_with = "inherit_env", help_heading = "World")]
    pub inherit_env: bool,

    /// What the program sees as os.Args[0] [default: MODULE's file name]
    // The text is the help's, in which brackets are no links.
    #[allow(rustdoc::broken_intra_doc_links)]
    #[arg(long, value_name = "NAME", help_heading = "World", value_hint = ValueHint::Other)]
    pub argv0: Option<String>,

    /// Bound all linear memories together (64MiB, 1.5GiB, 131072)
    ///
    /// KiB, MiB, GiB and K, M, G are powers of 1024; KB, MB, GB are powers of 1000.
    ///
    /// A growth past the limit is refused (`memory.grow` answers -1), which Go reports as `out of
    /// memory`. Without this option a memory ends where wasm ends it, at 4 GiB. Tables are always
    /// bounded: 1,048,576 elements in all.
    #[arg(
        long, value_name = "SIZE", help_heading = "Limits",
        value_parser = size::parse, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub max_memory: Option<Size>,

    /// Start a program of TinyGo with at least this much linear memory [default: 1MiB]
    ///
    /// TinyGo collects garbage when its heap is full, and a module starts with a heap of some 60 KiB: with a
    /// larger one it collects less often, and uses less fuel. Ask for more if --profile shows that the
    /// collector does much of the work; 0 leaves the memory as the module has it.
    ///
    /// The program sees a larger `memory.size` from the start. The memory never exceeds `--max-memory` or
    /// its own maximum. Given explicitly, the option applies to modules of other compilers as well, as long
    /// as the module defines one memory and exports it.
    #[arg(
        long, value_name = "SIZE", help_heading = "Limits",
        value_parser = heap_size, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub heap: Option<Size>,

    /// Bound the guest's call stack [default: 256MiB, at least 64KiB]
    ///
    /// One frame is allowed for every 256 bytes: 256MiB is a million frames. It is taken from the
    /// host as it is used. TinyGo's own stack in linear memory is a matter of its `-stack-size`.
    #[arg(
        long, value_name = "SIZE", help_heading = "Limits",
        value_parser = stack_size, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub max_stack: Option<Size>,

    /// Bound the guest's work
    ///
    /// A unit is roughly a wasm instruction, or a few bytes copied; loading and translating are not
    /// charged. The same module, N and inputs stop at the same place.
    #[arg(
        long, value_name = "N", help_heading = "Limits",
        value_parser = fuel, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub fuel: Option<u64>,

    /// Bound the wall-clock time, loading included (1.5s, 2m)
    ///
    /// A number without a unit is seconds. The limit also ends a sleep, a read that waits for input, and a write to a pipe that nobody empties.
    #[arg(
        long, value_name = "DURATION", help_heading = "Limits",
        value_parser = duration::parse, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub timeout: Option<Duration>,

    /// Call an export instead of running main; repeatable
    ///
    /// `--invoke NAME` takes its arguments from ARGS. `--invoke 'NAME(1, "text", @FILE) -> string'`
    /// carries them itself, and may be repeated: the calls are made in order, on one instance.
    ///
    /// Integers are written 42, -7, 0xff, 0b101, 0o17 or 1_000, floats 1.5, -1e3, nan or inf, truths
    /// true or false, strings as in Go; @FILE is a file's content, @- that of standard input. In ARGS
    /// a word is a string as it stands, where the parameter is one in Go.
    ///
    /// Results are printed one a line. Behind `->` stands how: u32, u64, i32, i64, f32, f64, bool,
    /// hex, string, bytes, or owned string and owned bytes for memory that is then freed.
    #[arg(
        long = "invoke", value_name = "CALL", help_heading = "Calling",
        value_parser = CallExpr::parse, value_hint = ValueHint::Other
    )]
    pub calls: Vec<CallExpr>,

    /// How the program's runtime is started before a call
    #[arg(
        long,
        value_name = "HOW",
        help_heading = "Calling",
        requires = "calls",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    pub init: Init,

    /// Link another module's exports under NAME; repeatable
    ///
    /// Modules are linked in order, and each can import from those before it. They share the main
    /// module's memory only if they import it.
    #[arg(
        long = "preload", value_name = "NAME=FILE", help_heading = "Imports",
        value_parser = preload_parser(), value_hint = ValueHint::FilePath
    )]
    pub preloads: Vec<Preload>,

    /// Answer one import; repeatable
    ///
    /// RULE is `print` (its strings, pairs of address and length, are a line of standard output),
    /// `trace` (its name and arguments go to standard error, it answers zero), `zero`, `trap`, or a
    /// number.
    #[arg(
        long = "import", value_name = "MODULE.NAME=RULE", help_heading = "Imports",
        value_parser = import_rule::parse, value_hint = ValueHint::Other
    )]
    pub import_rules: Vec<ImportRule>,

    /// How the imports are answered that nothing provides
    #[arg(
        long,
        value_name = "HOW",
        help_heading = "Imports",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    pub unknown_imports: UnknownImports,

    /// Make the random source reproducible
    ///
    /// The same N gives the same bytes in every release: the key stream of ChaCha20 (RFC 8439), whose key
    /// is N in eight bytes, the lowest first, and zeros. Nobody should take them for secrets.
    #[arg(
        long, value_name = "N", help_heading = "Replay",
        value_parser = seed, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub seed: Option<u64>,

    /// Run in virtual time that begins at TIME (2026-01-01T00:00:00Z)
    ///
    /// Time stands still while code runs, and a sleep moves it on at once, as on the Go Playground. It
    /// stands still as well while standard input is waited for: a wait for input or a time is one for
    /// input or its end. A program that waits for time to pass without sleeping is ended by `--timeout`
    /// only, which bounds the time outside.
    #[arg(
        long, value_name = "TIME", help_heading = "Replay",
        value_parser = timestamp::parse, value_hint = ValueHint::Other, allow_hyphen_values = true
    )]
    pub clock: Option<SystemTime>,

    /// On a trap, a timeout or exhausted fuel, show where the program was
    ///
    /// That is the Go call stack with file and line, the innermost call first, as far as the module's
    /// debug information or its names tell; -v shows the runtime's own calls too. `(or later)` marks a
    /// line after which it was, `(or nearby)` one that the optimiser left roughly.
    ///
    /// The module is rewritten to keep account of its calls, which costs some 5 % of the time; it
    /// behaves the same, but uses more fuel. TINYRUN_BACKTRACE=1 does the same.
    #[arg(long, overrides_with = "backtrace", help_heading = "Insight")]
    pub backtrace: bool,

    /// Write to FILE where the work went
    ///
    /// FILE's ending says in which form: .folded or .txt for a line a stack, .svg for a flame graph,
    /// .pb.gz for `go tool pprof`. Work is counted in units of --fuel, so that the same run gives the
    /// same profile; the last form has the time as well. It is written however the run ends.
    #[arg(
        long, value_name = "FILE", help_heading = "Insight",
        value_parser = profile_parser(), value_hint = ValueHint::FilePath
    )]
    pub profile: Option<ProfilePath>,

    /// Show every WASI call, with what it is given and what comes of it
    ///
    /// A line a call, on standard error or in FILE, much as strace prints them; with -v, how long each
    /// took. `~(…)` stands for all rights but these, `<unfinished ...>` for a call that the run's end cut
    /// off. Other imports that tinyrun answers are shown as well; functions of a module linked by
    /// --preload are not.
    #[arg(
        long, value_name = "FILE", help_heading = "Insight", num_args = 0..=1, require_equals = true,
        overrides_with = "trace", value_parser = output_parser(), value_hint = ValueHint::FilePath
    )]
    pub trace: Option<Option<PathBuf>>,

    /// Sum up the run on standard error: time, fuel, memory, WASI calls
    ///
    /// The time falls into loading (reading, checking and instantiating), starting the program's runtime
    /// before calls, and running. With --report, the sums are in the report as well.
    #[arg(long, overrides_with = "stats", help_heading = "Insight")]
    pub stats: bool,

    /// Write the outcome to FILE as one JSON object
    ///
    /// It is written for every outcome, whole or not at all. FILE has to be writable before the program
    /// runs; no link or rename of the program's changes where it is. /dev/stdout, /dev/stderr and /dev/fd/N
    /// are streams of tinyrun's own.
    #[arg(
        long, value_name = "FILE", help_heading = "Insight",
        value_parser = output_parser(), value_hint = ValueHint::FilePath
    )]
    pub report: Option<PathBuf>,

    /// Say what the runner does
    ///
    /// RUST_LOG=debug tells more.
    #[arg(short, long, overrides_with = "verbose", help_heading = "Insight")]
    pub verbose: bool,

    /// MODULE, and behind it the program's arguments; one option, so that clap leaves alone what
    /// comes behind MODULE, `--` included
    #[arg(
        value_name = "MODULE", required = true, num_args = 1.., trailing_var_arg = true,
        hide = true
    )]
    pub words: Vec<OsString>,
}

impl Run {
    /// The module's path; `-` stands for standard input.
    pub fn module(&self) -> &Path {
        // clap has seen to it that there is one.
        Path::new(
            self.words
                .first()
                .map_or(OsStr::new(""), OsString::as_os_str),
        )
    }

    /// What the program gets: everything after MODULE, untouched.
    pub fn args(&self) -> &[OsString] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// The smallest `--max-stack`: 256 frames, enough for TinyGo's runtime to start and print.
const SMALLEST_STACK: Size = Size(64 << 10);

fn mount_parser(access: Access) -> ValueParser {
    OsStringValueParser::new()
        .try_map(move |text| mount::parse(&text, access))
        .into()
}

fn preload_parser() -> ValueParser {
    OsStringValueParser::new()
        .try_map(|text| Preload::parse(&text))
        .into()
}

fn profile_parser() -> ValueParser {
    OsStringValueParser::new()
        .try_map(|text| ProfilePath::parse(&text))
        .into()
}

fn output_parser() -> ValueParser {
    OsStringValueParser::new()
        .try_map(|text| output_path::parse(&text))
        .into()
}

/// The largest `--heap`: a 32-bit memory has no more.
const MAX_HEAP: Size = Size(4 << 30);

fn heap_size(text: &str) -> Result<Size, String> {
    let size = size::parse(text)?;
    if size > MAX_HEAP {
        return Err(format!("a memory has at most {MAX_HEAP}"));
    }
    Ok(size)
}

fn stack_size(text: &str) -> Result<Size, String> {
    let size = size::parse(text)?;
    if size < SMALLEST_STACK {
        return Err(format!(
            "a Go program needs a stack of at least {SMALLEST_STACK}"
        ));
    }
    Ok(size)
}

fn fuel(text: &str) -> Result<u64, String> {
    whole_number(text).ok_or_else(|| "fuel is a whole number, from 0 to 2^64-1".to_owned())
}

fn seed(text: &str) -> Result<u64, String> {
    whole_number(text).ok_or_else(|| "a seed is a whole number, from 0 to 2^64-1".to_owned())
}

fn whole_number(text: &str) -> Option<u64> {
    text.replace('_', "").parse().ok()
}
