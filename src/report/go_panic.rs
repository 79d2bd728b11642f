//! Determines the cause of a Go panic from the line that TinyGo's runtime printed. With `-panic=trap` nothing is
//! printed, and the cause is determined from the runtime function in which the guest stopped.

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

/// The cause of the panic that led to a trap; `None` if there was no panic, or its cause is unknown.
pub(super) fn cause(trap: &Trap, backtrace: Option<&Backtrace>) -> Option<String> {
    if trap.kind != TrapKind::Unreachable {
        return None;
    }
    let printed = trap.panic.as_deref().map(cause_of_line);
    printed.or_else(|| Some(cause_by_stack(backtrace?)?.to_owned()))
}

/// The cause in the line that the runtime printed, without the line's prefixes.
fn cause_of_line(line: &str) -> String {
    let line = line.strip_prefix("panic: ").unwrap_or(line);
    let line = match line.strip_prefix("runtime error at 0x") {
        // Some releases of TinyGo print the address of the code.
        Some(rest) => match rest.split_once(": ") {
            Some((_, cause)) => format!("runtime error: {cause}"),
            None => line.to_owned(),
        },
        None => line.to_owned(),
    };
    match line.strip_prefix("runtime error: deadlocked") {
        Some(_) => DEADLOCK.to_owned(),
        None => line,
    }
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
    use super::cause_of_line;

    #[test]
    fn cause_is_read_from_the_printed_line() {
        for (line, cause) in [
            ("panic: on purpose", "on purpose"),
            (
                "panic: runtime error: nil pointer dereference",
                "runtime error: nil pointer dereference",
            ),
            (
                "panic: runtime error at 0x00002ef3: index out of range",
                "runtime error: index out of range",
            ),
            (
                "panic: runtime error: deadlocked: no event source",
                "all goroutines are asleep - deadlock!",
            ),
            ("panic: runtime error at 0x12", "runtime error at 0x12"),
            ("panic: ", ""),
        ] {
            assert_eq!(cause_of_line(line), cause);
        }
    }
}
