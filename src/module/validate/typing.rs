//! The types on the operand stack, and the blocks that are open: what of a function's code was read matters
//! for what follows.

use super::Unsure;
use super::stack::{Operand, Stack};
use crate::module::ValueType::{self, I32};

/// How many blocks may lie in each other: more than compilers have use for.
const MOST_BLOCKS: usize = 10_000;

/// What is known at a place in a function. What it takes in memory is kept from one function to the next.
pub(super) struct Typing<'m> {
    stack: Stack,
    /// The innermost block.
    block: Block<'m>,
    /// Those around it.
    outer: Vec<Block<'m>>,
}

/// A block that is open.
#[derive(Clone, Copy)]
struct Block<'m> {
    kind: Kind,
    params: &'m [ValueType],
    results: &'m [ValueType],
    /// How high the stack is below it.
    height: usize,
    reach: Reach,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `block`, what follows an `else`, or the function itself.
    Block,
    Loop,
    If,
}

/// Whether the place in a block where the reading is can be reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Reached,
    Unreached,
}

impl<'m> Block<'m> {
    /// A function with these results.
    fn of_function(results: &'m [ValueType]) -> Self {
        Self {
            kind: Kind::Block,
            params: &[],
            results,
            height: 0,
            reach: Reach::Reached,
        }
    }

    /// The types that a branch to it takes along.
    fn label(&self) -> &'m [ValueType] {
        match self.kind {
            Kind::Loop => self.params,
            Kind::Block | Kind::If => self.results,
        }
    }
}

/// Whether there is more of a function to read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Operator,
    Nothing,
}

impl<'m> Typing<'m> {
    pub(super) fn new() -> Self {
        Self {
            stack: Stack::new(),
            block: Block::of_function(&[]),
            outer: Vec::new(),
        }
    }

    /// Begins a function with these results.
    pub(super) fn begin(&mut self, results: &'m [ValueType]) {
        self.stack.lower_to(0);
        self.outer.clear();
        self.block = Block::of_function(results);
    }

    #[inline]
    pub(super) fn push(&mut self, ty: ValueType) -> Result<(), Unsure> {
        self.stack.push(Operand::Of(ty))
    }

    pub(super) fn push_all(&mut self, types: &[ValueType]) -> Result<(), Unsure> {
        types.iter().try_for_each(|ty| self.push(*ty))
    }

    #[inline]
    pub(super) fn pop(&mut self, expected: ValueType) -> Result<(), Unsure> {
        match self.pop_any()?.is(expected) {
            true => Ok(()),
            false => Err(Unsure),
        }
    }

    pub(super) fn pop_all(&mut self, types: &[ValueType]) -> Result<(), Unsure> {
        types.iter().rev().try_for_each(|ty| self.pop(*ty))
    }

    #[inline]
    pub(super) fn pop_any(&mut self) -> Result<Operand, Unsure> {
        if self.stack.height() > self.block.height {
            return self.stack.pop();
        }
        match self.block.reach {
            Reach::Reached => Err(Unsure),
            Reach::Unreached => Ok(Operand::Any),
        }
    }

    /// Replaces two operands of one type by one of it.
    #[inline(never)]
    pub(super) fn select(&mut self) -> Result<(), Unsure> {
        self.pop(I32)?;
        let (second, first) = (self.pop_any()?, self.pop_any()?);
        if !first.is_number() || !second.is_number() {
            return Err(Unsure);
        }
        let both = match (first, second) {
            (Operand::Any, either) | (either, Operand::Any) => either,
            _ if first == second => first,
            _ => return Err(Unsure),
        };
        self.stack.push(both)
    }

    /// The types that go along with a return.
    pub(super) fn results(&self) -> &'m [ValueType] {
        self.outer.first().unwrap_or(&self.block).results
    }

    /// The types that go along with a branch to the block so many further out.
    pub(super) fn label(&self, depth: u32) -> Result<&'m [ValueType], Unsure> {
        let block = match (depth as usize).checked_sub(1) {
            None => &self.block,
            Some(depth) => self.outer.iter().rev().nth(depth).ok_or(Unsure)?,
        };
        Ok(block.label())
    }

    /// Opens a block that takes and gives this.
    pub(super) fn open(
        &mut self,
        kind: Kind,
        params: &'m [ValueType],
        results: &'m [ValueType],
    ) -> Result<(), Unsure> {
        if self.outer.len() == MOST_BLOCKS {
            return Err(Unsure);
        }
        self.pop_all(params)?;
        self.outer.push(self.block);
        self.block = Block {
            kind,
            params,
            results,
            height: self.stack.height(),
            reach: Reach::Reached,
        };
        self.push_all(params)
    }

    /// `else`.
    #[inline(never)]
    pub(super) fn otherwise(&mut self) -> Result<(), Unsure> {
        if self.block.kind != Kind::If {
            return Err(Unsure);
        }
        self.see_results()?;
        self.block.kind = Kind::Block;
        self.block.reach = Reach::Reached;
        self.push_all(self.block.params)
    }

    /// `end`, of a block or of the function.
    #[inline(never)]
    pub(super) fn end(&mut self) -> Result<Next, Unsure> {
        self.see_results()?;
        let ended = self.block;
        // Without an `else`, what it takes is what it gives.
        if ended.kind == Kind::If && ended.params != ended.results {
            return Err(Unsure);
        }
        let Some(outer) = self.outer.pop() else {
            return Ok(Next::Nothing);
        };
        self.block = outer;
        self.push_all(ended.results)?;
        Ok(Next::Operator)
    }

    /// What follows in the innermost block is not reached.
    pub(super) fn leave(&mut self) {
        self.stack.lower_to(self.block.height);
        self.block.reach = Reach::Unreached;
    }

    /// Whether operands of these types could be popped.
    pub(super) fn are_on_top(&self, types: &[ValueType]) -> bool {
        let mut own = self.stack.above(self.block.height).iter().rev();
        types.iter().rev().all(|expected| match own.next() {
            Some(operand) => operand.is(*expected),
            None => self.block.reach == Reach::Unreached,
        })
    }

    /// Takes the results of the innermost block off the stack, and sees that there is nothing else.
    fn see_results(&mut self) -> Result<(), Unsure> {
        self.pop_all(self.block.results)?;
        match self.stack.height() == self.block.height {
            true => Ok(()),
            false => Err(Unsure),
        }
    }
}
