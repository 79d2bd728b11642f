//! Finds comparisons with zero that are the condition of a `select`, either directly or after operators for which the
//! engine emits no instruction. The comparison is then still the last emitted instruction.
//!
//! Those operators are: `nop`; constants, `local.get` and operators on constants; `local.set` and `local.tee`
//! of a local to itself; a shift or rotation by zero; `br_if` and `if` on a constant; `block` and `if` with parameters;
//! `end` of a loop; `select` between equal values, or on a constant; and `i64.extend_i32_u`, after which a comparison
//! of 64 bits turns the staged one of 32 bits into its negation. If in doubt, an operator is inserted.

use smallvec::SmallVec;
use wasmparser::{BinaryReader, BlockType, ConstExpr, FunctionBody, Operator, OperatorsReader};

/// The globals of a module. The engine replaces an immutable one by its value, and emits nothing for its `global.get`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Globals {
    /// All globals that the module defines are mutable.
    Mutable,
    #[default]
    SomeImmutable,
}

/// The offsets in a function body at which to insert an operator: after each comparison that may be the condition of a
/// `select`. A malformed body is searched up to the error.
pub(super) fn before_select(body: &[u8], globals: Globals) -> Vec<usize> {
    let Some(last) = last_candidate(body, globals) else {
        return Vec::new();
    };
    let Ok(mut operators) = FunctionBody::new(BinaryReader::new(body, 0)).get_operators_reader()
    else {
        return Vec::new();
    };
    let mut search = Search {
        globals,
        ..Search::default()
    };
    while operators.original_position() <= last || search.pending.is_some() {
        if search.read(body, &mut operators).is_none() {
            break;
        }
    }
    search.inserts
}

/// The last offset at which there may be such a comparison. Decoding each function would take a large part of the
/// start-up time of a small program. So this searches for the bytes of a comparison, which may also be part of another
/// operator, and decodes only the operators that follow, usually one.
fn last_candidate(body: &[u8], globals: Globals) -> Option<usize> {
    let is_candidate = |at: &usize| {
        is_comparison(body[*at])
            && may_follow(&body[at + 1..], globals)
            && may_reach_select(&body[*at..], globals)
    };
    // Many chunks have no byte of a comparison. Vector instructions check all bytes of a chunk at once.
    let (head, chunks) = body.as_rchunks::<16>();
    let in_chunk = |(index, chunk): (usize, &[u8; 16])| {
        let any = (chunk.iter()).fold(0, |any, byte| any | u8::from(is_comparison(*byte)));
        let start = head.len() + 16 * index;
        (any != 0).then(|| (start..start + 16).rev().find(is_candidate))?
    };
    let found = chunks.iter().enumerate().rev().find_map(in_chunk);
    found.or_else(|| (0..head.len()).rev().find(is_candidate))
}

/// The maximum number of bytes that are decoded after a possible comparison. If they do not decide, the whole function
/// is decoded, so that the time stays linear.
const MAX_CANDIDATE_BYTES: usize = 32;

/// Returns false if a comparison at the start of `code` cannot be the condition of a `select`.
fn may_reach_select(code: &[u8], globals: Globals) -> bool {
    let code = &code[..code.len().min(MAX_CANDIDATE_BYTES)];
    let mut search = Search {
        // The operators before the comparison are unknown.
        is_extended: true,
        globals,
        ..Search::default()
    };
    let mut operators = ConstExpr::new(BinaryReader::new(code, 0)).get_operators_reader();
    while search.read(code, &mut operators).is_some() {
        if !search.inserts.is_empty() {
            return true;
        }
        if search.pending.is_none() {
            return false;
        }
    }
    code.len() == MAX_CANDIDATE_BYTES
}

/// Returns true for the first byte of the comparisons to search for. Without branches, so that it can be vectorized.
fn is_comparison(byte: u8) -> bool {
    (byte.wrapping_sub(0x45) < 3) | (byte.wrapping_sub(0x50) < 3) | (byte == 0xd1)
}

/// Returns false if the operators at the start of `code` end the search for a `select` after a comparison. So does
/// another comparison, which is itself a candidate.
fn may_follow(code: &[u8], globals: Globals) -> bool {
    // Asyncify writes this for each call: `state == 1`, `1`, `global.get state`.
    if globals == Globals::Mutable && matches!(code, [I32_CONST, 0..=0x7f, GLOBAL_GET, ..]) {
        return false;
    }
    let mut operators = code.iter().copied();
    let next = operators.find(|byte| *byte != I64_EXTEND_I32_U);
    // nop, block, end, select, local.get, constants, ref.null.
    next.is_some_and(|byte| {
        matches!(
            byte,
            0x01 | 0x02 | 0x0b | 0x1b | 0x1c | 0x20 | 0x41..=0x44 | 0xd0 | GLOBAL_GET | VECTOR
        )
    })
}

const GLOBAL_GET: u8 = 0x23;
const I32_CONST: u8 = 0x41;

/// The operator that emits nothing for any operand.
const I64_EXTEND_I32_U: u8 = 0xad;

/// A comparison that is still the last emitted instruction.
struct Pending {
    /// The offset after the comparison.
    end: usize,
    /// The values above the result on the stack.
    above: SmallVec<[StackValue; 4]>,
}

/// A value for which the engine may have emitted nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StackValue {
    /// A constant, or a value that the engine may know to be one.
    Constant,
    /// The value of this local.
    Local(u32),
}

/// The kinds of numeric operators, by their operands.
enum NumericOperator {
    Unary,
    Binary,
    /// A binary operator for which nothing is emitted if the second operand is zero.
    Shift,
}

#[derive(Default)]
struct Search {
    pending: Option<Pending>,
    /// True after an `i64.extend_i32_u`. A 64-bit comparison may then be emitted as a 32-bit one.
    is_extended: bool,
    globals: Globals,
    inserts: Vec<usize>,
}

impl Search {
    /// Follows the next operator of `code`; `None` at the end, or if the operator is malformed.
    fn read(&mut self, code: &[u8], operators: &mut OperatorsReader<'_>) -> Option<()> {
        let first = *code.get(operators.original_position())?;
        let operator = operators.read().ok()?;
        self.step(&operator, first, operators.original_position());
        Some(())
    }

    /// Follows an operator that starts with the byte `first` and ends at `end`.
    fn step(&mut self, operator: &Operator<'_>, first: u8, end: usize) {
        self.is_extended |= matches!(operator, Operator::I64ExtendI32U);
        match operator {
            Operator::I32Eqz | Operator::RefIsNull => self.compare(1, end),
            Operator::I32Eq | Operator::I32Ne => self.compare(2, end),
            Operator::I64Eqz if self.is_extended => self.compare(1, end),
            Operator::I64Eq | Operator::I64Ne if self.is_extended => self.compare(2, end),
            _ => self.follow_other(operator, first),
        }
    }

    fn compare(&mut self, operands: usize, end: usize) {
        // The engine may evaluate a comparison of constants, so that the pending one is still the last one emitted.
        if let Some(pending) = &self.pending
            && pending.are_constants(operands)
        {
            self.insert();
        }
        self.pending = Some(Pending {
            end,
            above: SmallVec::new(),
        });
    }

    /// Follows an operator that is not a comparison.
    fn follow_other(&mut self, operator: &Operator<'_>, first: u8) {
        let Some(mut pending) = self.pending.take() else {
            return;
        };
        let effect = match operator {
            Operator::Select | Operator::TypedSelect { .. } => pending.select(),
            Operator::Block { blockty } => may_have_params(*blockty).then_some(Effect::Unknown),
            Operator::If { blockty } if pending.above.last() == Some(&StackValue::Constant) => {
                may_have_params(*blockty).then_some(Effect::Unknown)
            }
            Operator::GlobalGet { .. } if self.globals == Globals::Mutable => None,
            // Vectors are rare, and not followed.
            _ if first == VECTOR => Some(Effect::Unknown),
            _ => pending.follow(operator, first).then_some(Effect::Pending),
        };
        match effect {
            Some(Effect::Pending) => self.pending = Some(pending),
            Some(Effect::Select | Effect::Unknown) => self.inserts.push(pending.end),
            None => {}
        }
    }

    fn insert(&mut self) {
        self.inserts
            .extend(self.pending.take().map(|pending| pending.end));
    }
}

/// The effect of an operator on a pending comparison.
enum Effect {
    /// The comparison is still pending.
    Pending,
    /// The comparison is the condition of a `select`.
    Select,
    /// The comparison may still be pending, but is not followed further.
    Unknown,
}

/// The first byte of the operators on vectors.
const VECTOR: u8 = 0xfd;

impl Pending {
    /// Returns true if the engine may know that the last `count` values are constants.
    fn are_constants(&self, count: usize) -> bool {
        let values = self.above.iter().rev().take(count);
        values
            .filter(|value| **value == StackValue::Constant)
            .count()
            == count
    }

    fn select(&mut self) -> Option<Effect> {
        match self.above[..] {
            [] => Some(Effect::Select),
            // A constant chooses between the comparison's result and another value.
            [StackValue::Constant] | [_, StackValue::Constant] => {
                self.above.clear();
                Some(Effect::Pending)
            }
            [_] | [_, _] => None,
            _ => {
                self.above.truncate(self.above.len() - 2);
                Some(Effect::Pending)
            }
        }
    }

    /// Follows an operator. Returns true if the comparison may still be the last emitted instruction.
    fn follow(&mut self, operator: &Operator<'_>, first: u8) -> bool {
        match operator {
            Operator::Nop | Operator::End => true,
            Operator::LocalGet { local_index } => self.push(StackValue::Local(*local_index)),
            Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::RefNull { .. }
            | Operator::GlobalGet { .. } => self.push(StackValue::Constant),
            Operator::LocalSet { local_index } => {
                self.above.pop() == Some(StackValue::Local(*local_index))
            }
            Operator::LocalTee { local_index } => {
                self.above.last() == Some(&StackValue::Local(*local_index))
            }
            Operator::BrIf { .. } => self.above.pop() == Some(StackValue::Constant),
            // Nothing is emitted for any operand.
            Operator::I64ExtendI32U => true,
            _ => numeric(first).is_some_and(|numeric| self.compute(&numeric)),
        }
    }

    fn push(&mut self, value: StackValue) -> bool {
        self.above.push(value);
        true
    }

    fn compute(&mut self, numeric: &NumericOperator) -> bool {
        match numeric {
            // The engine reinterprets a local without an instruction.
            NumericOperator::Unary => !self.above.is_empty(),
            NumericOperator::Binary => self.are_constants(2) && self.above.pop().is_some(),
            NumericOperator::Shift => self.above.pop() == Some(StackValue::Constant),
        }
    }
}

/// The kind of the operator with this first byte.
fn numeric(first: u8) -> Option<NumericOperator> {
    match first {
        0x74..=0x78 | 0x86..=0x8a => Some(NumericOperator::Shift),
        0x46..=0x4f | 0x51..=0x66 | 0x6a..=0x73 | 0x7c..=0x85 | 0x92..=0x98 | 0xa0..=0xa6 => {
            Some(NumericOperator::Binary)
        }
        0x45..=0xc4 => Some(NumericOperator::Unary),
        // The conversions that saturate, and operators on memories and tables, for which something is always emitted.
        0xfc => Some(NumericOperator::Unary),
        _ => None,
    }
}

fn may_have_params(ty: BlockType) -> bool {
    matches!(ty, BlockType::FuncType(_))
}

#[cfg(test)]
mod tests;
