//! What is to be said of an outcome, and what can be done about it, in the words of Go's runtime where
//! those say more than wasm's.

use super::message::Terms;
use super::panic;
use crate::error::Error;
use crate::guest::{Outcome, ProgramKind, Trap, TrapKind, TrapSite};
use crate::host::Refusal;
use crate::insight::Backtrace;

/// What is to be said of an outcome: nothing, where the guest did what it wanted to.
pub(super) fn failure_of(
    outcome: &Outcome,
    backtrace: Option<&Backtrace>,
    terms: &Terms,
) -> Option<Error> {
    let module = &terms.module;
    match outcome {
        Outcome::Returned | Outcome::BrokenPipe | Outcome::Exited(_) | Outcome::Interrupted(_) => {
            None
        }
        Outcome::Trapped(trap) => Some(trap_as_failure(trap, backtrace, terms)),
        Outcome::OutOfFuel => {
            let fuel = terms.fuel.unwrap_or_default();
            let message = format!("{module} ran out of fuel: --fuel is {fuel}");
            Some(Error::module(message))
        }
        Outcome::TimedOut => {
            let limit = humantime::format_duration(terms.timeout.unwrap_or_default());
            let message = format!("{module} ran out of time: --timeout is {limit}");
            Some(Error::module(message))
        }
        Outcome::Failed(failure) => Some(failure.clone()),
    }
}

fn trap_as_failure(trap: &Trap, backtrace: Option<&Backtrace>, terms: &Terms) -> Error {
    let module = trap.module.as_ref().unwrap_or(&terms.module);
    let site = match &trap.site {
        TrapSite::Main => String::new(),
        TrapSite::Instantiation => " while it was instantiated".to_owned(),
        TrapSite::Export(name) => format!(" in {name}"),
    };
    let mut failure = Error::module(match panic::cause(trap, backtrace) {
        Some(cause) => format!("{module} panicked{site}: {cause}"),
        None => format!("{module} trapped{site}: {}", kind_in_words(&trap.kind)),
    });
    failure.details.extend(trap.refused.map(refusal_in_words));
    failure.hint = hint(trap, terms);
    failure
}

fn refusal_in_words(refusal: Refusal) -> String {
    match refusal {
        Refusal::Limit { asked, allowed } => {
            format!("the program asked for {asked}; --max-memory allows {allowed}")
        }
        Refusal::Machine { asked } => {
            format!("the program asked for {asked}, which this machine does not have")
        }
    }
}

/// The likely cause of a trap and the way out, where they can be told.
fn hint(trap: &Trap, terms: &Terms) -> Option<String> {
    if trap.kind == TrapKind::StackOverflow {
        let limit = terms.max_stack;
        return Some(format!(
            "--max-stack is {limit}; a recursion that ends may need more"
        ));
    }
    if trap.kind == TrapKind::MemoryStackOverflow {
        let hint = "build it with a larger -stack-size; TinyGo's default is 64KB";
        return Some(hint.to_owned());
    }
    let panicked = |with: &str| {
        trap.panic
            .as_ref()
            .is_some_and(|panic| panic.contains(with))
    };
    let TrapSite::Export(export) = &trap.site else {
        return None;
    };
    if panicked("called before runtime initialization") {
        return Some("the program's runtime was not started: leave --init to itself".to_owned());
    }
    if panicked("called after main.main returned") {
        return Some(
            "a command's runtime ends with main: build it as a reactor, with -buildmode=c-shared"
                .to_owned(),
        );
    }
    if panicked("nil pointer dereference") && trap.program == ProgramKind::Command {
        return Some(format!(
            "if {export} starts a goroutine: in a command they run only while main does; \
             build it with -buildmode=c-shared, or with -scheduler=none if it can do without"
        ));
    }
    None
}

fn kind_in_words(kind: &TrapKind) -> &str {
    match kind {
        TrapKind::Unreachable => "unreachable executed, as after a panic",
        TrapKind::MemoryOutOfBounds => "out of bounds memory access",
        TrapKind::MemoryStackOverflow => {
            "out of bounds memory access: its stack in linear memory overflowed"
        }
        TrapKind::TableOutOfBounds => "out of bounds table access",
        TrapKind::NullCall => "call of a null function reference",
        TrapKind::TypeMismatch => "call of a function of another type",
        TrapKind::DivisionByZero => "integer divide by zero",
        TrapKind::IntegerOverflow => "integer overflow",
        TrapKind::BadConversion => "conversion of a float that does not fit an integer",
        TrapKind::StackOverflow => "call stack overflow",
        TrapKind::TooManyGrowths => "memory.grow or table.grow executed too often",
        TrapKind::Other(said) => said,
    }
}

/// The kind of a trap in a word, for programs to read.
pub(super) fn trap_id(kind: &TrapKind) -> &'static str {
    match kind {
        TrapKind::Unreachable => "unreachable",
        TrapKind::MemoryOutOfBounds | TrapKind::MemoryStackOverflow => "memory-out-of-bounds",
        TrapKind::TableOutOfBounds => "table-out-of-bounds",
        TrapKind::NullCall => "null-call",
        TrapKind::TypeMismatch => "type-mismatch",
        TrapKind::DivisionByZero => "division-by-zero",
        TrapKind::IntegerOverflow => "integer-overflow",
        TrapKind::BadConversion => "bad-conversion",
        TrapKind::StackOverflow => "stack-overflow",
        TrapKind::TooManyGrowths => "too-many-growths",
        TrapKind::Other(_) => "other",
    }
}
