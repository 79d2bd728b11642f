//! What a panic of Go's was about: by the line that TinyGo's runtime printed, or by the runtime's function
//! in which the guest stopped, where it prints nothing (`-panic=trap`).

use crate::guest::{Trap, TrapKind};
use crate::insight::{Backtrace, Origin};

/// The runtime's functions that panic, and what about, in Go's words.
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

const DEADLOCK: &str = "all goroutines are asleep - deadlock!";

/// What a trap's panic was about, where it is one and that can be told.
pub(super) fn cause(trap: &Trap, backtrace: Option<&Backtrace>) -> Option<String> {
    if trap.kind != TrapKind::Unreachable {
        return None;
    }
    let printed = trap.panic.as_deref().map(printed);
    printed.or_else(|| Some(by_stack(backtrace?)?.to_owned()))
}

/// What the runtime printed, without what begins each of its lines.
fn printed(line: &str) -> String {
    let line = line.strip_prefix("panic: ").unwrap_or(line);
    let line = match line.strip_prefix("runtime error at 0x") {
        // Of some releases, the address of the code.
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

/// The runtime's function next to the program's own.
fn by_stack(backtrace: &Backtrace) -> Option<&'static str> {
    let frames = backtrace.frames.iter();
    let mut innermost = frames.take_while(|frame| frame.origin != Origin::Program);
    innermost.find_map(|frame| {
        let known = PANICS.iter().find(|(name, _)| **name == *frame.function);
        known.map(|(_, cause)| *cause)
    })
}

#[cfg(test)]
mod tests {
    use super::printed;

    #[test]
    fn a_panics_line_tells_its_cause() {
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
            assert_eq!(printed(line), cause);
        }
    }
}
