//! Finds the comparisons to zero that reach a `select` as its condition: directly, or over operators for which
//! the engine emits nothing, so that the comparison is still the last that it emitted.
//!
//! Those operators are: `nop`; constants, `local.get` and what is computed of constants; `local.set` and `local.tee`
//! of a local to itself; a shift or rotation by zero; `br_if` and `if` on a constant; `block` and `if` with parameters;
//! `end` of a loop; `select` between equal values, or on a constant; and `i64.extend_i32_u`, after which a comparison
//! of 64 bits turns the staged one of 32 bits into its negation. Where it is not known whether something is emitted,
//! the comparison is kept apart.

use wasmparser::{BinaryReader, BlockType, FunctionBody, Operator};

/// Where to insert an operator into a body, which starts at `offset` of what the places are counted in: after each
/// comparison that may reach a `select`. A malformed body is searched as far as it can be read.
pub(super) fn before_select(body: &[u8], offset: usize) -> Vec<usize> {
    let mut search = Search::default();
    let Ok(operators) = FunctionBody::new(BinaryReader::new(body, offset)).get_operators_reader()
    else {
        return Vec::new();
    };
    let mut operators = operators;
    while !operators.eof() {
        let first = body.get(operators.original_position() - offset);
        let Ok(operator) = operators.read() else {
            break;
        };
        let end = operators.original_position();
        search.step(&operator, first.copied().unwrap_or_default(), end);
    }
    search.inserts
}

/// A comparison that was the last operator for which the engine emitted anything.
struct Pending {
    /// Where it ends.
    end: usize,
    /// What lies above its result on the stack.
    above: Vec<Above>,
}

/// A value on the stack for which the engine may have emitted nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    /// A constant, or what may be known to be one.
    Constant,
    /// The value of this local.
    Local(u32),
}

/// The numeric operators, by how many operands they have.
enum Numeric {
    Unary,
    Binary,
    /// A binary one that is left out where the second operand is zero.
    Shift,
}

#[derive(Default)]
struct Search {
    pending: Option<Pending>,
    /// Whether there was an `i64.extend_i32_u`, so that a comparison of 64 bits may be emitted as one of 32.
    is_extended: bool,
    inserts: Vec<usize>,
}

impl Search {
    /// Follows an operator that begins with the byte `first` and ends at `end`.
    fn step(&mut self, operator: &Operator<'_>, first: u8, end: usize) {
        self.is_extended |= matches!(operator, Operator::I64ExtendI32U);
        match operator {
            Operator::I32Eqz | Operator::RefIsNull => self.compare(1, end),
            Operator::I32Eq | Operator::I32Ne => self.compare(2, end),
            Operator::I64Eqz if self.is_extended => self.compare(1, end),
            Operator::I64Eq | Operator::I64Ne if self.is_extended => self.compare(2, end),
            _ => self.pass(operator, first),
        }
    }

    fn compare(&mut self, operands: usize, end: usize) {
        // A comparison of constants may be computed, and the pending one would be the last emitted still.
        if let Some(pending) = &self.pending
            && pending.above.len() >= operands
            && pending.are_constants(operands)
        {
            self.keep_apart();
        }
        self.pending = Some(Pending {
            end,
            above: Vec::new(),
        });
    }

    /// Follows an operator that is not a comparison to look for.
    fn pass(&mut self, operator: &Operator<'_>, first: u8) {
        let Some(mut pending) = self.pending.take() else {
            return;
        };
        let reaches = match operator {
            Operator::Select | Operator::TypedSelect { .. } => pending.select(),
            Operator::Block { blockty } => may_have_params(*blockty).then_some(Reach::Unknown),
            Operator::If { blockty } if pending.above.last() == Some(&Above::Constant) => {
                may_have_params(*blockty).then_some(Reach::Unknown)
            }
            // Vectors are rare enough for them not to be followed.
            _ if first == VECTOR => Some(Reach::Unknown),
            _ => pending.follow(operator, first).then_some(Reach::Stays),
        };
        match reaches {
            Some(Reach::Stays) => self.pending = Some(pending),
            Some(Reach::Select | Reach::Unknown) => self.inserts.push(pending.end),
            None => {}
        }
    }

    fn keep_apart(&mut self) {
        self.inserts
            .extend(self.pending.take().map(|pending| pending.end));
    }
}

/// What becomes of a pending comparison.
enum Reach {
    /// It is pending still.
    Stays,
    /// It is the condition of a `select`.
    Select,
    /// It may be pending, but is not followed further.
    Unknown,
}

/// The first byte of the operators on vectors.
const VECTOR: u8 = 0xfd;

impl Pending {
    /// Whether the engine may know the last values to be constants.
    fn are_constants(&self, count: usize) -> bool {
        let values = self.above.iter().rev().take(count);
        values.filter(|value| **value == Above::Constant).count() == count
    }

    fn select(&mut self) -> Option<Reach> {
        match self.above[..] {
            [] => Some(Reach::Select),
            // The comparison's result is one of two values, chosen by a constant.
            [Above::Constant] | [_, Above::Constant] => {
                self.above.clear();
                Some(Reach::Stays)
            }
            [_] | [_, _] => None,
            _ => {
                self.above.truncate(self.above.len() - 2);
                Some(Reach::Stays)
            }
        }
    }

    /// Follows an operator, and answers whether the comparison may still be the last that was emitted.
    fn follow(&mut self, operator: &Operator<'_>, first: u8) -> bool {
        match operator {
            Operator::Nop | Operator::End => true,
            Operator::LocalGet { local_index } => self.push(Above::Local(*local_index)),
            Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::RefNull { .. }
            | Operator::GlobalGet { .. } => self.push(Above::Constant),
            Operator::LocalSet { local_index } => {
                self.above.pop() == Some(Above::Local(*local_index))
            }
            Operator::LocalTee { local_index } => {
                self.above.last() == Some(&Above::Local(*local_index))
            }
            Operator::BrIf { .. } => self.above.pop() == Some(Above::Constant),
            // Nothing is emitted for it, whatever the operand.
            Operator::I64ExtendI32U => true,
            _ => numeric(operator, first).is_some_and(|numeric| self.compute(&numeric)),
        }
    }

    fn push(&mut self, value: Above) -> bool {
        self.above.push(value);
        true
    }

    fn compute(&mut self, numeric: &Numeric) -> bool {
        match numeric {
            // A local may be reinterpreted.
            Numeric::Unary => !self.above.is_empty(),
            Numeric::Binary => {
                self.above.len() > 1 && self.are_constants(2) && self.above.pop().is_some()
            }
            Numeric::Shift => self.above.pop() == Some(Above::Constant),
        }
    }
}

fn numeric(operator: &Operator<'_>, first: u8) -> Option<Numeric> {
    match first {
        0x74..=0x78 | 0x86..=0x8a => Some(Numeric::Shift),
        0x46..=0x4f | 0x51..=0x66 | 0x6a..=0x73 | 0x7c..=0x85 | 0x92..=0x98 | 0xa0..=0xa6 => {
            Some(Numeric::Binary)
        }
        0x45..=0xc4 => Some(Numeric::Unary),
        0xfc if is_saturating(operator) => Some(Numeric::Unary),
        _ => None,
    }
}

fn is_saturating(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::I32TruncSatF32S
            | Operator::I32TruncSatF32U
            | Operator::I32TruncSatF64S
            | Operator::I32TruncSatF64U
            | Operator::I64TruncSatF32S
            | Operator::I64TruncSatF32U
            | Operator::I64TruncSatF64S
            | Operator::I64TruncSatF64U
    )
}

fn may_have_params(ty: BlockType) -> bool {
    matches!(ty, BlockType::FuncType(_))
}
