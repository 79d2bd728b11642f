//! What is printed when a thread other than the run's ends the process: for a deadline, a signal, an emergency or a
//! panic. Nothing here waits without a limit for standard error to be read.

use super::message::{StackKept, Terms, failure_in_words, in_words, write_unless_blocked};
use super::stats;
use super::{ExitStatus, Stats};
use crate::error::Error;
use crate::guest::Outcome;
use crate::stop::Emergency;
use crate::stop::emergency_exit::{FaultTexts, PreparedExit, PreparedExits};
use std::panic::PanicHookInfo;

/// Prints an outcome, the counts of its run and the errors of its end. Returns the exit status.
pub fn print_final_message(
    outcome: &Outcome,
    terms: &Terms,
    stats: Option<&Stats>,
    errors: &[Error],
) -> ExitStatus {
    let text = in_words(outcome, None, terms).unwrap_or_default();
    write_unless_blocked(text + &stats.map(stats::in_words).unwrap_or_default());
    errors.iter().for_each(print_final_error);
    match errors {
        [] => ExitStatus::of(outcome),
        _ => ExitStatus::RUNNER,
    }
}

/// Prints an error.
pub fn print_final_error(error: &Error) {
    write_unless_blocked(failure_in_words(error));
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
pub fn prepared_exits(terms: &Terms) -> PreparedExits {
    let terms = without_stack_hint(terms);
    let exit = |emergency: Emergency| {
        let outcome = Outcome::from(emergency);
        PreparedExit {
            text: in_words(&outcome, None, &terms).unwrap_or_default(),
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

/// The same terms, without the hint at `--backtrace`: after an emergency, no option shows where the guest was.
pub fn without_stack_hint(terms: &Terms) -> Terms {
    Terms {
        stack: StackKept::Yes,
        ..terms.clone()
    }
}
