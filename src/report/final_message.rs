//! What is printed when a thread other than the run's ends the process: for a deadline, a signal, an emergency or a
//! panic. Nothing here waits without a limit for standard error to be read.

use super::message::{BacktraceHint, RunContext, error_text, outcome_text};
use super::stats;
use super::{ExitStatus, Stats};
use crate::console;
use crate::error::Error;
use crate::guest::Outcome;
use crate::stop::Emergency;
use crate::stop::emergency_exit::{FaultTexts, PreparedExit, PreparedExits};
use std::panic::PanicHookInfo;

/// Prints an outcome, the counts of its run and the errors of its end. Returns the exit status.
pub fn print_final_message(
    outcome: &Outcome,
    context: &RunContext,
    stats: Option<&Stats>,
    errors: &[Error],
) -> ExitStatus {
    let text = outcome_text(outcome, None, context).unwrap_or_default();
    console::print_nonblocking(text + &stats.map(stats::text).unwrap_or_default());
    errors.iter().for_each(print_final_error);
    match errors {
        [] => ExitStatus::of(outcome),
        _ => ExitStatus::RUNNER,
    }
}

/// Prints an error.
pub fn print_final_error(error: &Error) {
    console::print_nonblocking(error_text(error));
}

/// A panic of the runner as an error.
pub fn panic_error(panic: &PanicHookInfo<'_>) -> Error {
    let location = panic.location().map(|at| format!(" at {at}"));
    let location = location.unwrap_or_default();
    let payload = panic.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("there is no message");
    let message = message.lines().next().unwrap_or_default();
    Error::runner(format!("tinyrun itself failed{location}: {message}"))
}

/// How the process ends when a thread can only print a text that was prepared.
pub fn prepared_exits(context: &RunContext) -> PreparedExits {
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
        faults: FAULT_TEXTS,
    }
}

const FAULT_TEXTS: FaultTexts = FaultTexts {
    invalid_access: "error: tinyrun itself failed: invalid memory access; this is a bug in tinyrun\n",
    illegal_instruction: "error: tinyrun itself failed: illegal instruction; this is a bug in tinyrun\n",
    arithmetic_fault: "error: tinyrun itself failed: arithmetic fault; this is a bug in tinyrun\n",
};

/// The same context for an emergency, after which no option would show where the guest was.
pub fn without_backtrace_hint(context: &RunContext) -> RunContext {
    RunContext {
        backtrace_hint: BacktraceHint::Omit,
        ..context.clone()
    }
}
