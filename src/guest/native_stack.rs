//! The runner's own stack under the guest. wasmi passes from one instruction to the next by a jump, but
//! not behind `memory.grow` and `table.grow`: each that is executed, granted or not, keeps some 176
//! bytes of native stack until the call into the guest returns. So the stack is made large enough for
//! every growth that a program can have use for, and more of them than it holds end in a trap instead
//! of a crash. It is taken from the machine only as it is used.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How much of a stack is asked for: enough for a memory that grows to 4 GiB a page at a time.
const WANTED: u64 = 64 << 20;

/// What everything but growths needs.
const RESERVE: u64 = 512 << 10;

/// What one growth is reckoned at; more than it takes.
const PER_GROWTH: u64 = 256;

/// Makes the main thread's stack larger, where the machine allows it, and answers how many growths it
/// is good for.
pub(super) fn growths() -> u64 {
    let limit = getrlimit(Resource::Stack);
    // Linux lets the main thread's stack grow up to the limit as it is when it grows.
    if cfg!(target_os = "linux") && limit.current.is_some_and(|current| current < WANTED) {
        let raised = limit.maximum.unwrap_or(WANTED).min(WANTED);
        // What is refused leaves the limit as it was, which is looked at next.
        let _ = setrlimit(
            Resource::Stack,
            Rlimit {
                current: Some(raised),
                ..limit
            },
        );
    }
    let stack = getrlimit(Resource::Stack)
        .current
        .unwrap_or(WANTED)
        .min(WANTED);
    // Every program grows its memory a few times; a stack too small even for that was asked for.
    (stack.saturating_sub(RESERVE) / PER_GROWTH).max(64)
}
