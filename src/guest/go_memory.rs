//! What the memory of a Go program shows about its runtime and its last trap, without instrumentation.

/// A text in every program of TinyGo that prints its panics, and one in every program of official Go:
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/panic.go>,
/// <https://github.com/golang/go/blob/go1.24.0/src/runtime/panic.go>.
const TINYGO_TEXT: &[u8] = b"panic: runtime error";
const GO_TEXT: &[u8] = b" [recovered";

/// Constant data lies at the bottom of memory, above the program's own stack.
const MAX_SEARCHED_BYTES: usize = 16 << 20;

/// The end of a used-up stack in which some byte has been written. Without `--stack-first`, data starts after it.
const STACK_END_BYTES: usize = 1024;

/// Returns true if the program's runtime prints its panics. With `-panic=trap` TinyGo's prints nothing, and a line
/// `panic: ...` is the program's own.
pub(super) fn prints_panics(memory: &[u8]) -> bool {
    contains(memory, TINYGO_TEXT) || contains(memory, GO_TEXT)
}

/// Returns true if the texts show that the program is built by TinyGo. A goroutine that uses up its stack overwrites them.
pub(super) fn has_tinygo_text(memory: &[u8]) -> bool {
    contains(memory, TINYGO_TEXT)
}

/// Returns true if a program of TinyGo has used up its own stack, so that the next access was below address 0. TinyGo
/// puts the stack at the bottom of memory, where nothing else is:
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/targets/wasip1.json>.
pub(super) fn is_stack_used_up(memory: &[u8]) -> bool {
    let end = &memory[..memory.len().min(STACK_END_BYTES)];
    end.iter().any(|byte| *byte != 0)
}

fn contains(memory: &[u8], text: &[u8]) -> bool {
    let searched = &memory[..memory.len().min(MAX_SEARCHED_BYTES)];
    searched.windows(text.len()).any(|bytes| bytes == text)
}
