//! Outcomes in words, on standard error. That it may be closed is nobody's problem any more.

use crate::cli::Size;
use crate::error::Error;
use crate::guest::{Outcome, Site, Trap, TrapKind};
use crate::host::Refusal;
use anstream::ColorChoice;
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// Says what there is to say of an outcome: nothing, where the guest did what it wanted to.
/// `module` is how messages call the module, `max_stack` the bound on its call stack.
pub fn tell(outcome: &Outcome, module: &str, max_stack: Size) {
    let text = in_words(outcome, module, max_stack);
    if let Some(text) = text {
        write(&text);
    }
}

/// Says a failure.
pub fn error(failure: &Error) {
    write(&failure_in_words(failure));
}

/// Says what can be done, below what `tell` said.
pub fn hint(text: &str) {
    write(&hint_in_words(text));
}

/// The words for an outcome.
pub(super) fn in_words(outcome: &Outcome, module: &str, max_stack: Size) -> Option<String> {
    match outcome {
        Outcome::Returned | Outcome::BrokenPipe => None,
        Outcome::Exited(code) => (*code > 255).then(|| {
            let label = label("warning", YELLOW);
            format!("{label} {module} exited with {code}, more than a status can say; 255 stands for it\n")
        }),
        Outcome::Trapped(trap) => Some(failure_in_words(&trap_as_failure(trap, module, max_stack))),
        Outcome::OutOfFuel => Some(failure_in_words(&Error::module(format!(
            "{module} ran out of fuel: it has used all that --fuel gives it"
        )))),
        Outcome::TimedOut(limit) => Some(failure_in_words(&Error::module(format!(
            "{module} ran out of time: --timeout is {}",
            humantime::format_duration(*limit)
        )))),
        Outcome::Failed(failure) => Some(failure_in_words(failure)),
    }
}

fn trap_as_failure(trap: &Trap, module: &str, max_stack: Size) -> Error {
    let site = match &trap.site {
        Site::Main => String::new(),
        Site::Instantiation => " while it was instantiated".to_owned(),
        Site::Export(name) => format!(" in {name}"),
    };
    let mut failure = Error::module(format!("{module} trapped{site}: {}", kind_in_words(&trap.kind)));
    match trap.refused {
        Some(Refusal::Limit { asked, allowed }) => {
            failure = failure.detail(format!(
                "the program asked for {asked}; --max-memory allows {allowed}"
            ));
        }
        Some(Refusal::Machine { asked }) => {
            failure = failure.detail(format!(
                "the program asked for {asked}, which this machine does not have"
            ));
        }
        None => {}
    }
    if trap.kind == TrapKind::StackOverflow {
        failure = failure.hint(format!(
            "--max-stack is {max_stack}; a recursion that ends may need more"
        ));
    }
    failure
}

fn kind_in_words(kind: &TrapKind) -> &str {
    match kind {
        TrapKind::Unreachable => "it executed `unreachable`",
        TrapKind::MemoryOutOfBounds => "out of bounds memory access",
        TrapKind::TableOutOfBounds => "out of bounds table access",
        TrapKind::NullCall => "call of a null function reference",
        TrapKind::TypeMismatch => "call of a function of another type",
        TrapKind::DivisionByZero => "integer divide by zero",
        TrapKind::IntegerOverflow => "integer overflow",
        TrapKind::BadConversion => "conversion of a float that does not fit an integer",
        TrapKind::StackOverflow => "call stack overflow",
        TrapKind::Other(said) => said,
    }
}

fn failure_in_words(failure: &Error) -> String {
    let mut text = format!("{} {}\n", label("error", RED), failure.message);
    for detail in &failure.details {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {detail}");
    }
    if let Some(hint) = &failure.hint {
        text.push_str(&hint_in_words(hint));
    }
    text
}

fn hint_in_words(hint: &str) -> String {
    format!("{} {hint}\n", label("hint", CYAN))
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

/// Writes all of `text` in one call, so that nothing comes in between.
pub(super) fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
