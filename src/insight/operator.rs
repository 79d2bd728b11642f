//! Operators, as far as rewriting a function has to know them: where each ends, and what those are that
//! enter or leave a function or a part of it. Decoding no more than that takes a third of the time that
//! decoding all of them would. What is read is not validated here but for its indices: one past the end
//! of the module's own would come to mean something that rewriting adds.

use crate::module::bytes::{Malformed, Reader};

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// One that nothing depends on.
    Plain,
    /// The same, one that reads or writes memory.
    Access,
    Unreachable,
    /// `block` or `if`.
    Block,
    Loop,
    Else,
    End,
    /// `br`, to the label that lies this many blocks further out.
    Branch(u32),
    /// A branch that may not be taken, or may lead elsewhere; the outermost of its labels.
    MayBranch(u32),
    Return,
    /// A call of this function.
    Call(u32),
    /// A call through a table.
    CallIndirect,
    /// A call in place of a return.
    TailCall,
}

/// Why a module is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is not valid, which the engine can tell in more detail.
    Invalid,
    /// It has an operator that is not known here: its first byte, and the number behind it.
    Operator(u8, u32),
}

impl From<Malformed> for Unfit {
    fn from(_: Malformed) -> Self {
        Self::Invalid
    }
}

/// How many a module has of what rewriting adds more to. Its locals are the function's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Own {
    pub(super) types: u32,
    pub(super) functions: u32,
    pub(super) globals: u32,
    pub(super) memories: u32,
    pub(super) locals: u32,
    /// The function that the module refers to as its `start` function only: exporting it would allow
    /// code to refer to it as well.
    pub(super) start: Option<u32>,
}

/// How to step over an operator of the simplest form, by its first byte: what of the two bytes behind it has
/// to be zero, below what the first of them has to be, and how long it is.
#[derive(Clone, Copy)]
struct Step {
    mask: u16,
    bound: u16,
    length: u8,
}

/// Any byte is below it.
const ANY: u16 = 0x100;

/// That a byte is the last one of a number: of the first byte, and of the second.
const FIRST_LAST: u16 = 0x0080;
const BOTH_LAST: u16 = 0x8080;

/// The steps over the operators of one function.
pub(super) struct Steps([Step; 256]);

impl Default for Steps {
    fn default() -> Self {
        let none = Step {
            mask: 0,
            bound: 0,
            length: 0,
        };
        Self([none; 256])
    }
}

impl Steps {
    /// Fits them to a function, the locals of which may be others than those of the last one.
    pub(super) fn fit(&mut self, own: &Own) {
        let below = |count: u32| u16::try_from(count).unwrap_or(ANY).min(ANY);
        let alone = Step {
            mask: 0,
            bound: ANY,
            length: 1,
        };
        let number = Step {
            mask: FIRST_LAST,
            bound: ANY,
            length: 2,
        };
        let local = Step {
            bound: below(own.locals),
            ..number
        };
        if self.0[0x01].length == 0 {
            let global = Step {
                bound: below(own.globals),
                ..number
            };
            // An alignment, without the bit that says that a memory's index follows, and an offset.
            let access = Step {
                mask: BOTH_LAST,
                bound: if own.memories > 0 { 0x40 } else { 0 },
                length: 3,
            };
            self.0[0x01] = alone;
            self.0[0x1a..=0x1b].fill(alone);
            self.0[0x45..=0xc4].fill(alone);
            self.0[0x41..=0x42].fill(number);
            self.0[0x23..=0x24].fill(global);
            self.0[0x28..=0x3e].fill(access);
        }
        self.0[0x20..=0x22].fill(local);
    }

    /// Steps over operators on which nothing depends, as most are, as long as they are of the simplest
    /// form; says whether one of them reads or writes memory. There is one branch for each, which is
    /// mostly taken the same way: telling operators apart takes several times as long.
    pub(super) fn skip(&self, code: &mut Reader<'_>) -> bool {
        let bytes = code.rest();
        let mut accesses = false;
        let mut at = 0;
        while let Some([first, second, third]) = bytes.get(at..at + 3) {
            let step = self.0[usize::from(*first)];
            let behind = u16::from_le_bytes([*second, *third]);
            if behind & step.mask != 0 || u16::from(*second) >= step.bound {
                break;
            }
            accesses |= step.length == 3;
            at += usize::from(step.length);
        }
        code.skip(at);
        accesses
    }
}

impl Own {
    /// Reads an operator, to its end.
    ///
    /// # Errors
    ///
    /// `Invalid` where one is cut off, or has an index that means nothing in the module.
    #[inline]
    pub(super) fn next(&self, code: &mut Reader<'_>) -> Result<Operator, Unfit> {
        match code.byte()? {
            0x00 => return Ok(Operator::Unreachable),
            // nop, drop, select, and all that calculates.
            0x01 | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {}
            0x02 | 0x04 => {
                self.block_type(code)?;
                return Ok(Operator::Block);
            }
            0x03 => {
                self.block_type(code)?;
                return Ok(Operator::Loop);
            }
            0x05 => return Ok(Operator::Else),
            0x0b => return Ok(Operator::End),
            0x0c => return Ok(Operator::Branch(code.u32()?)),
            0x0d => return Ok(Operator::MayBranch(code.u32()?)),
            0x0e => return branch_table(code),
            0x0f => return Ok(Operator::Return),
            0x10 => {
                let callee = code.u32()?;
                within(callee, self.functions)?;
                return Ok(Operator::Call(callee));
            }
            0x11 => {
                self.indirect(code)?;
                return Ok(Operator::CallIndirect);
            }
            0x12 => {
                within(code.u32()?, self.functions)?;
                return Ok(Operator::TailCall);
            }
            0x13 => {
                self.indirect(code)?;
                return Ok(Operator::TailCall);
            }
            // select with its type.
            0x1c => {
                for _ in 0..code.u32()? {
                    code.byte()?;
                }
            }
            0x20..=0x22 => within(code.u32()?, self.locals)?,
            0x23 | 0x24 => within(code.u32()?, self.globals)?,
            // table.get and table.set; constants; ref.null.
            0x25 | 0x26 | 0x41 | 0x42 | 0xd0 => code.skip_number()?,
            // ref.func.
            0xd2 => {
                let function = code.u32()?;
                within(function, self.functions)?;
                if self.start == Some(function) {
                    return Err(Unfit::Invalid);
                }
            }
            0x28..=0x3e => return self.access(code),
            0x3f | 0x40 => within(code.u32()?, self.memories)?,
            0x43 => drop(code.bytes(4)?),
            0x44 => drop(code.bytes(8)?),
            0xfc => return self.bulk(code),
            0xfd => return self.vector(code),
            unknown => return Err(Unfit::Operator(unknown, 0)),
        }
        Ok(Operator::Plain)
    }

    /// Nothing, a type, or the index of a function's type.
    fn block_type(&self, code: &mut Reader<'_>) -> Result<(), Unfit> {
        match code.peek() {
            Some(0x40 | 0x6f..=0x7f) => drop(code.byte()?),
            _ => within(code.u32()?, self.types)?,
        }
        Ok(())
    }

    fn indirect(&self, code: &mut Reader<'_>) -> Result<(), Unfit> {
        within(code.u32()?, self.types)?;
        Ok(code.skip_number()?)
    }

    /// Where a load or a store goes: its alignment, a bit of which says that a memory's index follows,
    /// and an offset.
    fn access(&self, code: &mut Reader<'_>) -> Result<Operator, Unfit> {
        const WITH_MEMORY: u32 = 1 << 6;
        let memory = match code.u32()? & WITH_MEMORY {
            0 => 0,
            _ => code.u32()?,
        };
        within(memory, self.memories)?;
        code.skip_number()?;
        Ok(Operator::Access)
    }

    /// The operators on whole ranges, and the saturating conversions.
    fn bulk(&self, code: &mut Reader<'_>) -> Result<Operator, Unfit> {
        match code.u32()? {
            0..=7 => return Ok(Operator::Plain),
            // memory.init: the data, then the memory.
            8 => {
                code.skip_number()?;
                within(code.u32()?, self.memories)?;
            }
            // memory.copy, memory.fill.
            10 => {
                within(code.u32()?, self.memories)?;
                within(code.u32()?, self.memories)?;
            }
            11 => within(code.u32()?, self.memories)?,
            // data.drop, elem.drop, table.grow, table.size, table.fill.
            9 | 13 | 15..=17 => code.skip_number()?,
            // table.init, table.copy.
            12 | 14 => {
                code.skip_number()?;
                code.skip_number()?;
            }
            unknown => return Err(Unfit::Operator(0xfc, unknown)),
        }
        Ok(Operator::Access)
    }

    /// The operators on vectors.
    fn vector(&self, code: &mut Reader<'_>) -> Result<Operator, Unfit> {
        match code.u32()? {
            // Loads and stores, of which those of one lane name it.
            0..=11 | 92 | 93 => return self.access(code),
            84..=91 => {
                self.access(code)?;
                code.byte()?;
                return Ok(Operator::Access);
            }
            // v128.const and i8x16.shuffle.
            12 | 13 => drop(code.bytes(16)?),
            // Lanes taken out and put in.
            21..=34 => drop(code.byte()?),
            // All else that there is, the relaxed ones included, takes nothing.
            14..=275 => {}
            unknown => return Err(Unfit::Operator(0xfd, unknown)),
        }
        Ok(Operator::Plain)
    }
}

fn branch_table(code: &mut Reader<'_>) -> Result<Operator, Unfit> {
    let mut outermost = 0;
    // The last one is where all else leads.
    for _ in 0..=u64::from(code.u32()?) {
        outermost = outermost.max(code.u32()?);
    }
    Ok(Operator::MayBranch(outermost))
}

pub(super) fn within(index: u32, count: u32) -> Result<(), Unfit> {
    match index < count {
        true => Ok(()),
        false => Err(Unfit::Invalid),
    }
}
