//! Bounds the time and memory that debug information takes, in proportion to its size. A small file could take much of
//! both, since entries share paths, ranges and lines.

use std::cell::Cell;

/// The steps allowed for each byte, and for any module. A step takes about 10 ns; TinyGo's modules take one or two for
/// each byte.
const STEPS_PER_BYTE: usize = 8;
const BASE_STEPS: usize = 200_000;

/// The memory allowed for each byte, and for any module, in bytes. TinyGo's modules take three or four for each byte.
const BYTES_PER_BYTE: usize = 12;
const BASE_BYTES: usize = 1 << 20;

/// The steps and the memory that are left. Everything that would exceed them is skipped.
#[derive(Debug)]
pub(super) struct Budget {
    steps: Cell<usize>,
    bytes: Cell<usize>,
}

impl Budget {
    /// The budget for debug information of `size` bytes.
    pub(super) fn of(size: usize) -> Self {
        Self {
            steps: Cell::new(size.saturating_mul(STEPS_PER_BYTE) + BASE_STEPS),
            bytes: Cell::new(size.saturating_mul(BYTES_PER_BYTE) + BASE_BYTES),
        }
    }

    /// Takes steps; `None` if there are not enough.
    pub(super) fn steps(&self, count: usize) -> Option<()> {
        take(&self.steps, count)
    }

    /// Takes memory; `None` if there is not enough.
    pub(super) fn bytes(&self, count: usize) -> Option<()> {
        take(&self.bytes, count)
    }
}

fn take(from: &Cell<usize>, count: usize) -> Option<()> {
    let left = from.get().checked_sub(count);
    from.set(left.unwrap_or(0));
    left.map(drop)
}
