//! The operand stack, of which only the types are kept, a byte each.

use super::Unsure;
use crate::module::ValueType;

/// The type of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Of(ValueType),
    /// Any type: what code that is not reached finds on the stack.
    Any,
}

impl Operand {
    pub(super) fn is(self, ty: ValueType) -> bool {
        self == Self::Of(ty) || self == Self::Any
    }

    /// Whether it is no vector and no reference.
    pub(super) fn is_number(self) -> bool {
        use ValueType::{F32, F64, I32, I64};
        matches!(self, Self::Any | Self::Of(I32 | I64 | F32 | F64))
    }
}

/// How many operands there is room for: more than compilers have use for.
const ROOM: usize = 1024;

/// The operand stack.
pub(super) struct Stack {
    operands: Box<[Operand; ROOM]>,
    height: usize,
}

impl Stack {
    pub(super) fn new() -> Self {
        Self {
            operands: Box::new([Operand::Any; ROOM]),
            height: 0,
        }
    }

    /// How many operands it holds.
    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Takes off what is above this height.
    pub(super) fn lower_to(&mut self, height: usize) {
        self.height = self.height.min(height);
    }

    #[inline]
    pub(super) fn push(&mut self, operand: Operand) -> Result<(), Unsure> {
        *self.operands.get_mut(self.height).ok_or(Unsure)? = operand;
        self.height += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Result<Operand, Unsure> {
        let height = self.height.checked_sub(1).ok_or(Unsure)?;
        let operand = self.operands.get(height).copied().ok_or(Unsure)?;
        self.height = height;
        Ok(operand)
    }

    /// The operands above this height.
    pub(super) fn above(&self, height: usize) -> &[Operand] {
        self.operands.get(height..self.height).unwrap_or_default()
    }
}
