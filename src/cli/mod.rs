//! The command line as plain data. Parsing validates and does nothing else: no code here opens a file, reads the
//! environment or knows the engine. Each grammar has its own file.

pub mod foreign_options;
pub mod help;
mod run;
pub mod suggestions;
pub mod values;
pub mod version;

use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use std::ffi::OsString;
use std::path::PathBuf;

pub use run::Run;
use values::{os_parser, svg_path};

/// The whole command line. The word `run` may be left out, so its options are accepted here as well.
#[derive(Debug, Parser)]
#[command(
    name = "tinyrun",
    version = version::SHORT,
    disable_version_flag = true,
    about = "Run WebAssembly programs built with TinyGo from a shell",
    long_about = "Run WebAssembly programs built with TinyGo from a shell: main, or calls of exports.",
    override_usage = "tinyrun [run] [OPTIONS] MODULE [ARGS]...\n       tinyrun inspect [--json] [--treemap FILE] MODULE\n       tinyrun completions SHELL",
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
    /// The command, if one is named.
    #[command(subcommand)]
    named: Option<Command>,
    /// Print version; with -v, also commit, target and engine features
    #[arg(short = 'V', long, action = ArgAction::Version, display_order = 1000)]
    version: (),
    /// The options of `run`, if none is named.
    #[command(flatten)]
    run: Run,
}

/// The names of the commands.
const COMMANDS: [&str; 3] = ["run", "inspect", "completions"];

/// The definition of the command line, for help, completions and the man page.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses a command line. Its first word is the name of this program.
///
/// # Errors
///
/// clap's error, or the help or version that was asked for.
pub fn parse(words: &[OsString]) -> Result<Command, clap::Error> {
    match parse_plain(words) {
        Some(run) => Ok(Command::Run(Box::new(run))),
        None => Cli::try_parse_from(with_two_dashes(words)).map(Cli::into_command),
    }
}

/// The command line with `--help` or `--version` if its first word is that option with one dash, as in Go's tools.
fn with_two_dashes(words: &[OsString]) -> Vec<OsString> {
    let mut words = words.to_vec();
    if let Some(first) = words.get_mut(1)
        && (*first == "-help" || *first == "-version")
    {
        let mut option = OsString::from("-");
        option.push(&*first);
        *first = option;
    }
    words
}

/// Parses a command line without options: MODULE and the program's arguments. clap is not used for it, because setting
/// clap up takes longer than running a short program.
fn parse_plain(words: &[OsString]) -> Option<Run> {
    let words = words.get(1..)?;
    let module = words.first()?.as_encoded_bytes();
    let is_option = module.is_empty() || module.starts_with(b"-");
    let is_command = COMMANDS.iter().any(|name| name.as_bytes() == module);
    (!is_option && !is_command).then(|| Run {
        words: words.to_vec(),
        ..Run::default()
    })
}

impl Cli {
    /// The command; `run` if none is named.
    pub fn into_command(self) -> Command {
        self.named.unwrap_or(Command::Run(Box::new(self.run)))
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a program or call its exports (the word `run` may be left out)
    #[command(
        override_usage = "tinyrun [run] [OPTIONS] MODULE [ARGS]...",
        help_template = help::TEMPLATE,
        after_help = help::SHORT,
        after_long_help = help::LONG
    )]
    Run(Box<Run>),
    /// Print what a module imports, exports and contains
    #[command(override_usage = "tinyrun inspect [--json] [--treemap FILE] MODULE")]
    Inspect(Inspect),
    /// Print a shell's completion script
    Completions(Completions),
}

/// `tinyrun inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Draw the sizes of packages, functions and data as a treemap in FILE (.svg)
    #[arg(
        long, value_name = "FILE",
        value_parser = os_parser(svg_path::parse), value_hint = ValueHint::FilePath
    )]
    pub treemap: Option<PathBuf>,
    /// A .wasm or .wat file, or - for standard input
    #[arg(value_name = "MODULE")]
    pub module: PathBuf,
}

/// `tinyrun completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, Cli, Command, parse_plain};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn words_after_the_module_are_the_programs() {
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
            let found = parsed.map(Cli::into_command);
            assert!(
                matches!(&found, Ok(Command::Run(run)) if run.args() == args),
                "{words}: {found:?}"
            );
        }
    }

    #[test]
    fn a_plain_command_line_is_parsed_as_clap_parses_it() {
        let cli = Cli::command();
        let names = cli.get_subcommands().map(clap::Command::get_name);
        assert!(names.eq(COMMANDS));
        for line in ["m.wasm", "m.wasm -x --dir . -- y", "a/b c run", "ru", "é"] {
            let words = std::iter::once("tinyrun").chain(line.split(' '));
            let words: Vec<_> = words.map(Into::into).collect();
            let parsed = parse_plain(&words).map(|run| format!("{run:?}"));
            let by_clap = Cli::try_parse_from(&words).map(|cli| format!("{:?}", cli.run));
            assert_eq!(parsed, by_clap.ok(), "{line}");
        }
        for line in [
            "",
            "tinyrun",
            "tinyrun -",
            "tinyrun run",
            "tinyrun -v m.wasm",
            "tinyrun ",
        ] {
            let words: Vec<_> = line.split(' ').map(Into::into).collect();
            assert!(parse_plain(&words).is_none(), "{line}");
        }
    }
}
