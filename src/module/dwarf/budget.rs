//! What reading debug information may cost. Entries share paths, ranges and lines, so that a small file can
//! describe much; what is read and kept is therefore bounded as a whole, in proportion to the sections.

use std::cell::Cell;

/// How many steps are allowed for each byte, and on top. A step takes about 10 ns. TinyGo's modules take
/// one or two for each byte.
const STEPS_PER_BYTE: usize = 8;
const MORE_STEPS: usize = 200_000;

/// How many bytes may be kept for each byte, and on top. TinyGo's modules take three or four.
const BYTES_PER_BYTE: usize = 12;
const MORE_BYTES: usize = 1 << 20;

/// What may still be spent. Once one is used up, everything that asks for more of it is left out.
#[derive(Debug)]
pub(super) struct Budget {
    steps: Cell<usize>,
    bytes: Cell<usize>,
}

impl Budget {
    /// For debug information of this many bytes.
    pub(super) fn of(size: usize) -> Self {
        Self {
            steps: Cell::new(size.saturating_mul(STEPS_PER_BYTE) + MORE_STEPS),
            bytes: Cell::new(size.saturating_mul(BYTES_PER_BYTE) + MORE_BYTES),
        }
    }

    /// Takes steps; `None` where there are not that many left.
    pub(super) fn steps(&self, count: usize) -> Option<()> {
        take(&self.steps, count)
    }

    /// Takes memory; `None` where there is not that much left.
    pub(super) fn bytes(&self, count: usize) -> Option<()> {
        take(&self.bytes, count)
    }
}

fn take(from: &Cell<usize>, count: usize) -> Option<()> {
    let left = from.get().checked_sub(count);
    from.set(left.unwrap_or(0));
    left.map(drop)
}
