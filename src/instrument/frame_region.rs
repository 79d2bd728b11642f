//! The part of a function that has a slot on the shadow stack. Many functions return early or only trap, so the
//! slot is taken as late as possible: in the innermost block around all calls and loops. It is freed at the end
//! of that block.

use super::control_flow::{ControlFlow, FlowKind, FlowPoint};

/// The part of a function that has a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameRegion {
    /// The offset at which the slot is taken.
    pub(super) enter: usize,
    /// The offset of the block's end, where it is freed.
    pub(super) leave: usize,
    /// The depth of the block, where 0 is the function itself.
    pub(super) depth: u32,
    pub(super) wrapper: Wrapper,
}

/// Whether a block is put around the function's code. Conditional branches to the end of the function then go to
/// the end of that block, which the code that frees the slot follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapper {
    None,
    Block,
}

/// A block that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenBlock {
    /// The offset of its operator.
    pub(super) start: usize,
    pub(super) is_loop: bool,
}

/// The blocks around the first call or loop, and how many of them are around all others.
#[derive(Debug)]
pub(super) struct CommonBlocks {
    /// The offset of the first call or loop.
    first: usize,
    /// The offsets at which each block starts and ends, the outermost first.
    blocks: Vec<(usize, usize)>,
    /// The number of blocks around all calls and loops so far.
    common: usize,
    /// The number of blocks that were not closed yet.
    open: usize,
}

/// The size from which a function without calls and loops has a slot if it accesses memory, in bytes. That is
/// some forty operators, so the slot costs little.
const MIN_LEAF_BYTES: usize = 100;

/// The number of blocks that are tried before the whole function gets the slot.
const MAX_TRIES: usize = 8;

impl FrameRegion {
    /// Chooses the region of a function, if it needs a slot.
    pub(super) fn choose(flow: &ControlFlow) -> Option<Self> {
        let Some(common) = &flow.common_blocks else {
            let is_large = flow.accesses_memory && flow.end - flow.start > MIN_LEAF_BYTES;
            return is_large.then(|| Self::whole_function(flow, flow.start));
        };
        let mut blocks = (1..=common.common).rev().take(MAX_TRIES);
        let block = blocks.find_map(|depth| {
            let region = common.region(depth)?;
            region.has_clean_exits(flow).then_some(region)
        });
        Some(block.unwrap_or_else(|| Self::whole_function(flow, common.enter(0))))
    }

    /// The whole function from `enter` on, wrapped if it has to be.
    fn whole_function(flow: &ControlFlow, enter: usize) -> Self {
        let region = Self {
            enter,
            leave: flow.end,
            depth: 0,
            wrapper: Wrapper::None,
        };
        match region.has_clean_exits(flow) {
            true => region,
            false => Self {
                enter: flow.start,
                wrapper: Wrapper::Block,
                ..region
            },
        }
    }

    /// Returns true if no conditional branch leaves the region.
    fn has_clean_exits(&self, flow: &ControlFlow) -> bool {
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
    /// The blocks around the first call or loop, which is at an offset.
    pub(super) fn new(first: usize, open: &[OpenBlock]) -> Self {
        let blocks: Vec<_> = open.iter().map(|block| (block.start, first)).collect();
        Self {
            first,
            common: blocks.len(),
            open: blocks.len(),
            blocks,
        }
    }

    /// Leaves out the closed blocks, since another call or loop follows.
    pub(super) fn narrow(&mut self) {
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

    fn region(&self, depth: usize) -> Option<FrameRegion> {
        let (_, end) = *self.blocks.get(depth.checked_sub(1)?)?;
        Some(FrameRegion {
            enter: self.enter(depth),
            leave: end,
            depth: depth as u32,
            wrapper: Wrapper::None,
        })
    }

    /// Where a region at a depth takes the slot: before the next block around the first call or loop, or before
    /// that itself.
    fn enter(&self, depth: usize) -> usize {
        self.blocks
            .get(depth)
            .map_or(self.first, |(start, _)| *start)
    }
}
