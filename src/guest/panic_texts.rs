//! Determines whether a program's runtime prints its panics, from the texts for that in its memory. With `-panic=trap`
//! TinyGo's prints nothing, and a line `panic: ...` is the program's own.

/// A text in every program of TinyGo that prints its panics, and one in every program of official Go:
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/panic.go>,
/// <https://github.com/golang/go/blob/go1.24.0/src/runtime/panic.go>.
const TEXTS: [&[u8]; 2] = [b"panic: runtime error", b" [recovered"];

/// Constant data lies at the bottom of memory, above the program's own stack.
const MAX_SEARCHED_BYTES: usize = 16 << 20;

/// Returns true if `memory` has a text that is only used to print panics.
pub(super) fn are_in(memory: &[u8]) -> bool {
    let searched = &memory[..memory.len().min(MAX_SEARCHED_BYTES)];
    let contains = |text: &[u8]| searched.windows(text.len()).any(|bytes| bytes == text);
    TEXTS.into_iter().any(contains)
}
