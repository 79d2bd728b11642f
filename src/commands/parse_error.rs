//! tinyrun's own messages for command lines that clap refuses: the option and its value, the problem, then a hint.

use crate::cli::values::value_error::ValueError;
use crate::cli::{foreign_options, suggestions};
use crate::error::Error;
use crate::shell_word;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;
use std::ffi::OsString;

/// The message for an error of clap; `None` to print clap's own.
pub(super) fn explain(error: &clap::Error, args: &[OsString]) -> Option<Error> {
    if error.kind() == ErrorKind::InvalidUtf8 {
        return Some(not_utf8(args));
    }
    let arg = suggestions::invalid_arg(error)?;
    let name = option_name(arg);
    match error.kind() {
        ErrorKind::UnknownArgument if arg.starts_with('-') => Some(unknown_option(arg, args)),
        ErrorKind::UnknownArgument => {
            let error = Error::command_line(format!("unexpected argument {arg}"));
            Some(error.hint(usage(args)))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => Some(invalid_value(error, arg)),
        ErrorKind::TooManyValues => Some(Error::command_line(format!("{name} takes no value"))),
        ErrorKind::ArgumentConflict => {
            let message = format!("{name} was given more than once");
            Some(Error::command_line(message))
        }
        ErrorKind::MissingRequiredArgument if arg.contains("--invoke") => {
            let typed = suggestions::option_for_calls(args)?;
            Some(Error::command_line(format!("{typed} requires --invoke")))
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = if arg.contains("MODULE") {
                "MODULE"
            } else {
                name
            };
            let error = Error::command_line(format!("{missing} is missing"));
            Some(match suggestions::module_as_value(args) {
                Some((option, module)) => error.hint(format!(
                    "{module} was taken for the value of {option}; write a value before it"
                )),
                None => error.hint(usage(args)),
            })
        }
        _ => None,
    }
}

/// The error for a word that clap took for `-h` or `-V` because it starts like it; `None` if help was asked for.
pub(super) fn misread_as_help(args: &[OsString]) -> Option<Error> {
    let word = suggestions::misread_as_help(args)?;
    match word.split_once('=') {
        Some((option @ ("-h" | "-V"), _)) => {
            Some(Error::command_line(format!("{option} takes no value")))
        }
        _ => Some(unknown_option(word, args)),
    }
}

/// The error for an unknown option. clap would suggest `--` before it, which would run a module of that name.
fn unknown_option(option: &str, args: &[OsString]) -> Error {
    let word = suggestions::as_typed(option, args);
    if let Some(foreign) = foreign_options::find(word, args) {
        let (typed, runtime) = (foreign.typed, foreign.runtime);
        let error = Error::command_line(format!("{typed} is a {runtime} option"));
        return error.hint(foreign.advice);
    }
    let typed = word.split('=').next().unwrap_or(word);
    let error = Error::command_line(format!("unknown option {typed}"));
    match suggestions::nearest_option(typed) {
        Some(near) if near == typed => error.hint(format!("{near} is an option of run")),
        Some(near) => error.hint(format!("did you mean {near}?")),
        None if suggestions::is_inspect_option(typed) => error.hint(format!(
            "{typed} is an option of inspect: tinyrun inspect {typed} ..."
        )),
        None => error.hint("tinyrun --help lists all options"),
    }
}

/// The error for a value that is missing, not among the choices of the option, or refused by its parser.
fn invalid_value(error: &clap::Error, arg: &str) -> Error {
    let name = option_name(arg);
    let source = error.source();
    let choices = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(choices)) => choices.as_slice(),
        _ => &[],
    };
    let typed = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(typed)) => typed.as_str(),
        _ => "",
    };
    if typed.is_empty() && source.is_none() {
        let form = arg.replace(['<', '>'], "");
        let error = Error::command_line(format!("{name} needs a value"));
        return error.hint(choice(choices).unwrap_or(format!("write {form}")));
    }
    let is_after_equals = arg[name.len()..].starts_with("[=");
    let separator = if is_after_equals { "=" } else { " " };
    let value = shell_word::quote(typed);
    let message = |problem: &str| {
        let message = format!("{name}{separator}{value}: {problem}");
        Error::command_line(message)
    };
    let Some(source) = source else {
        let error = message("unknown value");
        return match choice(choices) {
            Some(hint) => error.hint(hint),
            None => error,
        };
    };
    let error = message(&source.to_string());
    match source.downcast_ref::<ValueError>() {
        Some(ValueError {
            hint: Some(hint), ..
        }) => error.hint(hint),
        _ => error,
    }
}

/// The hint with the choices of an option.
fn choice(choices: &[String]) -> Option<String> {
    let (last, others) = choices.split_last()?;
    Some(format!("write {} or {last}", others.join(", ")))
}

/// clap does not say which option has the value.
fn not_utf8(args: &[OsString]) -> Error {
    let value = args.iter().find(|word| word.to_str().is_none());
    let value = value.map(|word| word.display().to_string());
    let value = value.unwrap_or_default();
    Error::command_line(format!("the value {value} is not UTF-8"))
}

/// The name in clap's form of an argument, such as `--dir <HOST>`, `--trace[=<FILE>]` or `<SHELL>`.
fn option_name(arg: &str) -> &str {
    let name = arg.split([' ', '[', '=']).next().unwrap_or(arg);
    name.trim_matches(['<', '>'])
}

/// The hint with the usage of the command.
fn usage(args: &[OsString]) -> &'static str {
    match args.get(1).and_then(|word| word.to_str()) {
        Some("inspect") => "usage: tinyrun inspect [--json] [--treemap FILE] MODULE",
        Some("completions") => "usage: tinyrun completions SHELL",
        _ => "usage: tinyrun [OPTIONS] MODULE [ARGS]...; see tinyrun --help",
    }
}
