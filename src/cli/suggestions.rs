//! Slips of the fingers that can be told from what was meant: an option in the wrong place, or one
//! that is almost right.

use crate::nearest;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;

/// Where an option of ours stands among the program's arguments, most likely by mistake: the first
/// word of `args` that spells a long option of `run`, with or without a value.
pub fn misplaced_option(args: &[OsString]) -> Option<String> {
    let run = super::command();
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
        (ErrorKind::UnknownArgument, Some(ContextValue::String(option)))
            if option.starts_with('-') =>
        {
            Some(option.clone())
        }
        _ => None,
    }
}

/// The long option of `run` that is spelled most like `typed`, if one is.
pub fn nearest_option(typed: &str) -> Option<String> {
    let run = super::command();
    let options = run.get_arguments().filter_map(|option| option.get_long());
    let near = nearest::to(typed.trim_start_matches('-'), options, |option| option);
    near.first().map(|long| format!("--{long}"))
}

/// The command that is spelled most like `typed`, if one is.
pub fn nearest_command(typed: &str) -> Option<String> {
    let tinyrun = super::command();
    let commands = tinyrun.get_subcommands().map(clap::Command::get_name);
    let near = nearest::to(typed, commands, |name| name);
    near.first().map(|name| (*name).to_owned())
}

/// What was typed where clap complains of `option` only: `-dir`, as Go's own tools write it, is to
/// clap a row of short options.
pub fn as_typed(option: &str, args: &[OsString]) -> String {
    let typed = args.iter().filter_map(|word| word.to_str());
    let typed = typed.map(|word| word.split('=').next().unwrap_or(word));
    let whole = typed.skip(1).find(|word| word.starts_with(option));
    whole.unwrap_or(option).to_owned()
}

/// The option that takes no value and was given one, where that is clap's complaint.
pub fn needless_value(message: &clap::Error) -> Option<String> {
    match (message.kind(), message.get(ContextKind::InvalidArg)) {
        (ErrorKind::TooManyValues, Some(ContextValue::String(option))) => Some(option.clone()),
        _ => None,
    }
}

/// The argument that clap misses, where that is its complaint.
pub fn missing_argument(message: &clap::Error) -> Option<String> {
    match (message.kind(), message.get(ContextKind::InvalidArg)) {
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(missing))) => {
            missing.first().cloned()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::misplaced_option;

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
