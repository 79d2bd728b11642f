//! Finds the most likely meaning of a mistyped command line: an option in the wrong place, or a similar name.

use crate::call_expr::CallExpr;
use crate::nearest;
use clap::error::{ContextKind, ContextValue};
use std::ffi::OsString;

/// The options that apply only to calls.
const CALL_OPTIONS: [&str; 3] = ["--init", "--allocator", "--results"];

/// Returns the first long option of `run` among the program's arguments, where it is most likely misplaced.
pub fn misplaced_option(args: &[OsString]) -> Option<String> {
    let run = super::command();
    let own_option = |word: &str| {
        let name = word.strip_prefix("--")?.split('=').next()?;
        run.get_arguments()
            .filter_map(|option| option.get_long())
            .find(|long| *long == name && !matches!(*long, "help" | "version" | "verbose"))
            .map(|long| format!("--{long}"))
    };
    args.iter()
        .take_while(|word| *word != "--")
        .find_map(|word| own_option(word.to_str()?))
}

/// The argument that an error of clap is about.
pub fn invalid_arg(error: &clap::Error) -> Option<&str> {
    match error.get(ContextKind::InvalidArg)? {
        ContextValue::String(arg) => Some(arg),
        ContextValue::Strings(args) => args.first().map(String::as_str),
        _ => None,
    }
}

/// The long option of `run` that `typed` begins with, as `--tmp-dir` does, or else the one with the nearest name.
pub fn nearest_option(typed: &str) -> Option<String> {
    let run = super::command();
    let options: Vec<_> = run
        .get_arguments()
        .filter_map(|option| option.get_long())
        .collect();
    let typed = typed.trim_start_matches('-');
    let starts = options.iter().filter(|option| typed.starts_with(**option));
    let near = nearest::to(typed, options.iter().copied(), |option| option);
    let found = starts
        .copied()
        .max_by_key(|option| option.len())
        .or(near.first().copied());
    found.map(|long| format!("--{long}"))
}

/// Whether `typed` is a long option of `inspect`.
pub fn is_inspect_option(typed: &str) -> bool {
    let tinyrun = super::command();
    let inspect = tinyrun.find_subcommand("inspect");
    let mut options = inspect.into_iter().flat_map(clap::Command::get_arguments);
    options.any(|option| {
        option
            .get_long()
            .is_some_and(|long| typed == format!("--{long}"))
    })
}

/// The option at the end of a command line without MODULE, and its value, if that is most likely the module.
pub fn module_as_value(args: &[OsString]) -> Option<(&str, &str)> {
    let [.., option, value] = args else {
        return None;
    };
    let (option, value) = (option.to_str()?, value.to_str()?);
    let is_module = value.ends_with(".wasm") || value.ends_with(".wat");
    (option.starts_with("--") && !option.contains('=') && is_module).then_some((option, value))
}

/// The command whose name is nearest to `typed`.
pub fn nearest_command(typed: &str) -> Option<String> {
    let tinyrun = super::command();
    let commands = tinyrun.get_subcommands().map(clap::Command::get_name);
    let near = nearest::to(typed, commands, |name| name);
    near.first().map(|name| (*name).to_owned())
}

/// The whole word in which clap found an unknown option. clap takes `-dir`, the form of Go's tools, for a series of
/// short options, and reports `-d`; of `-volume`, it reports `-o`.
pub fn as_typed<'w>(option: &'w str, args: &'w [OsString]) -> &'w str {
    let is_in_series = |word: &str| match (word.strip_prefix("-v"), option.strip_prefix('-')) {
        (Some(letters), Some(letter)) => letters.trim_start_matches('v').starts_with(letter),
        _ => false,
    };
    let mut words = args.iter().skip(1).filter_map(|word| word.to_str());
    let whole = words.find(|word| word.starts_with(option) || is_in_series(word));
    whole.unwrap_or(option)
}

/// The first word that clap took for `-h` or `-V` although it goes on with other letters, such as `-host`. `-help` is
/// help.
pub fn misread_as_help(args: &[OsString]) -> Option<&str> {
    let words = args.iter().skip(1).map_while(|word| word.to_str());
    let mut words =
        words.take_while(|word| !["-h", "--help", "-V", "--version", "-help"].contains(word));
    words.find(|word| {
        let letters = word.strip_prefix('-').unwrap_or_default();
        let is_read_as_help = letters.trim_start_matches('v').starts_with(['h', 'V']);
        is_read_as_help && !letters.chars().all(|letter| "vhV".contains(letter))
    })
}

/// The call after `--invoke` among the program's arguments.
pub fn misplaced_call(args: &[OsString]) -> Option<CallExpr> {
    let words = args.iter().map_while(|word| word.to_str());
    let mut words = words.take_while(|word| *word != "--");
    let call = words.find_map(|word| match word.strip_prefix("--invoke") {
        Some("") => Some(None),
        Some(rest) => rest.strip_prefix('=').map(Some),
        None => None,
    })?;
    let call = call.or_else(|| words.next())?;
    CallExpr::parse(call).ok()
}

/// The first option that applies only to calls.
pub fn option_for_calls(args: &[OsString]) -> Option<&'static str> {
    let words = args.iter().filter_map(|word| word.to_str());
    let mut names = words.map(|word| word.split('=').next().unwrap_or(word));
    names.find_map(|name| CALL_OPTIONS.into_iter().find(|option| *option == name))
}

#[cfg(test)]
mod tests {
    use super::{misplaced_call, misplaced_option, misread_as_help};
    use std::ffi::OsString;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(Into::into).collect()
    }

    #[test]
    fn misplaced_options_are_found() {
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

    #[test]
    fn words_misread_as_help_are_found() {
        for (line, found) in [
            ("-h", None),
            ("-vh", None),
            ("-hV m.wasm", None),
            ("-help", None),
            ("--help -host", None),
            ("-host m.wasm", Some("-host")),
            ("-v -vhost=1 -h", Some("-vhost=1")),
            ("-h=1", Some("-h=1")),
            ("--seed -1 -Version", Some("-Version")),
        ] {
            let words = words(&format!("tinyrun {line}"));
            assert_eq!(misread_as_help(&words), found, "{line}");
        }
    }

    #[test]
    fn misplaced_calls_are_found() {
        for (line, found) in [
            ("--invoke add 1 2", Some("add")),
            ("x --invoke=add(1)", Some("add(1)")),
            ("--invoke", None),
            ("--invoked add", None),
            ("-- --invoke add", None),
        ] {
            let call = misplaced_call(&words(line)).map(|call| call.to_string());
            assert_eq!(call.as_deref(), found, "{line}");
        }
    }
}
