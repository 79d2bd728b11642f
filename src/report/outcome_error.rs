//! Converts an outcome to an error with a hint. A trap is described as a Go panic if it is known to be one.

use super::go_panic;
use super::message::{BacktraceHint, RunContext};
use crate::error::Error;
use crate::go_literals::name;
use crate::guest::{Outcome, ProgramKind, Trap, TrapKind, TrapSite};
use crate::host::Refusal;
use crate::insight::{Backtrace, Frame, Origin};
use crate::stop::Signal;

/// The error of an outcome; `None` for exits and broken pipes, which are not errors, and for signals unless a call stack
/// is expected.
pub(super) fn outcome_error(
    outcome: &Outcome,
    backtrace: Option<&Backtrace>,
    context: &RunContext,
) -> Option<Error> {
    let module = &context.module;
    match outcome {
        Outcome::Returned | Outcome::BrokenPipe | Outcome::Exited(_) => None,
        Outcome::Interrupted(signal) => {
            let expects_stack =
                *signal == Signal::Quit || context.backtrace_hint == BacktraceHint::Omit;
            let message = format!("{module} was stopped by {}", signal.name());
            expects_stack.then(|| Error::module(message))
        }
        Outcome::ExitedBeforeCall {
            code,
            starter,
            call,
        } => Some(exited_before_call(module, *code, starter, call)),
        Outcome::Trapped(trap) => Some(trap_error(trap, backtrace, context)),
        Outcome::OutOfFuel => {
            let fuel = context.fuel.unwrap_or_default();
            let message = format!("{module} ran out of fuel: --fuel is {fuel}");
            Some(Error::module(message))
        }
        Outcome::TimedOut => {
            let limit = humantime::format_duration(context.timeout.unwrap_or_default());
            let message = format!("{module} ran out of time: --timeout is {limit}");
            Some(Error::module(message))
        }
        Outcome::Failed(error) => Some(error.clone()),
    }
}

/// The error of a program that exited while its runtime was started.
fn exited_before_call(module: &str, code: u32, starter: &str, call: &str) -> Error {
    let place = match starter {
        "_start" => "main",
        other => other,
    };
    // The argument of Go's os.Exit is signed.
    let code = code as i32;
    let message = format!("{module} exited with {code} in {place}, so {call} was not called");
    Error::module(message).hint(format!(
        "--init none calls it without running {place} first"
    ))
}

fn trap_error(trap: &Trap, backtrace: Option<&Backtrace>, context: &RunContext) -> Error {
    let module = trap.module.as_ref().unwrap_or(&context.module);
    let site = match &trap.site {
        TrapSite::Main => String::new(),
        TrapSite::Instantiation => " during instantiation".to_owned(),
        TrapSite::Export(name) => format!(" in {}", name::quote(name)),
        TrapSite::FreeOfResult { .. } => " when the result was freed".to_owned(),
    };
    let cause = go_panic::cause(trap, backtrace);
    let mut lines = cause.iter().flat_map(|cause| cause.split('\n'));
    let mut error = Error::module(match lines.next() {
        Some(line) => format!("{module} panicked{site}: {line}"),
        None => format!("{module} trapped{site}: {}", kind_text(&trap.kind)),
    });
    error.details.extend(lines.map(str::to_owned));
    error.details.extend(trap.refused.map(refusal_text));
    error.hint = hint(trap, cause.as_deref(), backtrace, context)
        .or_else(|| go_panic::missing_recover_hint(trap));
    error
}

fn refusal_text(refusal: Refusal) -> String {
    match refusal {
        Refusal::Limit { asked, allowed } => {
            format!("the program asked for {asked}; --max-memory allows {allowed}")
        }
        Refusal::Machine { asked } => {
            format!("the program asked for {asked}, which this machine does not have")
        }
    }
}

/// A hint at the most likely cause of a trap and what to do about it.
fn hint(
    trap: &Trap,
    cause: Option<&str>,
    backtrace: Option<&Backtrace>,
    context: &RunContext,
) -> Option<String> {
    if trap.kind == TrapKind::StackOverflow {
        let limit = context.max_stack;
        return Some(format!(
            "--max-stack is {limit}; a deep recursion may need more"
        ));
    }
    let panicked = |message: &str| cause.is_some_and(|cause| cause.contains(message));
    if trap.kind == TrapKind::MemoryStackOverflow || panicked("runtime error: stack overflow") {
        let hint = "build it with a larger -stack-size; TinyGo's default is 64KB";
        return Some(hint.to_owned());
    }
    match &trap.site {
        TrapSite::Export(export) => export_hint(&name::quote(export), trap, cause?, backtrace),
        TrapSite::FreeOfResult { correction } => Some(format!(
            "the program keeps this result, so it must not be freed: write {correction}"
        )),
        TrapSite::Main | TrapSite::Instantiation => None,
    }
}

/// A hint at what an export that panicked cannot do.
fn export_hint(
    export: &str,
    trap: &Trap,
    cause: &str,
    backtrace: Option<&Backtrace>,
) -> Option<String> {
    let panicked = |message: &str| cause.contains(message);
    if panicked("called before runtime initialization") {
        return Some("the program's runtime was not started: remove --init".to_owned());
    }
    if panicked("called after main.main returned") {
        return Some(
            "a command's runtime ends with main: build it as a reactor, with -buildmode=c-shared"
                .to_owned(),
        );
    }
    // Without a goroutine, TinyGo's runtime fails in either way when a function waits.
    let may_wait = panicked("nil pointer dereference")
        && trap.program.kind == ProgramKind::Reactor
        && backtrace.is_some_and(|backtrace| !backtrace.is_goroutine && is_waiting(backtrace));
    if may_wait || panicked("blocking operation in exported function") {
        return Some(format!(
            "if {export} sleeps, locks or uses channels: a function with //export cannot wait; use //go:wasmexport"
        ));
    }
    if panicked("nil pointer dereference") && trap.program.kind == ProgramKind::Command {
        return Some(format!(
            "if {export} starts a goroutine: in a command, goroutines run only while main runs; \
             build it with -buildmode=c-shared, or with -scheduler=none if it needs no goroutines"
        ));
    }
    None
}

/// The start of the names of functions that wait: those of TinyGo's runtime, and those that it may be inlined into.
const WAITING_FUNCTIONS: [&str; 5] = [
    "internal/task.",
    "runtime.chan",
    "runtime.(*channel)",
    "sync.",
    "time.Sleep",
];

/// Returns true if the program called a function that waits.
fn is_waiting(backtrace: &Backtrace) -> bool {
    let frames = &backtrace.frames;
    let is_of_program = |frame: &Frame| frame.origin == Origin::Program;
    let caller = frames.iter().position(is_of_program);
    let waits = |frame: &Frame| {
        let mut names = WAITING_FUNCTIONS.iter();
        names.any(|name| frame.function.starts_with(name))
    };
    let count = caller.map_or(frames.len(), |caller| caller + 1);
    frames.iter().take(count).any(waits)
}

fn kind_text(kind: &TrapKind) -> &str {
    match kind {
        TrapKind::Unreachable => "unreachable executed, as after a panic",
        TrapKind::MemoryOutOfBounds => "out of bounds memory access",
        TrapKind::MemoryStackOverflow => {
            "out of bounds memory access: the program's stack in linear memory overflowed"
        }
        TrapKind::TableOutOfBounds => "out of bounds table access",
        TrapKind::NullCall => "call of a null function reference",
        TrapKind::TypeMismatch => "indirect call of a function of another type",
        TrapKind::DivisionByZero => "integer divide by zero",
        TrapKind::IntegerOverflow => "integer overflow",
        TrapKind::BadConversion => "conversion to integer of a float that does not fit",
        TrapKind::StackOverflow => "call stack overflow",
        TrapKind::TooManyGrowths => "memory.grow or table.grow executed too often",
        TrapKind::Import(message) | TrapKind::Other(message) => message,
    }
}

/// The name of a trap kind in the report.
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
        TrapKind::Import(_) | TrapKind::Other(_) => "other",
    }
}
