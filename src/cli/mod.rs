//! What was typed, as plain data. Parsing validates and never acts: nothing here opens a file, reads
//! the environment or knows the engine. Each grammar is a file of its own.

pub mod duration;
pub mod env_var;
pub mod help;
pub mod init;
pub mod mount;
pub mod nearest;
pub mod number;
pub mod size;

use clap::builder::{OsStringValueParser, TypedValueParser, ValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCompleter, PathCompleter};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

pub use env_var::EnvVar;
pub use init::Init;
pub use mount::Mount;
pub use size::Size;

/// The whole command line. The word `run` may be left out, so its options stand here as well.
#[derive(Debug, Parser)]
#[command(
    name = "tinyrun",
    version,
    about = "Run TinyGo's WebAssembly programs from a shell",
    long_about = "Run TinyGo's WebAssembly programs from a shell: a program's main, or a call of what it exports.",
    override_usage = "tinyrun [run] [OPTIONS] MODULE [ARGS]...\n       tinyrun completions SHELL",
    help_template = help::TEMPLATE,
    after_help = help::SHORT,
    after_long_help = help::LONG,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    subcommand_help_heading = "Commands",
    max_term_width = 100
)]
pub struct Cli {
    /// The command, where one is named.
    #[command(subcommand)]
    named: Option<Command>,
    /// The options of `run`, where none is.
    #[command(flatten)]
    run: Run,
}

impl Cli {
    /// The command, which is `run` where none is named.
    pub fn command(self) -> Command {
        self.named.unwrap_or(Command::Run(Box::new(self.run)))
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a program, or call its exports (the word `run` may be left out)
    #[command(
        override_usage = "tinyrun [run] [OPTIONS] MODULE [ARGS]...",
        help_template = help::TEMPLATE,
        after_help = help::SHORT,
        after_long_help = help::LONG
    )]
    Run(Box<Run>),
    /// Print a shell's completion script
    Completions(Completions),
}

/// `tinyrun completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell to print it for
    pub shell: Shell,
}

/// `tinyrun run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Mount a directory, read and write; repeatable
    ///
    /// The program sees the host's directory HOST as GUEST, by default under the same name. It sees
    /// nothing else of the file system.
    #[arg(
        long = "dir", value_name = "HOST[::GUEST]", help_heading = "World",
        value_parser = mount_parser(), value_hint = ValueHint::DirPath
    )]
    pub mounts: Vec<Mount>,

    /// Set a variable, or pass the caller's on; repeatable
    ///
    /// `NAME=VALUE` sets it, `NAME=` sets it empty, `NAME` passes on the caller's value, if there is
    /// one. The last of a name wins. No variable is passed on unasked.
    #[arg(
        long = "env", value_name = "NAME[=VALUE]", help_heading = "World",
        value_parser = EnvVar::parse, value_hint = ValueHint::Other
    )]
    pub env: Vec<EnvVar>,

    /// What the program sees as os.Args[0] [default: MODULE's file name]
    #[arg(long, value_name = "NAME", help_heading = "World", value_hint = ValueHint::Other)]
    pub argv0: Option<String>,

    /// Bound all linear memories together (64MiB, 1.5GiB, 131072)
    ///
    /// A growth past the limit is refused (`memory.grow` answers -1), which Go reports as `out of
    /// memory`. Without this option a memory ends where wasm ends it, at 4 GiB. Tables are always
    /// bounded: 1,048,576 elements in all.
    #[arg(
        long, value_name = "SIZE", help_heading = "Limits",
        value_parser = Size::parse, value_hint = ValueHint::Other, allow_negative_numbers = true
    )]
    pub max_memory: Option<Size>,

    /// Bound the guest's call stack [default: 256MiB, at least 64KiB]
    ///
    /// One frame is allowed for every 256 bytes: 256MiB is a million frames. It is taken from the
    /// host as it is used. TinyGo's own stack in linear memory is a matter of its `-stack-size`.
    #[arg(
        long, value_name = "SIZE", help_heading = "Limits",
        value_parser = stack_size, value_hint = ValueHint::Other, allow_negative_numbers = true
    )]
    pub max_stack: Option<Size>,

    /// Bound the guest's work
    ///
    /// A unit is roughly a wasm instruction, or a few bytes copied; loading and translating are not
    /// charged. The same module, N and inputs stop at the same place.
    #[arg(
        long, value_name = "N", help_heading = "Limits",
        value_parser = fuel, value_hint = ValueHint::Other, allow_negative_numbers = true
    )]
    pub fuel: Option<u64>,

    /// Bound the wall-clock time, loading included (1.5s, 2m)
    ///
    /// It also ends a sleep, a read that waits for input, and a write to a pipe that nobody empties.
    #[arg(
        long, value_name = "DURATION", help_heading = "Limits",
        value_parser = duration::parse, value_hint = ValueHint::Other, allow_negative_numbers = true
    )]
    pub timeout: Option<Duration>,

    /// Call an export instead of running main
    ///
    /// Its arguments are taken from ARGS, its results are printed one a line. The program's runtime
    /// is started first: see --init. Integers are written 42, -7, 0xff, 0b101, 0o17 or 1_000,
    /// floats 1.5, -1e3, nan or inf, and `true` and `false` stand for 1 and 0.
    #[arg(long, value_name = "NAME", help_heading = "Calling", value_hint = ValueHint::Other)]
    pub invoke: Option<String>,

    /// How the program's runtime is started before a call
    #[arg(
        long,
        value_name = "HOW",
        help_heading = "Calling",
        requires = "invoke",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    pub init: Init,

    /// Say what the runner does
    ///
    /// RUST_LOG=debug tells more.
    #[arg(short, long)]
    pub verbose: bool,

    /// MODULE, and behind it the program's arguments; one option, so that clap leaves alone what
    /// comes behind MODULE, `--` included
    #[arg(
        value_name = "MODULE", required = true, num_args = 1.., trailing_var_arg = true,
        hide = true, add = ArgValueCompleter::new(module_completer())
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

fn mount_parser() -> ValueParser {
    OsStringValueParser::new()
        .try_map(|text| Mount::parse(&text))
        .into()
}

fn stack_size(text: &str) -> Result<Size, String> {
    let size = Size::parse(text)?;
    if size < SMALLEST_STACK {
        return Err(format!(
            "a Go program needs a stack of at least {SMALLEST_STACK}"
        ));
    }
    Ok(size)
}

fn fuel(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    digits
        .parse()
        .map_err(|_| "fuel is a whole number, from 0 to 2^64-1".to_owned())
}

/// Completes MODULE: `.wasm` and `.wat` files, and folders on the way to one.
fn module_completer() -> PathCompleter {
    PathCompleter::any().filter(|path: &Path| {
        let ending = path.extension().unwrap_or_default();
        // `.` is a folder without a name.
        (path.is_dir() && path.file_name().is_some()) || ending == "wasm" || ending == "wat"
    })
}

/// Where an option of ours stands among the program's arguments, most likely by mistake: the first
/// word of `args` that spells a long option of `run`, with or without a value.
pub fn misplaced_option(args: &[OsString]) -> Option<String> {
    let run = <Cli as clap::CommandFactory>::command();
    let ours = |word: &str| {
        let name = word.strip_prefix("--")?.split('=').next()?;
        run.get_arguments()
            .filter_map(|option| option.get_long())
            .find(|long| *long == name && !matches!(*long, "help" | "version" | "verbose"))
            .map(|long| format!("--{long}"))
    };
    args.iter()
        .take_while(|word| *word != "--")
        .find_map(|word| ours(word.to_str()?))
}

/// The option that clap does not know, where that is its complaint.
pub fn unknown_option(message: &clap::Error) -> Option<String> {
    match (message.kind(), message.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(option))) => Some(option.clone()),
        _ => None,
    }
}

/// The long option of `run` that is spelled most like `typed`, if one is.
pub fn nearest_option(typed: &str) -> Option<String> {
    let run = <Cli as clap::CommandFactory>::command();
    let options = run.get_arguments().filter_map(|option| option.get_long());
    let options = options.map(|long| format!("--{long}"));
    nearest::to(typed, options, |option| option)
        .into_iter()
        .next()
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command, misplaced_option};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_definition_is_consistent() {
        <Cli as CommandFactory>::command().debug_assert();
    }

    #[test]
    fn everything_after_the_module_is_the_programs() {
        for (words, args) in [
            ("m.wasm", vec![]),
            ("m.wasm a b", vec!["a", "b"]),
            ("m.wasm -- a --dir x", vec!["--", "a", "--dir", "x"]),
            ("m.wasm a -- b", vec!["a", "--", "b"]),
            (
                "--dir . m.wasm --dir . -v --help",
                vec!["--dir", ".", "-v", "--help"],
            ),
            ("--invoke add m.wasm -1 -2", vec!["-1", "-2"]),
            ("run m.wasm run completions", vec!["run", "completions"]),
            ("run --fuel 1 m.wasm -- --", vec!["--", "--"]),
            ("-- m.wasm -x", vec!["-x"]),
            ("- -", vec!["-"]),
            ("m.wasm run", vec!["run"]),
        ] {
            let parsed = Cli::try_parse_from(format!("tinyrun {words}").split(' '));
            let found = parsed.map(Cli::command);
            assert!(
                matches!(&found, Ok(Command::Run(run)) if run.args() == args),
                "{words}: {found:?}"
            );
        }
    }

    #[test]
    fn options_of_ours_are_found_among_the_programs() {
        for (args, found) in [
            (vec![], None),
            (vec!["a", "--output=x"], None),
            (vec!["--help"], None),
            (vec!["a", "--dir", "."], Some("--dir")),
            (vec!["--max-memory=1K"], Some("--max-memory")),
            (vec!["--", "--dir"], None),
        ] {
            let args: Vec<_> = args.into_iter().map(Into::into).collect();
            assert_eq!(misplaced_option(&args).as_deref(), found, "{args:?}");
        }
    }
}
