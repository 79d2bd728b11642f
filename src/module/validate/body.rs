//! One function: its locals, and its operators from the first to the last `end`, with the types on the
//! operand stack and the blocks that are open.

use super::Unsure;
use super::context::{Context, Global};
use super::numeric::{self, Numeric};
use super::stack::{Operand, Stack};
use crate::module::bytes::Reader;
use crate::module::interface::{FuncType, ValueType};
use ValueType::{F32, F64, I32, I64};

/// How many locals a function may have: fewer than the engine allows, since each takes time here, however
/// few bytes declare them.
const MOST_LOCALS: usize = 4_096;

/// How many labels a `br_table` may have: fewer than the engine allows.
const MOST_LABELS: u32 = 100_000;

/// The function that is looked at. What it takes in memory is kept from one to the next.
pub(super) struct Body<'m> {
    context: &'m Context,
    locals: Vec<ValueType>,
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
enum Kind {
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
enum Next {
    Operator,
    Nothing,
}

impl<'m> Body<'m> {
    pub(super) fn new(context: &'m Context) -> Self {
        Self {
            context,
            locals: Vec::new(),
            stack: Stack::new(),
            block: Block::of_function(&[]),
            outer: Vec::new(),
        }
    }

    /// Sees that a function of this type is valid.
    pub(super) fn see(&mut self, ty: &'m FuncType, body: &[u8]) -> Result<(), Unsure> {
        let code = self.see_locals(ty, Reader::new(body))?;
        self.stack.lower_to(0);
        self.outer.clear();
        self.block = Block::of_function(&ty.results);
        match self.see_operators(code)?.is_at_end() {
            true => Ok(()),
            false => Err(Unsure),
        }
    }

    fn see_locals<'c>(
        &mut self,
        ty: &FuncType,
        mut code: Reader<'c>,
    ) -> Result<Reader<'c>, Unsure> {
        self.locals.clear();
        self.locals.extend_from_slice(&ty.params);
        for _ in 0..code.u32()? {
            let count = code.u32()? as usize;
            let ty = match code.byte()? {
                0x7f => I32,
                0x7e => I64,
                0x7d => F32,
                0x7c => F64,
                _ => return Err(Unsure),
            };
            let all = self.locals.len().saturating_add(count);
            if all > MOST_LOCALS {
                return Err(Unsure);
            }
            self.locals.resize(all, ty);
        }
        Ok(code)
    }

    /// Reads to the `end` of the function. The commonest operators are judged in place, and what takes more
    /// is handed the code by value, so that where the reading is stays in a register.
    fn see_operators<'c>(&mut self, mut code: Reader<'c>) -> Result<Reader<'c>, Unsure> {
        loop {
            let operator = code.byte()?;
            match operator {
                0x20 => {
                    let local = self.local(code.u32()?)?;
                    self.push(local)?;
                }
                0x21 => {
                    let local = self.local(code.u32()?)?;
                    self.pop(local)?;
                }
                0x22 => {
                    let local = self.local(code.u32()?)?;
                    self.pop(local)?;
                    self.push(local)?;
                }
                0x41 => {
                    code.skip_signed(32)?;
                    self.push(I32)?;
                }
                0x42 => {
                    code.skip_signed(64)?;
                    self.push(I64)?;
                }
                0x43 => {
                    code.bytes(4)?;
                    self.push(F32)?;
                }
                0x44 => {
                    code.bytes(8)?;
                    self.push(F64)?;
                }
                0x45..=0xc4 => self.calculate(numeric::numeric(operator))?,
                0x28..=0x35 => {
                    let ty = self.access(&mut code, numeric::load(operator))?;
                    self.pop(I32)?;
                    self.push(ty)?;
                }
                0x36..=0x3e => {
                    let ty = self.access(&mut code, numeric::store(operator))?;
                    self.pop(ty)?;
                    self.pop(I32)?;
                }
                0x0b => {
                    if self.end()? == Next::Nothing {
                        return Ok(code);
                    }
                }
                0x02 => code = self.open(Kind::Block, code)?,
                0x03 => code = self.open(Kind::Loop, code)?,
                0x04 => {
                    self.pop(I32)?;
                    code = self.open(Kind::If, code)?;
                }
                0x05 => self.otherwise()?,
                0x0c => {
                    let label = self.label(code.u32()?)?;
                    self.pop_all(label)?;
                    self.leave();
                }
                0x0d => {
                    let label = self.label(code.u32()?)?;
                    self.pop(I32)?;
                    self.pop_all(label)?;
                    self.push_all(label)?;
                }
                0x0e => code = self.branch_table(code)?,
                0x0f => {
                    let function = self.outer.first().unwrap_or(&self.block);
                    self.pop_all(function.results)?;
                    self.leave();
                }
                0x10 => {
                    let callee = self.context.callee(code.u32()?)?;
                    self.call(callee)?;
                }
                0x11 => {
                    let callee = self.context.function_type(code.u32()?)?;
                    self.context.see_callable(code.u32()?)?;
                    self.pop(I32)?;
                    self.call(callee)?;
                }
                0x23 => {
                    let global = self.global(code.u32()?)?;
                    self.push(global.ty)?;
                }
                0x24 => {
                    let global = self.global(code.u32()?)?;
                    if !global.is_variable() {
                        return Err(Unsure);
                    }
                    self.pop(global.ty)?;
                }
                0x1a => drop(self.pop_any()?),
                0x1b => self.select()?,
                0x00 => self.leave(),
                0x01 => {}
                0x3f => {
                    self.first_memory(&mut code)?;
                    self.push(I32)?;
                }
                0x40 => {
                    self.first_memory(&mut code)?;
                    self.pop(I32)?;
                    self.push(I32)?;
                }
                0xfc => code = self.bulk(code)?,
                _ => return Err(Unsure),
            }
        }
    }

    #[inline]
    fn local(&self, index: u32) -> Result<ValueType, Unsure> {
        self.locals.get(index as usize).copied().ok_or(Unsure)
    }

    fn global(&self, index: u32) -> Result<Global, Unsure> {
        let globals = self.context.globals();
        globals.get(index as usize).copied().ok_or(Unsure)
    }

    #[inline]
    fn calculate(&mut self, operator: Option<Numeric>) -> Result<(), Unsure> {
        let operator = operator.ok_or(Unsure)?;
        if let Some(second) = operator.second {
            self.pop(second)?;
        }
        self.pop(operator.first)?;
        self.push(operator.result)
    }

    /// Reads where a load or a store goes, and answers with the type of its value.
    #[inline]
    fn access(
        &self,
        code: &mut Reader<'_>,
        access: Option<numeric::Access>,
    ) -> Result<ValueType, Unsure> {
        let access = access.ok_or(Unsure)?;
        self.context.see_memory()?;
        // An alignment too large for a value is also one that says that a memory's index follows.
        if code.u32()? > access.alignment {
            return Err(Unsure);
        }
        code.u32()?;
        Ok(access.ty)
    }

    /// Reads the index of the first memory.
    fn first_memory(&self, code: &mut Reader<'_>) -> Result<(), Unsure> {
        self.context.see_memory()?;
        match code.byte()? {
            0 => Ok(()),
            _ => Err(Unsure),
        }
    }

    /// Operators on ranges of memory, and the conversions that saturate.
    #[inline(never)]
    fn bulk<'c>(&mut self, mut code: Reader<'c>) -> Result<Reader<'c>, Unsure> {
        let operator = code.u32()?;
        match operator {
            // memory.copy, memory.fill.
            10 => {
                self.first_memory(&mut code)?;
                self.first_memory(&mut code)?;
                self.pop_all(&[I32, I32, I32])?;
            }
            11 => {
                self.first_memory(&mut code)?;
                self.pop_all(&[I32, I32, I32])?;
            }
            _ => self.calculate(numeric::saturating(operator))?,
        }
        Ok(code)
    }

    #[inline(never)]
    fn call(&mut self, callee: &FuncType) -> Result<(), Unsure> {
        self.pop_all(&callee.params)?;
        self.push_all(&callee.results)
    }

    #[inline(never)]
    fn select(&mut self) -> Result<(), Unsure> {
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

    /// The types that go along with a branch to the block so many further out.
    fn label(&self, depth: u32) -> Result<&'m [ValueType], Unsure> {
        let block = match (depth as usize).checked_sub(1) {
            None => &self.block,
            Some(depth) => self.outer.iter().rev().nth(depth).ok_or(Unsure)?,
        };
        Ok(block.label())
    }

    #[inline(never)]
    fn branch_table<'c>(&mut self, mut code: Reader<'c>) -> Result<Reader<'c>, Unsure> {
        self.pop(I32)?;
        let count = code.u32()?;
        if count > MOST_LABELS {
            return Err(Unsure);
        }
        let mut arity = None;
        // The last one is where all else leads.
        for _ in 0..=count {
            let label = self.label(code.u32()?)?;
            if *arity.get_or_insert(label.len()) != label.len() || !self.are_on_top(label) {
                return Err(Unsure);
            }
        }
        self.leave();
        Ok(code)
    }

    /// Opens a block of the type that follows.
    #[inline(never)]
    fn open<'c>(&mut self, kind: Kind, mut code: Reader<'c>) -> Result<Reader<'c>, Unsure> {
        let (params, results) = self.block_type(&mut code)?;
        self.pop_all(params)?;
        self.outer.push(self.block);
        self.block = Block {
            kind,
            params,
            results,
            height: self.stack.height(),
            reach: Reach::Reached,
        };
        self.push_all(params)?;
        Ok(code)
    }

    /// What a block takes and gives: nothing, a value, or what a function's type says.
    fn block_type(
        &self,
        code: &mut Reader<'_>,
    ) -> Result<(&'m [ValueType], &'m [ValueType]), Unsure> {
        let results: &[ValueType] = match code.peek().ok_or(Unsure)? {
            0x40 => &[],
            0x7f => &[I32],
            0x7e => &[I64],
            0x7d => &[F32],
            0x7c => &[F64],
            // Negative numbers are other types.
            0..=0x3f | 0x80.. => {
                let ty = self.context.function_type(positive(code)?)?;
                return Ok((&ty.params, &ty.results));
            }
            _ => return Err(Unsure),
        };
        code.skip(1);
        Ok((&[], results))
    }

    /// `else`.
    #[inline(never)]
    fn otherwise(&mut self) -> Result<(), Unsure> {
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
    fn end(&mut self) -> Result<Next, Unsure> {
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

    /// Takes the results of the innermost block off the stack, and sees that there is nothing else.
    fn see_results(&mut self) -> Result<(), Unsure> {
        self.pop_all(self.block.results)?;
        match self.stack.height() == self.block.height {
            true => Ok(()),
            false => Err(Unsure),
        }
    }

    /// What follows in the innermost block is not reached.
    fn leave(&mut self) {
        self.stack.lower_to(self.block.height);
        self.block.reach = Reach::Unreached;
    }

    #[inline]
    fn push(&mut self, ty: ValueType) -> Result<(), Unsure> {
        self.stack.push(Operand::Of(ty))
    }

    fn push_all(&mut self, types: &[ValueType]) -> Result<(), Unsure> {
        types.iter().try_for_each(|ty| self.push(*ty))
    }

    #[inline]
    fn pop(&mut self, expected: ValueType) -> Result<(), Unsure> {
        match self.pop_any()?.is(expected) {
            true => Ok(()),
            false => Err(Unsure),
        }
    }

    fn pop_all(&mut self, types: &[ValueType]) -> Result<(), Unsure> {
        types.iter().rev().try_for_each(|ty| self.pop(*ty))
    }

    #[inline]
    fn pop_any(&mut self) -> Result<Operand, Unsure> {
        if self.stack.height() > self.block.height {
            return self.stack.pop();
        }
        match self.block.reach {
            Reach::Reached => Err(Unsure),
            Reach::Unreached => Ok(Operand::Any),
        }
    }

    /// Whether operands of these types could be popped.
    fn are_on_top(&self, types: &[ValueType]) -> bool {
        let mut own = self.stack.above(self.block.height).iter().rev();
        types.iter().rev().all(|expected| match own.next() {
            Some(operand) => operand.is(*expected),
            None => self.block.reach == Reach::Unreached,
        })
    }
}

/// Reads a signed number that is not negative.
fn positive(code: &mut Reader<'_>) -> Result<u32, Unsure> {
    let start = code.at();
    let number = code.u32()?;
    let sign = 7 * (code.at() - start) - 1;
    match u64::from(number) >> sign & 1 {
        0 => Ok(number),
        _ => Err(Unsure),
    }
}
