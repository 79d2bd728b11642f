//! Messages on standard error: outcomes, errors, warnings and hints as text.

use super::backtrace::{self, BacktraceDepth};
use super::go_panic;
use super::outcome_error::outcome_error;
use crate::console;
use crate::error::Error;
use crate::guest::Outcome;
use crate::insight::{Backtrace, MissingSymbols};
use crate::size::Size;
use anstream::ColorChoice;
use std::borrow::Cow;
use std::io;
use std::time::Duration;

/// The facts about a run that its messages contain.
#[derive(Clone, Debug, Default)]
pub struct RunContext {
    /// The module's name.
    pub module: String,
    /// The size limit of the call stack.
    pub max_stack: Size,
    /// The fuel limit.
    pub fuel: Option<u64>,
    /// The time limit.
    pub timeout: Option<Duration>,
    /// Whether a trap's message has a hint at `--backtrace`.
    pub backtrace_hint: BacktraceHint,
    /// The frames of a backtrace that are printed.
    pub depth: BacktraceDepth,
}

/// Whether a trap's message has a hint at `--backtrace`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BacktraceHint {
    /// The message has the hint.
    #[default]
    Print,
    /// The message has no hint, because the option was passed or cannot help.
    Omit,
}

/// Prints the message about an outcome, if it has one, and the backtrace.
pub fn print_outcome(outcome: &Outcome, backtrace: Option<&Backtrace>, context: &RunContext) {
    if let Some(text) = outcome_text(outcome, backtrace, context) {
        console::print(&text);
    }
}

/// Prints a backtrace that was not available when the outcome was printed.
pub fn print_late_backtrace(backtrace: &Backtrace, context: &RunContext) {
    let warning = warning_text("reading the debug information took long; the call stack is:");
    let hint = backtrace.missing.map(missing_symbols_hint);
    let stack = backtrace::text(backtrace, context.depth, None);
    console::print(&(warning + &stack + &hint.unwrap_or_default()));
}

/// Prints an error.
pub fn print_error(error: &Error) {
    console::print(&error_text(error));
}

/// Prints a warning, for a problem that does not end the run.
pub fn print_warning(text: &str) {
    console::print(&warning_text(text));
}

/// Prints a hint about the outcome that was just printed.
pub fn print_hint(text: &str) {
    console::print(&hint_text(text));
}

/// The message about an outcome; `None` for those that are not errors.
pub(super) fn outcome_text(
    outcome: &Outcome,
    backtrace: Option<&Backtrace>,
    context: &RunContext,
) -> Option<String> {
    if let Outcome::Exited(code) = outcome
        && *code > 255
    {
        // The argument of Go's os.Exit is signed.
        let (module, code) = (&context.module, *code as i32);
        return Some(warning_text(&format!(
            "{module} exited with {code}, which does not fit an exit status; the status is 255"
        )));
    }
    let error = outcome_error(outcome, backtrace, context)?;
    let cause = match outcome {
        Outcome::Trapped(trap) => go_panic::cause(trap, backtrace),
        _ => None,
    };
    let stack =
        backtrace.map(|backtrace| backtrace::text(backtrace, context.depth, cause.as_deref()));
    let mut text = error_with_stack(&error, &stack.unwrap_or_default());
    if let Some(missing) = backtrace.and_then(|backtrace| backtrace.missing) {
        text.push_str(&missing_symbols_hint(missing));
    }
    if context.backtrace_hint == BacktraceHint::Print && is_explained_by_stack(outcome) {
        text.push_str(&hint_text("--backtrace shows where"));
    }
    Some(text)
}

/// The hint how to build a module with the symbols that it lacks.
pub(super) fn missing_symbols_hint(missing: MissingSymbols) -> String {
    hint_text(match missing {
        MissingSymbols::Lines => {
            "the module has no debug information: build it without -no-debug, and pass -g to wasm-opt"
        }
        MissingSymbols::Names => {
            "the module has no function names: build it without -no-debug, and do not strip it"
        }
        MissingSymbols::GoTable => {
            "cannot read the function table of this version of Go: there are no lines, and callers from before a wait are missing"
        }
        MissingSymbols::GoTableAndNames => {
            "cannot read the function table of this version of Go: build the module without -ldflags=-s to have names"
        }
    })
}

fn is_explained_by_stack(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Trapped(trap) => trap.module.is_none(),
        Outcome::Interrupted(_) => true,
        _ => false,
    }
}

pub(super) fn error_text(error: &Error) -> String {
    error_with_stack(error, "")
}

fn error_with_stack(error: &Error, stack: &str) -> String {
    let lines = printable_lines(error).join("\n  ");
    let mut text = format!("{} {lines}\n", label("error", RED));
    text.push_str(stack);
    if let Some(hint) = &error.hint {
        text.push_str(&hint_text(hint));
    }
    text
}

/// The lines of an error, limited in number and length, since some of them come from the module.
pub(super) fn printable_lines(error: &Error) -> Vec<String> {
    let mut lines = error.lines();
    // The message itself is not counted in MAX_LINES.
    let first = lines.by_ref().take(1 + MAX_LINES);
    let mut printed = Vec::from_iter(first.map(|line| printable(&line).into_owned()));
    match lines.count() {
        0 => {}
        more => printed.push(format!("and {more} more")),
    }
    printed
}

fn warning_text(warning: &str) -> String {
    format!("{} {}\n", label("warning", YELLOW), printable(warning))
}

pub(super) fn hint_text(hint: &str) -> String {
    format!("{} {}\n", label("hint", CYAN), printable(hint))
}

/// The maximum number of lines that are printed after a message.
const MAX_LINES: usize = 100;

/// The maximum number of characters of a line that are printed. Paths are shorter.
const MAX_LINE_CHARS: usize = 5_000;

/// Makes untrusted text, such as a path or a name in a module, safe to print. Characters that a terminal would
/// interpret or hide are escaped, and long text is truncated.
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_escaped = |c: char| c.is_control() || is_invisible(c);
    if text.len() <= MAX_LINE_CHARS && !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut printed = String::new();
    for c in text.chars().take(MAX_LINE_CHARS) {
        if is_escaped(c) {
            printed.extend(c.escape_default());
        } else {
            printed.push(c);
        }
    }
    if text.chars().nth(MAX_LINE_CHARS).is_some() {
        printed.push('…');
    }
    Cow::Owned(printed)
}

/// Returns true if a character is invisible, or changes the direction or spacing of other characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const CYAN: &str = "\x1b[1;36m";

/// Formats a label such as `error:`, in colour if standard error is a terminal and `NO_COLOR` is not set.
fn label(name: &str, colour: &str) -> String {
    match anstream::AutoStream::choice(&io::stderr()) {
        ColorChoice::Never => format!("{name}:"),
        _ => format!("{colour}{name}:\x1b[0m"),
    }
}
