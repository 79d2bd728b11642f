//! Limits the time and memory for reading debug information in proportion to its size. Without a limit, a small crafted
//! file could need much of both, since entries can share paths, ranges and lines.

use std::cell::Cell;

/// The number of steps allowed for each byte, and for any module. A step takes about 10 ns. TinyGo's modules need one
/// or two steps for each byte.
const STEPS_PER_BYTE: usize = 8;
const BASE_STEPS: usize = 200_000;

/// The memory allowed for each byte, and for any module, in bytes. TinyGo's modules need three or four bytes for each
/// byte.
const BYTES_PER_BYTE: usize = 12;
const BASE_BYTES: usize = 1 << 20;

/// The number of steps and the memory that are left. Parts that would exceed them are skipped.
#[derive(Debug)]
pub(super) struct Budget {
    steps: Cell<usize>,
    bytes: Cell<usize>,
}

impl Budget {
    /// Creates the budget for `size` bytes of debug information.
    pub(super) fn for_size(size: usize) -> Self {
        Self {
            steps: Cell::new(size.saturating_mul(STEPS_PER_BYTE) + BASE_STEPS),
            bytes: Cell::new(size.saturating_mul(BYTES_PER_BYTE) + BASE_BYTES),
        }
    }

    /// Takes steps; `None` if there are not enough.
    pub(super) fn take_steps(&self, count: usize) -> Option<()> {
        take(&self.steps, count)
    }

    /// Takes memory; `None` if there is not enough.
    pub(super) fn take_bytes(&self, count: usize) -> Option<()> {
        take(&self.bytes, count)
    }
}

fn take(from: &Cell<usize>, count: usize) -> Option<()> {
    let left = from.get().checked_sub(count);
    from.set(left.unwrap_or(0));
    left.map(drop)
}
