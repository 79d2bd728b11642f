//! What was typed, as plain data. Parsing validates and never acts: nothing here opens a file, reads
//! the environment or knows the engine. Each grammar is a file of its own.

pub mod call;
pub mod duration;
pub mod env_var;
pub mod help;
pub mod import_rule;
pub mod init;
pub mod mount;
pub mod nearest;
pub mod number;
pub mod preload;
mod run;
pub mod size;
pub mod slip;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

pub use env_var::EnvVar;
pub use init::Init;
pub use mount::Mount;
pub use run::Run;
pub use size::Size;

/// The whole command line. The word `run` may be left out, so its options stand here as well.
#[derive(Debug, Parser)]
#[command(
    name = "tinyrun",
    version,
    about = "Run TinyGo's WebAssembly programs from a shell",
    long_about = "Run TinyGo's WebAssembly programs from a shell: a program's main, or a call of what it exports.",
    override_usage = "tinyrun [run] [OPTIONS] MODULE [ARGS]...\n       tinyrun inspect [--json] MODULE\n       tinyrun completions SHELL",
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
    pub fn into_command(self) -> Command {
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
    /// Tell what a module is, needs, offers and weighs
    #[command(override_usage = "tinyrun inspect [--json] MODULE")]
    Inspect(Inspect),
    /// Print a shell's completion script
    Completions(Completions),
}

/// `tinyrun inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// As one JSON object, for programs to read
    #[arg(long)]
    pub json: bool,
    /// A .wasm or .wat file, or - for standard input
    #[arg(value_name = "MODULE")]
    pub module: PathBuf,
}

/// `tinyrun completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell to print it for
    pub shell: Shell,
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
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
            let found = parsed.map(Cli::into_command);
            assert!(
                matches!(&found, Ok(Command::Run(run)) if run.args() == args),
                "{words}: {found:?}"
            );
        }
    }
}
