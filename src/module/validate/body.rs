//! One function: its locals, and its operators from the first to the last `end`, with the types on the
//! operand stack and the blocks that are open.

use super::Unsure;
use super::context::{Context, Global};
use super::numeric::{self, Numeric};
use super::typing::{Kind, Next, Typing};
use crate::module::bytes::Reader;
use crate::module::func_type::{FuncType, ValueType};
use ValueType::{F32, F64, I32, I64};

/// How many locals a function may have: fewer than the engine allows, since each takes time here, however
/// few bytes declare them.
const MOST_LOCALS: usize = 4_096;

/// How many labels a `br_table` may have: fewer than the engine allows.
const MOST_LABELS: u32 = 100_000;

const I64_EXTEND_I32_U: u8 = 0xad;

/// Whether an operator may leave a comparison's result on top of the stack: a comparison, one for which the engine
/// emits nothing, or one that takes a value from above the result. `engine_workarounds` decides on the rest.
fn may_leave_comparison(operator: u8, is_extended: bool) -> bool {
    match operator {
        // i32.eqz, i32.eq, i32.ne.
        0x45..=0x47 => true,
        // i64.eqz, i64.eq, i64.ne, of 32 bits that were extended.
        0x50..=0x52 => is_extended,
        // nop, block, loop, if, else, end, br_if, select, local.set, shifts and rotations of i32.
        0x01..=0x05 | 0x0b | 0x0d | 0x1b | 0x21 | 0x74..=0x78 => true,
        _ => false,
    }
}

/// The function that is looked at. What it takes in memory is kept from one to the next.
pub(super) struct Body<'m> {
    context: &'m Context,
    locals: Vec<ValueType>,
    types: Typing<'m>,
    has_select: bool,
}

impl<'m> Body<'m> {
    pub(super) fn new(context: &'m Context) -> Self {
        Self {
            context,
            locals: Vec::new(),
            types: Typing::new(),
            has_select: false,
        }
    }

    /// Whether a comparison may reach a `select` in the function that was looked at last.
    pub(super) fn has_select(&self) -> bool {
        self.has_select
    }

    /// Sees that a function of this type is valid.
    pub(super) fn see(&mut self, ty: &'m FuncType, body: &[u8]) -> Result<(), Unsure> {
        let code = self.see_locals(ty, Reader::new(body))?;
        self.types.begin(&ty.results);
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

    /// Reads to the `end` of the function, and answers with what lies behind it.
    fn see_operators<'c>(&mut self, mut code: Reader<'c>) -> Result<Reader<'c>, Unsure> {
        self.has_select = false;
        let (mut operator, mut is_extended) = (0, false);
        loop {
            let before = operator;
            operator = code.byte()?;
            match operator {
                0x20 => {
                    let local = self.local(code.u32()?)?;
                    self.types.push(local)?;
                }
                0x21 => {
                    let local = self.local(code.u32()?)?;
                    self.types.pop(local)?;
                }
                0x22 => {
                    let local = self.local(code.u32()?)?;
                    self.types.pop(local)?;
                    self.types.push(local)?;
                }
                0x41 => {
                    code.skip_signed(32)?;
                    self.types.push(I32)?;
                }
                0x42 => {
                    code.skip_signed(64)?;
                    self.types.push(I64)?;
                }
                0x43 => {
                    code.bytes(4)?;
                    self.types.push(F32)?;
                }
                0x44 => {
                    code.bytes(8)?;
                    self.types.push(F64)?;
                }
                0x45..=0xc4 => {
                    is_extended |= operator == I64_EXTEND_I32_U;
                    self.calculate(numeric::numeric(operator))?;
                }
                0x28..=0x35 => {
                    let ty = self.access(&mut code, numeric::load(operator))?;
                    self.types.pop(I32)?;
                    self.types.push(ty)?;
                }
                0x36..=0x3e => {
                    let ty = self.access(&mut code, numeric::store(operator))?;
                    self.types.pop(ty)?;
                    self.types.pop(I32)?;
                }
                0x0b => {
                    if self.types.end()? == Next::Nothing {
                        return Ok(code);
                    }
                }
                0x02 => code = self.open(Kind::Block, code)?,
                0x03 => code = self.open(Kind::Loop, code)?,
                0x04 => {
                    self.types.pop(I32)?;
                    code = self.open(Kind::If, code)?;
                }
                0x05 => self.types.otherwise()?,
                0x0c => {
                    let label = self.types.label(code.u32()?)?;
                    self.types.pop_all(label)?;
                    self.types.leave();
                }
                0x0d => {
                    let label = self.types.label(code.u32()?)?;
                    self.types.pop(I32)?;
                    self.types.pop_all(label)?;
                    self.types.push_all(label)?;
                }
                0x0e => code = self.branch_table(code)?,
                0x0f => {
                    self.types.pop_all(self.types.results())?;
                    self.types.leave();
                }
                0x10 => {
                    let callee = self.context.callee(code.u32()?)?;
                    self.call(callee)?;
                }
                0x11 => {
                    let callee = self.context.function_type(code.u32()?)?;
                    self.context.see_callable(code.u32()?)?;
                    self.types.pop(I32)?;
                    self.call(callee)?;
                }
                0x23 => {
                    let global = self.global(code.u32()?)?;
                    self.types.push(global.ty)?;
                }
                0x24 => {
                    let global = self.global(code.u32()?)?;
                    if !global.is_variable() {
                        return Err(Unsure);
                    }
                    self.types.pop(global.ty)?;
                }
                0x1a => drop(self.types.pop_any()?),
                0x1b => {
                    self.has_select |= may_leave_comparison(before, is_extended);
                    self.types.select()?;
                }
                0x00 => self.types.leave(),
                0x01 => {}
                0x3f => {
                    self.first_memory(&mut code)?;
                    self.types.push(I32)?;
                }
                0x40 => {
                    self.first_memory(&mut code)?;
                    self.types.pop(I32)?;
                    self.types.push(I32)?;
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
            self.types.pop(second)?;
        }
        self.types.pop(operator.first)?;
        self.types.push(operator.result)
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
                self.types.pop_all(&[I32, I32, I32])?;
            }
            11 => {
                self.first_memory(&mut code)?;
                self.types.pop_all(&[I32, I32, I32])?;
            }
            _ => self.calculate(numeric::saturating(operator))?,
        }
        Ok(code)
    }

    #[inline(never)]
    fn call(&mut self, callee: &FuncType) -> Result<(), Unsure> {
        self.types.pop_all(&callee.params)?;
        self.types.push_all(&callee.results)
    }

    #[inline(never)]
    fn branch_table<'c>(&mut self, mut code: Reader<'c>) -> Result<Reader<'c>, Unsure> {
        self.types.pop(I32)?;
        let count = code.u32()?;
        if count > MOST_LABELS {
            return Err(Unsure);
        }
        let mut arity = None;
        // The last one is where all else leads.
        for _ in 0..=count {
            let label = self.types.label(code.u32()?)?;
            if *arity.get_or_insert(label.len()) != label.len() || !self.types.are_on_top(label) {
                return Err(Unsure);
            }
        }
        self.types.leave();
        Ok(code)
    }

    /// Opens a block of the type that follows.
    #[inline(never)]
    fn open<'c>(&mut self, kind: Kind, mut code: Reader<'c>) -> Result<Reader<'c>, Unsure> {
        let (params, results) = self.block_type(&mut code)?;
        self.types.open(kind, params, results)?;
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
