//! Determines the cause of a Go panic from what the runtime printed last. With `-panic=trap` TinyGo's prints nothing,
//! and the cause is determined from the runtime function in which the guest stopped.

use super::printed_panic;
use crate::guest::{Trap, TrapKind};
use crate::insight::{Backtrace, Origin};

/// The functions of TinyGo's runtime that panic, and the messages of Go's runtime for them.
const PANICS: [(&str, &str); 12] = [
    ("runtime.nilPanic", "nil pointer dereference"),
    ("runtime.nilMapPanic", "assignment to entry in nil map"),
    ("runtime.lookupPanic", "index out of range"),
    ("runtime.slicePanic", "slice bounds out of range"),
    (
        "runtime.sliceToArrayPointerPanic",
        "cannot convert slice to array: it is shorter",
    ),
    ("runtime.unsafeSlicePanic", "unsafe.Slice: len out of range"),
    ("runtime.chanMakePanic", "makechan: size out of range"),
    ("runtime.negativeShiftPanic", "negative shift amount"),
    ("runtime.divideByZeroPanic", "integer divide by zero"),
    ("runtime.waitForEvents", DEADLOCK),
    ("runtime.deadlock", DEADLOCK),
    ("runtime.alloc", "out of memory"),
];

pub(super) const DEADLOCK: &str = "all goroutines are asleep - deadlock!";

/// The causes from which programs cannot recover in Go either.
const FATAL_CAUSES: [&str; 2] = [DEADLOCK, "out of memory"];

/// What official Go prints for a deadlock.
const GO_DEADLOCK: &str = "fatal error: all goroutines are asleep - deadlock!";

/// The cause of the panic that led to a trap; `None` if there was no panic, or its cause is unknown.
pub(super) fn cause(trap: &Trap, backtrace: Option<&Backtrace>) -> Option<String> {
    if trap.kind != TrapKind::Unreachable {
        return None;
    }
    let output = trap.output.as_deref();
    let printed = output.and_then(printed_panic::message);
    let cause = printed.as_deref().map(cause_of_message);
    cause.or_else(|| Some(cause_by_stack(backtrace?)?.to_owned()))
}

/// The hint that deferred functions did not run after a panic from which Go's `recover` could have recovered.
pub(super) fn missing_recover_hint(trap: &Trap) -> Option<String> {
    let release = trap.program.tinygo_release.as_ref();
    let release = release.filter(|release| release.lacks_recover())?;
    let message = printed_panic::message(trap.output.as_deref()?)?;
    let is_fatal = |cause: &str| FATAL_CAUSES.iter().any(|fatal| cause.ends_with(fatal));
    (!is_fatal(&cause_of_message(&message))).then(|| {
        format!(
            "{release} does not run deferred functions after a panic on WebAssembly, so recover does nothing"
        )
    })
}

/// The cause in a message, without what depends on the runtime's release.
fn cause_of_message(message: &str) -> String {
    // Some releases of TinyGo print the address of the code.
    let address = message.strip_prefix("runtime error at 0x");
    let without_address = address.and_then(|rest| Some(rest.split_once(": ")?.1));
    let message = match without_address {
        Some(cause) => format!("runtime error: {cause}"),
        None => message.to_owned(),
    };
    if message.starts_with("runtime error: deadlocked") || message == GO_DEADLOCK {
        return DEADLOCK.to_owned();
    }
    message
}

/// The cause according to the runtime function that the program called.
fn cause_by_stack(backtrace: &Backtrace) -> Option<&'static str> {
    let frames = backtrace.frames.iter();
    let mut innermost = frames.take_while(|frame| frame.origin != Origin::Program);
    innermost.find_map(|frame| {
        let panic = PANICS.iter().find(|(name, _)| **name == *frame.function);
        panic.map(|(_, cause)| *cause)
    })
}

#[cfg(test)]
mod tests {
    use super::cause_of_message;

    #[test]
    fn cause_does_not_depend_on_the_release() {
        for (message, cause) in [
            ("on purpose", "on purpose"),
            (
                "runtime error: nil pointer dereference",
                "runtime error: nil pointer dereference",
            ),
            (
                "runtime error at 0x00002ef3: index out of range",
                "runtime error: index out of range",
            ),
            ("runtime error at 0x12", "runtime error at 0x12"),
            (
                "runtime error: deadlocked: no event source",
                "all goroutines are asleep - deadlock!",
            ),
            (
                "fatal error: all goroutines are asleep - deadlock!",
                "all goroutines are asleep - deadlock!",
            ),
            ("fatal error: stack overflow", "fatal error: stack overflow"),
        ] {
            assert_eq!(cause_of_message(message), cause);
        }
    }
}
