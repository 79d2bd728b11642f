//! The completers of arguments: tinyrun's command line as clap has it, with completers for the arguments that clap cannot
//! complete by itself.

use super::environment;
use crate::cli::{self, Cli};
use crate::module::{self, ExternType, LoadedParts, Module};
use clap::{Arg, ArgAction, Command, CommandFactory, Parser, ValueHint};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The argument for MODULE and everything after it.
const MODULE_AND_ARGS: &str = "words";

/// The rules of `--import` that are words.
const RULES: [&str; 4] = ["print", "trace", "zero", "trap"];

/// The command line with which clap completes the word with this index.
pub(super) fn command(words: &[OsString], index: usize) -> Command {
    let before = words.get(..index).unwrap_or_default();
    let parsed = Cli::try_parse_from(before).map(Cli::into_command);
    // Without MODULE, the words are not a complete command line.
    if matches!(parsed, Ok(cli::Command::Run(_))) {
        return program_command();
    }
    let typed = words.get(index).map(|word| word.to_string_lossy());
    tinyrun_command(words, &typed.unwrap_or_default())
}

fn tinyrun_command(words: &[OsString], typed: &str) -> Command {
    let run = |command: Command| {
        let command = command
            .mut_arg(MODULE_AND_ARGS, with_completer(complete_module))
            .mut_arg("mounts", with_completer(complete_mount))
            .mut_arg("read_only_mounts", with_completer(complete_mount))
            .mut_arg("env", |arg| arg.add(ArgValueCandidates::new(variables)))
            .mut_arg("calls", {
                let module = LikelyModules::among(words);
                |arg| arg.add(ArgValueCandidates::new(move || module.exports()))
            })
            .mut_arg("import_rules", {
                let module = LikelyModules::among(words);
                with_completer(move |typed| module.complete_rule(typed))
            })
            .mut_arg("preloads", {
                let module = LikelyModules::among(words);
                with_completer(move |typed| module.complete_preload(typed))
            });
        if typed.starts_with("--trace=") {
            command
        } else {
            // Its value follows only after `=`.
            command.mut_arg("trace", |arg| trace_flag(&arg))
        }
    };
    run(Cli::command())
        .mut_subcommand("run", run)
        .mut_subcommand("inspect", |inspect| {
            inspect
                .mut_arg("module", with_completer(complete_module))
                .mut_arg("treemap", with_completer(complete_svg))
        })
}

/// `--trace` without a value.
fn trace_flag(option: &Arg) -> Arg {
    Arg::new("trace")
        .long("trace")
        .action(ArgAction::SetTrue)
        .help(option.get_help().cloned().unwrap_or_default())
}

fn with_completer(
    complete: impl Fn(&str) -> Vec<CompletionCandidate> + Send + Sync + 'static,
) -> impl FnOnce(Arg) -> Arg {
    let complete = move |typed: &OsStr| typed.to_str().map(&complete).unwrap_or_default();
    |arg| arg.add(ArgValueCompleter::new(complete))
}

/// Completes to `.wasm` and `.wat` files and to directories.
fn complete_module(typed: &str) -> Vec<CompletionCandidate> {
    complete_file(typed, is_module)
}

/// Completes to `.svg` files and to directories.
fn complete_svg(typed: &str) -> Vec<CompletionCandidate> {
    complete_file(typed, |path| path.extension() == Some("svg".as_ref()))
}

fn complete_file(typed: &str, is_offered: fn(&Path) -> bool) -> Vec<CompletionCandidate> {
    let files = PathCompleter::any().filter(move |path: &Path| {
        // `.` has no file name.
        (path.is_dir() && path.file_name().is_some()) || is_offered(path)
    });
    files.complete(OsStr::new(typed))
}

/// Completes HOST to directories, and GUEST to the root and a directory of the same name there.
fn complete_mount(typed: &str) -> Vec<CompletionCandidate> {
    let Some((host, _)) = typed.split_once("::") else {
        return PathCompleter::dir().complete(OsStr::new(typed));
    };
    let name = Path::new(host).file_name().unwrap_or_default();
    let named = format!("{host}::/{}", name.display());
    let root = format!("{host}::/");
    let mut names = vec![root, named];
    names.dedup();
    starting_with(typed, names)
}

/// The names of tinyrun's own environment variables.
fn variables() -> Vec<CompletionCandidate> {
    let names = environment::variables().map(|(name, _)| name);
    let mut names: Vec<_> = names
        .filter(|name| *name != environment::COMPLETION_VARIABLE)
        .collect();
    names.sort();
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn starting_with(
    typed: &str,
    values: impl IntoIterator<Item = String>,
) -> Vec<CompletionCandidate> {
    let values = values.into_iter().filter(|value| value.starts_with(typed));
    values.map(CompletionCandidate::new).collect()
}

/// The files that are likely MODULE, the most likely one first.
#[derive(Clone)]
struct LikelyModules(Vec<PathBuf>);

impl LikelyModules {
    /// MODULE is most likely the last word that names a module file. If none was typed, it is the only module in the
    /// current directory.
    fn among(words: &[OsString]) -> Self {
        let typed = words.iter().rev().map(PathBuf::from);
        let typed: Vec<_> = typed.filter(|path| is_module(path)).collect();
        Self(if typed.is_empty() {
            only_module_here().into_iter().collect()
        } else {
            typed
        })
    }

    fn load(&self) -> Option<Module> {
        // Reading a pipe would block.
        let files = self.0.iter().filter(|path| path.is_file());
        files
            .filter_map(|path| module::load(path, LoadedParts::All).ok())
            .next()
    }

    /// The exports that can be called.
    fn exports(&self) -> Vec<CompletionCandidate> {
        let Some(module) = self.load() else {
            return Vec::new();
        };
        let functions = module.callable_functions().into_iter();
        let names = functions
            .map(|(name, _)| name)
            .filter(|name| !module::is_runtime_export(name));
        names.map(CompletionCandidate::new).collect()
    }

    /// Completes to the functions that the module imports, then to a rule.
    fn complete_rule(&self, typed: &str) -> Vec<CompletionCandidate> {
        if let Some((import, _)) = typed.split_once('=') {
            return starting_with(typed, RULES.map(|rule| format!("{import}={rule}")));
        }
        let functions = self.imports().into_iter();
        starting_with(
            typed,
            functions.map(|(module, name)| format!("{module}.{name}=")),
        )
    }

    /// Completes to the names of the modules that are imported from, then to a module file.
    fn complete_preload(&self, typed: &str) -> Vec<CompletionCandidate> {
        if let Some((name, file)) = typed.split_once('=') {
            let files = complete_module(file).into_iter();
            return files
                .map(|file| file.add_prefix(format!("{name}=")))
                .collect();
        }
        let mut modules: Vec<_> = self
            .imports()
            .into_iter()
            .map(|(module, _)| module)
            .collect();
        modules.dedup();
        starting_with(typed, modules.iter().map(|module| format!("{module}=")))
    }

    /// The module and the name of each imported function that is not of WASI.
    fn imports(&self) -> BTreeSet<(String, String)> {
        let imports = self.load().map(|module| module.interface.imports);
        let imports = imports.unwrap_or_default().into_iter().filter(|import| {
            matches!(import.ty, ExternType::Func(_)) && !import.module.starts_with("wasi_")
        });
        imports.map(|import| (import.module, import.name)).collect()
    }
}

/// The only module file in the current directory.
fn only_module_here() -> Option<PathBuf> {
    let entries = std::fs::read_dir(".").ok()?;
    let paths = entries.filter_map(|entry| Some(PathBuf::from(entry.ok()?.file_name())));
    let mut modules = paths.filter(|path| path.extension().unwrap_or_default() == "wasm");
    let only = modules.next()?;
    modules.next().is_none().then_some(only)
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
    Command::new("tinyrun")
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(words)
}
