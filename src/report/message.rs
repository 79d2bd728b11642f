//! Outcomes and failures as text, on standard error. That it may be closed is nobody's problem any more.

use super::failure::failure_of;
use super::stack::{self, Depth};
use crate::error::Error;
use crate::guest::Outcome;
use crate::host;
use crate::insight::Backtrace;
use crate::size::Size;
use crate::stop;
use anstream::ColorChoice;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What messages about a run refer to.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// How they call the module.
    pub module: String,
    /// The bound on the call stack.
    pub max_stack: Size,
    /// The bound on the guest's work.
    pub fuel: Option<u64>,
    /// The bound on its time.
    pub timeout: Option<Duration>,
    /// Whether account was kept of where the guest is.
    pub stack: StackKept,
    /// How much of that is shown.
    pub depth: Depth,
}

/// Whether account was kept of where the guest is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StackKept {
    /// It was not asked for.
    #[default]
    No,
    /// It was.
    Yes,
}

/// Says what there is to say of an outcome, and of where the guest was: nothing, where the guest did what
/// it wanted to.
pub fn tell(outcome: &Outcome, backtrace: Option<&Backtrace>, terms: &Terms) {
    if let Some(text) = in_words(outcome, backtrace, terms) {
        write(&text);
    }
}

/// Prints a call stack that was not available when the outcome was printed.
pub fn print_late_stack(backtrace: &Backtrace, terms: &Terms) {
    let warning = warning_in_words("reading the debug information took long; the call stack is:");
    write(&(warning + &stack::in_words(backtrace, terms.depth)));
}

/// Says a failure.
pub fn error(failure: &Error) {
    write(&failure_in_words(failure));
}

/// Says what goes on otherwise than was asked for, while a run goes on.
pub fn warning(text: &str) {
    write(&warning_in_words(text));
}

/// Says what can be done, below what `tell` said.
pub fn hint(text: &str) {
    write(&hint_in_words(text));
}

/// The words for an outcome.
pub(super) fn in_words(
    outcome: &Outcome,
    backtrace: Option<&Backtrace>,
    terms: &Terms,
) -> Option<String> {
    if let Outcome::Exited(code) = outcome
        && *code > 255
    {
        // What os.Exit was given has a sign.
        let (module, code) = (&terms.module, *code as i32);
        return Some(warning_in_words(&format!(
            "{module} exited with {code}, which no status can say; 255 stands for it"
        )));
    }
    let failure = failure_of(outcome, backtrace, terms)?;
    let stack = backtrace.map(|backtrace| stack::in_words(backtrace, terms.depth));
    let mut text = with_stack(&failure, &stack.unwrap_or_default());
    if terms.stack == StackKept::No && has_stack(outcome) {
        text.push_str(&hint_in_words("--backtrace shows where"));
    }
    Some(text)
}

/// Whether a run may have ended so in a function of the main module.
fn has_stack(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Trapped(trap) if trap.module.is_none())
}

pub(super) fn failure_in_words(failure: &Error) -> String {
    with_stack(failure, "")
}

fn with_stack(failure: &Error, stack: &str) -> String {
    let mut text = format!("{} {}\n", label("error", RED), lines(failure).join("\n  "));
    text.push_str(stack);
    if let Some(hint) = &failure.hint {
        text.push_str(&hint_in_words(hint));
    }
    text
}

/// An error's message and its details as they are shown: neither too many nor too long, whatever a module says.
pub(super) fn lines(failure: &Error) -> Vec<String> {
    let mut lines = failure.lines();
    // The message itself is not among those below it.
    let shown = lines.by_ref().take(1 + MOST_LINES);
    let mut shown = Vec::from_iter(shown.map(|line| printable(&line).into_owned()));
    match lines.count() {
        0 => {}
        more => shown.push(format!("and {more} more")),
    }
    shown
}

fn warning_in_words(warning: &str) -> String {
    format!("{} {}\n", label("warning", YELLOW), printable(warning))
}

fn hint_in_words(hint: &str) -> String {
    format!("{} {}\n", label("hint", CYAN), printable(hint))
}

/// How many lines may stand below a message.
const MOST_LINES: usize = 100;

/// How many characters a line may have: more than a path.
const LONGEST_LINE: usize = 5_000;

/// Text from outside as it can be shown: paths and the names in a module may hold anything. What a
/// terminal would obey or hide is spelled out, and what nobody would read to its end is cut.
pub fn printable(text: &str) -> Cow<'_, str> {
    let spelled = |c: char| c.is_control() || is_invisible(c);
    if text.len() <= LONGEST_LINE && !text.contains(spelled) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for c in text.chars().take(LONGEST_LINE) {
        match spelled(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    if text.chars().nth(LONGEST_LINE).is_some() {
        shown.push('…');
    }
    Cow::Owned(shown)
}

/// Whether a character changes the direction or the spacing of others without being seen itself.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const CYAN: &str = "\x1b[1;36m";

/// `error:`, in colour where standard error is a terminal and `NO_COLOR` does not forbid it.
fn label(name: &str, colour: &str) -> String {
    match anstream::AutoStream::choice(&io::stderr()) {
        ColorChoice::Never => format!("{name}:"),
        _ => format!("{colour}{name}:\x1b[0m"),
    }
}

/// Whether messages are dropped where standard error is a pipe that is full.
static IS_BOUNDED: AtomicBool = AtomicBool::new(false);

/// Has messages wait no longer for standard error to be read: for a run that was ended from outside.
pub fn bound_messages() {
    IS_BOUNDED.store(true, Ordering::Relaxed);
}

/// Writes all of `text` in one call, so that nothing comes in between.
pub(super) fn write(text: &str) {
    match IS_BOUNDED.load(Ordering::Relaxed) {
        true => write_unless_blocked(text.to_owned()),
        false => write_and_wait(text),
    }
}

fn write_and_wait(text: &str) {
    let _ = host::write_error(text.as_bytes());
}

/// How long standard error may take to accept a text.
const WRITE_TIMEOUT: Duration = Duration::from_millis(500);

/// Writes `text` unless standard error is a full pipe. The guest may fill it after the check, so the write also has a
/// timeout.
pub(super) fn write_unless_blocked(text: String) {
    let stderr = rustix::stdio::stderr();
    let at_once = Timespec::default();
    let ready = poll(&mut [PollFd::new(&stderr, PollFlags::OUT)], Some(&at_once));
    if ready != Ok(1) {
        return;
    }
    let text = Arc::new(text);
    let write = {
        let text = Arc::clone(&text);
        move || write_and_wait(&text)
    };
    let written = stop::within(WRITE_TIMEOUT, write);
    if written.is_err_and(|error| error.kind() != io::ErrorKind::TimedOut) {
        // The thread cannot be started. The stream was ready, so most likely this does not block.
        write_and_wait(&text);
    }
}
