//! Prints the last message when the process is ended by the deadline, a signal, an emergency or a panic. Printing never
//! blocks indefinitely.

use super::message::{BacktraceHint, RunContext, error_text, hint_text, outcome_text};
use super::stats;
use super::{ExitStatus, Stats};
use crate::console;
use crate::error::Error;
use crate::guest::Outcome;
use crate::insight::Backtrace;
use crate::stop::emergency_exit::{FaultTexts, PreparedExit, PreparedExits};
use crate::stop::{Emergency, Signal};
use std::panic::PanicHookInfo;

/// Prints an outcome with its call stack, the statistics, and errors that occurred afterwards. Returns the exit status.
pub fn print_final_message(
    outcome: &Outcome,
    stack: Option<&Backtrace>,
    context: &RunContext,
    stats: Option<&Stats>,
    errors: &[Error],
) -> ExitStatus {
    let mut text = outcome_text(outcome, stack, context).unwrap_or_default();
    if stack.is_some_and(|stack| stack.may_lack_callers) {
        text += &hint_text(
            "callers from before the program last waited are missing; with --timeout, --backtrace shows them",
        );
    }
    console::print_nonblocking(text + &stats.map(stats::text).unwrap_or_default());
    errors.iter().for_each(print_final_error);
    match errors {
        [] => ExitStatus::of(outcome),
        _ => ExitStatus::RUNNER,
    }
}

/// Prints an error, without blocking indefinitely.
pub fn print_final_error(error: &Error) {
    console::print_nonblocking(error_text(error));
}

/// Converts a panic of the runner to an error.
pub fn panic_error(panic: &PanicHookInfo<'_>) -> Error {
    let location = panic.location().map(|at| format!(" at {at}"));
    let location = location.unwrap_or_default();
    let payload = panic.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let message = message.lines().next().unwrap_or_default();
    Error::runner(format!("tinyrun itself failed{location}: {message}"))
}

/// Prepares the messages and statuses for emergencies, in which a thread can only print a prepared text.
pub fn prepared_exits(context: &RunContext) -> PreparedExits {
    let quit = outcome_text(&Outcome::Interrupted(Signal::Quit), None, context);
    let context = without_backtrace_hint(context);
    let exit = |emergency: Emergency| {
        let outcome = Outcome::from(emergency);
        PreparedExit {
            text: outcome_text(&outcome, None, &context).unwrap_or_default(),
            status: ExitStatus::of(&outcome).code(),
        }
    };
    PreparedExits {
        stack_used_up: exit(Emergency::StackUsedUp),
        out_of_memory: exit(Emergency::OutOfMemory),
        quit: quit.unwrap_or_default(),
        faults: FAULT_TEXTS,
    }
}

const FAULT_TEXTS: FaultTexts = FaultTexts {
    invalid_access: "error: tinyrun itself failed: invalid memory access; this is a bug in tinyrun\n",
    illegal_instruction: "error: tinyrun itself failed: illegal instruction; this is a bug in tinyrun\n",
    arithmetic_fault: "error: tinyrun itself failed: arithmetic fault; this is a bug in tinyrun\n",
};

/// Returns the context without the hint at `--backtrace`, which cannot help after an emergency.
pub fn without_backtrace_hint(context: &RunContext) -> RunContext {
    RunContext {
        backtrace_hint: BacktraceHint::Omit,
        ..context.clone()
    }
}
