//! Where a function holds its slot on the shadow stack. Many functions return early or only trap, so the slot is
//! acquired as late as possible: in the innermost block around all calls and loops. It is freed at the end of that
//! block.

use super::control_flow::{ControlFlow, FlowKind, FlowPoint};

/// The range of a function's code that holds a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotRange {
    /// The offset at which the slot is acquired.
    pub(super) enter: usize,
    /// The offset of the block's end, where the slot is freed.
    pub(super) leave: usize,
    /// The depth of the block, where 0 is the function itself.
    pub(super) depth: u32,
    /// True if a block is put around the function's code. Conditional branches to the end of the function then go to
    /// the end of that block, before the code that frees the slot.
    pub(super) is_wrapped: bool,
}

/// A block whose end has not been read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenBlock {
    /// The offset of the operator that starts it.
    pub(super) start: usize,
    pub(super) is_loop: bool,
}

/// The blocks around the first call or loop, and the number of them that are around all others.
#[derive(Debug)]
pub(super) struct CommonBlocks {
    /// The offset of the first call or loop.
    first: usize,
    /// The start and end offsets of each block, the outermost first.
    blocks: Vec<(usize, usize)>,
    /// The number of blocks around all calls and loops so far.
    common: usize,
    /// The number of blocks that are still open.
    open: usize,
}

/// The maximum size, in bytes, of a function that accesses memory but gets no slot, because it has no calls or loops. A
/// larger function has some forty operators, so a slot costs little in comparison.
const MAX_SLOTLESS_BYTES: usize = 100;

/// The maximum number of blocks to try before the slot is held in the whole function.
const MAX_TRIED_BLOCKS: usize = 8;

impl SlotRange {
    /// Chooses the range of a function, if it needs a slot.
    pub(super) fn choose(flow: &ControlFlow) -> Option<Self> {
        let Some(common) = &flow.common_blocks else {
            let is_large = flow.accesses_memory && flow.end - flow.start > MAX_SLOTLESS_BYTES;
            return is_large.then(|| Self::whole_function(flow, flow.start));
        };
        let mut blocks = (1..=common.common).rev().take(MAX_TRIED_BLOCKS);
        let block = blocks.find_map(|depth| {
            let range = common.range(depth)?;
            range.has_no_conditional_exit(flow).then_some(range)
        });
        Some(block.unwrap_or_else(|| Self::whole_function(flow, common.enter(0))))
    }

    /// The range from `enter` to the end of the function, or the whole function in a block if a conditional branch leaves
    /// that range.
    fn whole_function(flow: &ControlFlow, enter: usize) -> Self {
        let range = Self {
            enter,
            leave: flow.end,
            depth: 0,
            is_wrapped: false,
        };
        if range.has_no_conditional_exit(flow) {
            return range;
        }
        Self {
            enter: flow.start,
            is_wrapped: true,
            ..range
        }
    }

    /// Returns true if no conditional branch leaves the range.
    fn has_no_conditional_exit(&self, flow: &ControlFlow) -> bool {
        let first = flow
            .points
            .partition_point(|point| point.offset < self.enter);
        let leaves =
            |point: &FlowPoint| matches!(point.kind, FlowKind::BranchIf(to) if to <= self.depth);
        let mut inside = flow.points[first..]
            .iter()
            .take_while(|point| point.offset < self.leave);
        !inside.any(leaves)
    }
}

impl CommonBlocks {
    /// Creates the blocks around the first call or loop, which is at the offset `first`.
    pub(super) fn new(first: usize, open: &[OpenBlock]) -> Self {
        let blocks: Vec<_> = open.iter().map(|block| (block.start, first)).collect();
        Self {
            first,
            common: blocks.len(),
            open: blocks.len(),
            blocks,
        }
    }

    /// Drops the closed blocks, which are not around the call or loop that follows.
    pub(super) fn drop_closed(&mut self) {
        self.common = self.common.min(self.open);
    }

    /// Closes all but the outermost `open` blocks.
    pub(super) fn close(&mut self, open: usize, offset: usize) {
        if open < self.open {
            for (_, end) in &mut self.blocks[open..self.open] {
                *end = offset;
            }
            self.open = open;
        }
    }

    fn range(&self, depth: usize) -> Option<SlotRange> {
        let (_, end) = *self.blocks.get(depth.checked_sub(1)?)?;
        Some(SlotRange {
            enter: self.enter(depth),
            leave: end,
            depth: depth as u32,
            is_wrapped: false,
        })
    }

    /// The offset at which a range at a depth acquires the slot: before the next inner block around the first call or
    /// loop, or before the first call or loop itself.
    fn enter(&self, depth: usize) -> usize {
        self.blocks
            .get(depth)
            .map_or(self.first, |(start, _)| *start)
    }
}
