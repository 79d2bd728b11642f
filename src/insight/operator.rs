//! Operators, as far as rewriting a function has to know them: where each ends, and what those are that
//! enter or leave a function or a part of it. Decoding no more than that takes a third of the time that
//! decoding all of them would. What is read here is valid.

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
    /// It cannot be read.
    Invalid,
    /// It has an operator that is not known here: its first byte, and the number behind it.
    Operator(u8, u32),
}

impl From<Malformed> for Unfit {
    fn from(_: Malformed) -> Self {
        Self::Invalid
    }
}

/// How to step over an operator of the simplest form, by its first byte: what of the two bytes after it has to be
/// zero, and how long it is; 0 for all others.
#[derive(Clone, Copy)]
struct Step {
    mask: u16,
    length: u8,
}

/// That a byte is the last one of a number: of the first byte, and of the second.
const FIRST_LAST: u16 = 0x0080;
const BOTH_LAST: u16 = 0x8080;

/// The bit of an alignment that says that a memory's index follows.
const WITH_MEMORY: u32 = 1 << 6;

/// The steps, by the operators' first bytes.
const STEPS: [Step; 256] = {
    let mut steps = [Step { mask: 0, length: 0 }; 256];
    let mut first = 0;
    while first < steps.len() {
        steps[first] = match first {
            0x01 | 0x1a | 0x1b | 0x45..=0xc4 => Step { mask: 0, length: 1 },
            0x20..=0x24 | 0x41 | 0x42 => Step {
                mask: FIRST_LAST,
                length: 2,
            },
            0x28..=0x3e => Step {
                mask: BOTH_LAST | WITH_MEMORY as u16,
                length: 3,
            },
            _ => Step { mask: 0, length: 0 },
        };
        first += 1;
    }
    steps
};

/// Steps over operators on which nothing depends, as most are, as long as they are of the simplest form; returns
/// whether one of them reads or writes memory. There is one branch for each, which is mostly taken the same way:
/// telling operators apart takes several times as long.
pub(super) fn skip_plain(code: &mut Reader<'_>) -> bool {
    let bytes = code.rest();
    let mut accesses = false;
    let mut at = 0;
    while let Some([first, second, third]) = bytes.get(at..at + 3) {
        let step = STEPS[usize::from(*first)];
        let after = u16::from_le_bytes([*second, *third]);
        if step.length == 0 || after & step.mask != 0 {
            break;
        }
        accesses |= step.length == 3;
        at += usize::from(step.length);
    }
    code.skip(at);
    accesses
}

/// Reads an operator, to its end.
///
/// # Errors
///
/// Where it is cut off or is not known.
#[inline]
pub(super) fn next(code: &mut Reader<'_>) -> Result<Operator, Unfit> {
    match code.byte()? {
        0x00 => return Ok(Operator::Unreachable),
        // nop, drop, select, and all that calculates.
        0x01 | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {}
        0x02 | 0x04 => {
            block_type(code)?;
            return Ok(Operator::Block);
        }
        0x03 => {
            block_type(code)?;
            return Ok(Operator::Loop);
        }
        0x05 => return Ok(Operator::Else),
        0x0b => return Ok(Operator::End),
        0x0c => return Ok(Operator::Branch(code.u32()?)),
        0x0d => return Ok(Operator::MayBranch(code.u32()?)),
        0x0e => return branch_table(code),
        0x0f => return Ok(Operator::Return),
        0x10 => {
            return Ok(Operator::Call(code.u32()?));
        }
        0x11 => {
            indirect(code)?;
            return Ok(Operator::CallIndirect);
        }
        0x12 => {
            code.skip_number()?;
            return Ok(Operator::TailCall);
        }
        0x13 => {
            indirect(code)?;
            return Ok(Operator::TailCall);
        }
        // select with its type.
        0x1c => {
            for _ in 0..code.u32()? {
                code.byte()?;
            }
        }
        // Locals, globals, table.get and table.set; memory.size and memory.grow; constants; ref.null and ref.func.
        0x20..=0x26 | 0x3f..=0x42 | 0xd0 | 0xd2 => code.skip_number()?,
        0x28..=0x3e => return access(code),
        0x43 => drop(code.bytes(4)?),
        0x44 => drop(code.bytes(8)?),
        0xfc => return bulk(code),
        0xfd => return vector(code),
        unknown => return Err(Unfit::Operator(unknown, 0)),
    }
    Ok(Operator::Plain)
}

/// Nothing, a type, or the index of a function's type.
fn block_type(code: &mut Reader<'_>) -> Result<(), Unfit> {
    match code.peek() {
        Some(0x40 | 0x6f..=0x7f) => drop(code.byte()?),
        _ => code.skip_number()?,
    }
    Ok(())
}

fn indirect(code: &mut Reader<'_>) -> Result<(), Unfit> {
    code.skip_number()?;
    Ok(code.skip_number()?)
}

/// Where a load or a store goes: its alignment, a bit of which says that a memory's index follows,
/// and an offset.
fn access(code: &mut Reader<'_>) -> Result<Operator, Unfit> {
    if code.u32()? & WITH_MEMORY != 0 {
        code.skip_number()?;
    }
    code.skip_number()?;
    Ok(Operator::Access)
}

/// The operators on whole ranges, and the saturating conversions.
fn bulk(code: &mut Reader<'_>) -> Result<Operator, Unfit> {
    match code.u32()? {
        0..=7 => return Ok(Operator::Plain),
        // data.drop, memory.fill, elem.drop, table.grow, table.size, table.fill.
        9 | 11 | 13 | 15..=17 => code.skip_number()?,
        // memory.init, memory.copy, table.init, table.copy.
        8 | 10 | 12 | 14 => {
            code.skip_number()?;
            code.skip_number()?;
        }
        unknown => return Err(Unfit::Operator(0xfc, unknown)),
    }
    Ok(Operator::Access)
}

/// The operators on vectors.
fn vector(code: &mut Reader<'_>) -> Result<Operator, Unfit> {
    match code.u32()? {
        // Loads and stores, of which those of one lane name it.
        0..=11 | 92 | 93 => return access(code),
        84..=91 => {
            access(code)?;
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

fn branch_table(code: &mut Reader<'_>) -> Result<Operator, Unfit> {
    let mut outermost = 0;
    // The last one is where all else leads.
    for _ in 0..=u64::from(code.u32()?) {
        outermost = outermost.max(code.u32()?);
    }
    Ok(Operator::MayBranch(outermost))
}
