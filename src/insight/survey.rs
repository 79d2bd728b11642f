//! Where a function needs its slot on the shadow stack. Many a function returns early and often, or only
//! fails; so the slot is taken in the innermost block that holds every call and loop, as late as can be,
//! and given back at that block's end.

use super::operator::{Operator, Unfit, next, skip_plain};
use crate::module::bytes::Reader;

/// A place in a function where something is to be done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Where its operator begins, from the beginning of the body.
    pub(super) at: usize,
    pub(super) act: Act,
}

/// What is done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// A call that is expected to return, of this function or of one that a table names.
    Call(Option<u32>),
    /// A call with `unreachable` behind it.
    LastCall(Option<u32>),
    Unreachable,
    Loop,
    /// A return, or a call in place of one.
    Return,
    /// A branch to the block at this depth, of which 0 is the function itself.
    Branch(u32),
    /// The same, which may not be taken.
    MayBranch(u32),
    /// Nothing after all.
    Nothing,
}

/// Where a function has its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// Where it is taken.
    pub(super) enter: usize,
    /// Where it is given back, if the end of the block is reached.
    pub(super) leave: usize,
    /// How deep the block lies, of which 0 is the function itself.
    pub(super) depth: u32,
    pub(super) wrapped: Wrapped,
}

/// Whether a function gets a block around it, so that branches that leave it only sometimes end in front
/// of what is to be done last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapped {
    No,
    Yes,
}

/// The size from which a function that only works on memory has a slot of its own, in bytes: some forty
/// operators, beside which that costs little.
const LARGE: usize = 100;

/// How many blocks are tried for a region before it is the whole function.
const TRIES: u32 = 8;

/// What a function's code shows. Its lists are kept from one function to the next.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) points: Vec<Point>,
    pub(super) has_tail_calls: bool,
    start: usize,
    end: usize,
    works_on_memory: bool,
    /// Where the last end of the function is over, after which nothing is reached.
    dead_at: usize,
    /// The blocks that are open.
    blocks: Vec<Block>,
    /// The loops among them.
    loops: Vec<Loop>,
    /// The points of loops that may still turn out to be parts of larger ones, which is enough to know.
    doubtful: Vec<usize>,
    first: Option<First>,
}

#[derive(Clone, Copy)]
struct Block {
    /// Where its operator begins.
    at: usize,
    is_loop: bool,
}

/// A loop that is open.
struct Loop {
    /// Which of the points it is.
    point: usize,
    /// How deep it lies.
    depth: usize,
    calls: Calls,
}

/// The calls in a loop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Calls {
    None,
    /// In a block in it, so that they may not be made.
    Sometimes,
    /// In each round, before which they are recorded anyway.
    Always,
}

/// The first point that needs a slot, and the blocks that hold all of them.
struct First {
    at: usize,
    /// The blocks that it is in, and where they end.
    blocks: Vec<(Block, usize)>,
    /// How many of these hold all the others as well.
    common: usize,
    /// How many of these were open all the time since the last one.
    open: usize,
}

impl Survey {
    /// Reads a function's code to its end.
    ///
    /// # Errors
    ///
    /// Where it has something that is not known, or not valid.
    pub(super) fn read(&mut self, code: &mut Reader<'_>) -> Result<(), Unfit> {
        self.points.clear();
        self.blocks.clear();
        self.loops.clear();
        self.doubtful.clear();
        self.first = None;
        self.has_tail_calls = false;
        self.works_on_memory = false;
        self.start = code.at();
        self.dead_at = 0;
        loop {
            self.works_on_memory |= skip_plain(code);
            let at = code.at();
            match next(code)? {
                Operator::Plain => {}
                Operator::Access => self.works_on_memory = true,
                Operator::Block => self.blocks.push(Block { at, is_loop: false }),
                Operator::Loop => self.begin_loop(at),
                Operator::Else => self.close(self.blocks.len().saturating_sub(1), at),
                Operator::End => match self.blocks.pop() {
                    Some(block) => self.end_block(block, at),
                    None => {
                        self.end = at;
                        break;
                    }
                },
                Operator::Branch(label) => self.branch(at, label, Act::Branch)?,
                Operator::MayBranch(label) => self.branch(at, label, Act::MayBranch)?,
                Operator::Return => self.add_end(at, Act::Return),
                Operator::TailCall => {
                    self.has_tail_calls = true;
                    self.add(at, Act::Return);
                }
                Operator::Unreachable => self.add_end(at, Act::Unreachable),
                Operator::Call(callee) => self.call(at, Some(callee), code)?,
                Operator::CallIndirect => self.call(at, None, code)?,
            }
        }
        match code.is_at_end() {
            true => Ok(()),
            false => Err(Unfit::Invalid),
        }
    }

    /// Where the function has its slot, if it needs one.
    pub(super) fn region(&self) -> Option<Region> {
        let whole = |enter, wrapped| Region {
            enter,
            leave: self.end,
            depth: 0,
            wrapped,
        };
        let Some(first) = &self.first else {
            let is_large = self.works_on_memory && self.end - self.start > LARGE;
            return is_large.then(|| self.checked(whole(self.start, Wrapped::No)));
        };
        let depths = (1..=first.common as u32).rev().take(TRIES as usize);
        let regions = depths.map(|depth| Region {
            enter: first.enter(depth),
            leave: first.blocks[depth as usize - 1].1,
            depth,
            wrapped: Wrapped::No,
        });
        let mut regions = regions;
        let found = regions.find(|region| self.is_left_cleanly(region));
        Some(found.unwrap_or_else(|| self.checked(whole(first.enter(0), Wrapped::No))))
    }

    /// The whole function, wrapped where it has to be.
    fn checked(&self, region: Region) -> Region {
        match self.is_left_cleanly(&region) {
            true => region,
            false => Region {
                enter: self.start,
                wrapped: Wrapped::Yes,
                ..region
            },
        }
    }

    /// Whether no branch leads out of a region only sometimes.
    fn is_left_cleanly(&self, region: &Region) -> bool {
        let from = self.points.partition_point(|point| point.at < region.enter);
        let inside = self.points[from..]
            .iter()
            .take_while(|point| point.at < region.leave);
        let leaves = |point: &Point| matches!(point.act, Act::MayBranch(to) if to <= region.depth);
        !inside.into_iter().any(leaves)
    }

    fn add(&mut self, at: usize, act: Act) {
        self.points.push(Point { at, act });
    }

    /// The same for what ends the function in one byte, unless it comes directly after another such end: it is
    /// never reached.
    fn add_end(&mut self, at: usize, end: Act) {
        if self.dead_at != at {
            self.add(at, end);
        }
        self.dead_at = at + 1;
    }

    fn branch(&mut self, at: usize, label: u32, act: fn(u32) -> Act) -> Result<(), Unfit> {
        let depth = (self.blocks.len() as u32).checked_sub(label);
        self.add(at, act(depth.ok_or(Unfit::Invalid)?));
        Ok(())
    }

    fn call(&mut self, at: usize, callee: Option<u32>, code: &mut Reader<'_>) -> Result<(), Unfit> {
        const UNREACHABLE: u8 = 0;
        if code.peek() == Some(UNREACHABLE) {
            code.byte()?;
            self.add(at, Act::LastCall(callee));
            return Ok(());
        }
        self.add(at, Act::Call(callee));
        self.needs_slot(at);
        if let Some(around) = self.loops.last_mut() {
            let calls = match around.depth == self.blocks.len() {
                true => Calls::Always,
                false => Calls::Sometimes,
            };
            around.calls = around.calls.max(calls);
        }
        Ok(())
    }

    fn begin_loop(&mut self, at: usize) {
        self.needs_slot(at);
        self.blocks.push(Block { at, is_loop: true });
        self.loops.push(Loop {
            point: self.points.len(),
            depth: self.blocks.len(),
            calls: Calls::None,
        });
        self.add(at, Act::Loop);
    }

    fn end_block(&mut self, block: Block, at: usize) {
        self.close(self.blocks.len(), at);
        if block.is_loop
            && let Some(ended) = self.loops.pop()
        {
            self.end_loop(&ended);
        }
    }

    /// Decides which loops are recorded: of those without calls the outermost, and of those with calls
    /// one that no other is around, if its rounds need not begin with a call.
    fn end_loop(&mut self, ended: &Loop) {
        while let Some(inner) = self.doubtful.pop_if(|inner| *inner > ended.point) {
            if ended.calls == Calls::None {
                self.drop_point(inner);
            }
        }
        let Some(around) = self.loops.last_mut() else {
            if ended.calls == Calls::Always {
                self.drop_point(ended.point);
            }
            return;
        };
        match ended.calls {
            Calls::None => self.doubtful.push(ended.point),
            calls => {
                let is_part_of_each_round = around.depth + 1 == ended.depth;
                around.calls = around.calls.max(match is_part_of_each_round {
                    true => calls,
                    false => Calls::Sometimes,
                });
                self.drop_point(ended.point);
            }
        }
    }

    fn drop_point(&mut self, index: usize) {
        if let Some(point) = self.points.get_mut(index) {
            point.act = Act::Nothing;
        }
    }

    /// The blocks beyond the first `open` are not what they were: they end here, or their other half begins.
    fn close(&mut self, open: usize, at: usize) {
        if let Some(first) = &mut self.first
            && open < first.open
        {
            for block in &mut first.blocks[open..first.open] {
                block.1 = at;
            }
            first.open = open;
        }
    }

    fn needs_slot(&mut self, at: usize) {
        match &mut self.first {
            Some(first) => first.common = first.common.min(first.open),
            None => {
                let blocks: Vec<_> = self.blocks.iter().map(|block| (*block, at)).collect();
                self.first = Some(First {
                    at,
                    common: blocks.len(),
                    open: blocks.len(),
                    blocks,
                });
            }
        }
    }
}

impl First {
    /// Where the slot is taken of a region at this depth: in front of the block in it that the first
    /// point is in, or else of that point.
    fn enter(&self, depth: u32) -> usize {
        let within = self.blocks.get(depth as usize);
        within.map_or(self.at, |(block, _)| block.at)
    }
}
