//! Finds the most likely meaning of a mistyped command line: an option in the wrong place, or a similar name.

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

/// The long option of `run` whose name is nearest to `typed`.
pub fn nearest_option(typed: &str) -> Option<String> {
    let run = super::command();
    let options = run.get_arguments().filter_map(|option| option.get_long());
    let near = nearest::to(typed.trim_start_matches('-'), options, |option| option);
    near.first().map(|long| format!("--{long}"))
}

/// The command whose name is nearest to `typed`.
pub fn nearest_command(typed: &str) -> Option<String> {
    let tinyrun = super::command();
    let commands = tinyrun.get_subcommands().map(clap::Command::get_name);
    let near = nearest::to(typed, commands, |name| name);
    near.first().map(|name| (*name).to_owned())
}

/// The whole word whose start clap reports as an unknown option. clap takes `-dir`, the form of Go's tools, for a
/// series of short options.
pub fn as_typed(option: &str, args: &[OsString]) -> String {
    let typed = args.iter().filter_map(|word| word.to_str());
    let typed = typed.map(|word| word.split('=').next().unwrap_or(word));
    let whole = typed.skip(1).find(|word| word.starts_with(option));
    whole.unwrap_or(option).to_owned()
}

/// The first option that applies only to calls.
pub fn option_for_calls(args: &[OsString]) -> Option<&'static str> {
    let words = args.iter().filter_map(|word| word.to_str());
    let mut names = words.map(|word| word.split('=').next().unwrap_or(word));
    names.find_map(|name| CALL_OPTIONS.into_iter().find(|option| *option == name))
}

#[cfg(test)]
mod tests {
    use super::misplaced_option;

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
}
