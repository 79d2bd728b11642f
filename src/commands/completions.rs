//! Shell completion. The scripts are short and run tinyrun for each completion. clap's static scripts would not
//! complete modules and exports, and would offer tinyrun's options after MODULE.

use super::environment::{self, COMPLETION_VARIABLE};
use super::status_of_print;
use crate::cli::{self, Cli, Completions};
use crate::module::{self, LoadedParts};
use crate::report::{self, ExitStatus};
use clap::{Arg, ArgAction, Command, CommandFactory, Parser, ValueHint};
use clap_complete::Shell;
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter,
};
use clap_complete::env::{Bash, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

/// The name of the command in the scripts.
const PROGRAM: &str = "tinyrun";

/// The argument for MODULE and everything after it.
const MODULE_AND_ARGS: &str = "words";

/// The argument of `--invoke`.
const CALLS: &str = "calls";

/// Prints the script for a shell.
pub(super) fn print(options: &Completions) -> ExitStatus {
    let shell: &dyn EnvCompleter = match options.shell {
        Shell::Bash => &Bash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
        other => {
            let message = format!("there is no completion script for {other}");
            report::print_error(&crate::error::Error::command_line(message));
            return ExitStatus::COMMAND_LINE;
        }
    };
    let mut script = Vec::new();
    let printed = shell
        .write_registration(COMPLETION_VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)
        .and_then(|()| io::stdout().write_all(&script));
    status_of_print(printed)
}

/// Prints completions for a script. `args` is the name of the command, `--`, and the words of the command line.
pub(super) fn complete(args: Vec<OsString>) -> ExitStatus {
    let is_past_module = is_past_module(&args);
    let modules: Vec<_> = args
        .iter()
        .filter(|word| is_module(Path::new(word)))
        .cloned()
        .collect();
    let directory = std::env::current_dir().ok();
    let command = || {
        if is_past_module {
            program_command()
        } else {
            tinyrun_command(&modules)
        }
    };
    let completed = CompleteEnv::with_factory(command)
        .var(COMPLETION_VARIABLE)
        .completer(PROGRAM)
        .try_complete(args, directory.as_deref());
    match completed {
        Ok(_) => ExitStatus::SUCCESS,
        Err(_) => ExitStatus::RUNNER,
    }
}

/// Returns true if MODULE is before the word to complete. Some shells pass that word's index and the words after it;
/// for the others it is the last word.
fn is_past_module(args: &[OsString]) -> bool {
    let words = args.iter().skip_while(|word| *word != "--").skip(1);
    let words: Vec<_> = words.collect();
    let last = words.len().saturating_sub(1);
    let current = environment::completion_index().unwrap_or(last).min(last);
    let parsed = Cli::try_parse_from(&words[..current]).map(Cli::into_command);
    // Without MODULE, the words are not a complete command line.
    matches!(parsed, Ok(cli::Command::Run(_)))
}

/// The command line of tinyrun. MODULE completes to `.wasm` and `.wat` files and directories, `--invoke` to the exports
/// of a module that was already typed.
fn tinyrun_command(modules_typed: &[OsString]) -> Command {
    let files = |argument: Arg, is_offered: fn(&Path) -> bool| {
        let files = PathCompleter::any().filter(move |path: &Path| {
            // `.` has no file name.
            (path.is_dir() && path.file_name().is_some()) || is_offered(path)
        });
        argument.add(ArgValueCompleter::new(files))
    };
    let modules = |argument: Arg| files(argument, is_module);
    let pictures = |argument: Arg| files(argument, |path| path.extension() == Some("svg".as_ref()));
    let calls = |argument: Arg| {
        let typed = modules_typed.to_vec();
        let candidates = move || {
            exports(&typed)
                .iter()
                .map(CompletionCandidate::new)
                .collect()
        };
        argument.add(ArgValueCandidates::new(candidates))
    };
    let run = |command: Command| {
        command
            .mut_arg(MODULE_AND_ARGS, modules)
            .mut_arg(CALLS, calls)
    };
    run(Cli::command())
        .mut_subcommand("run", run)
        .mut_subcommand("inspect", |inspect| {
            inspect
                .mut_arg("module", modules)
                .mut_arg("treemap", pictures)
        })
}

/// The exports of MODULE, which is most likely the last word that names a module file.
fn exports(typed: &[OsString]) -> Vec<String> {
    // Reading a pipe would block.
    let paths = typed
        .iter()
        .rev()
        .map(Path::new)
        .filter(|path| path.is_file());
    let module = paths
        .filter_map(|path| module::load(path, LoadedParts::All).ok())
        .next();
    let Some(module) = module else {
        return Vec::new();
    };
    let functions = module.callable_functions();
    let exports = functions
        .into_iter()
        .filter(|(name, _)| !module::is_runtime_export(name));
    exports.map(|(name, _)| name.to_owned()).collect()
}

fn is_module(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    extension == "wasm" || extension == "wat"
}

/// The command line of the program. Its options are unknown, so each word completes to a path.
fn program_command() -> Command {
    let words = Arg::new("ARGS")
        .action(ArgAction::Append)
        .num_args(0..)
        .trailing_var_arg(true)
        .allow_hyphen_values(true)
        .value_hint(ValueHint::AnyPath);
    Command::new(PROGRAM)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(words)
}
