//! Steps from operator to operator, several times as fast as decoding them, to rule out functions in which only the
//! bytes look as if a comparison reached a `select`. Most candidates are such: a number, or an operator's index.

/// Whether the operator before some `select` in a body may leave a comparison's result on top of the stack. A body
/// with operators that are not known here may.
pub(super) fn may_reach_select(body: &[u8]) -> bool {
    // A body that cannot be read to its end is left to decoding.
    let mut steps = Steps(body);
    steps.search().unwrap_or(true)
}

/// What follows an operator's first byte.
#[derive(Clone, Copy)]
enum Immediates {
    /// So many numbers in LEB128.
    Numbers(u8),
    /// So many bytes.
    Bytes(u8),
    /// An alignment, in which a bit announces a memory's index, and an offset.
    Access,
    /// A count and so many numbers, and one more of a branch table.
    List { more: u8 },
    /// A second number for the operator, and what depends on it.
    Prefixed,
    /// Vectors and what no compiler for Go emits.
    Unknown,
}

const IMMEDIATES: [Immediates; 256] = {
    let mut table = [Immediates::Unknown; 256];
    let mut first = 0;
    while first < 256 {
        table[first] = match first {
            0x00 | 0x01 | 0x05 | 0x0b | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {
                Immediates::Bytes(0)
            }
            0x02..=0x04 | 0x0c | 0x0d | 0x10 | 0x12 | 0x20..=0x26 | 0x3f..=0x42 | 0xd0 | 0xd2 => {
                Immediates::Numbers(1)
            }
            0x11 | 0x13 => Immediates::Numbers(2),
            0x43 => Immediates::Bytes(4),
            0x44 => Immediates::Bytes(8),
            0x28..=0x3e => Immediates::Access,
            0x0e => Immediates::List { more: 1 },
            0x1c => Immediates::List { more: 0 },
            0xfc => Immediates::Prefixed,
            _ => Immediates::Unknown,
        };
        first += 1;
    }
    table
};

const SELECT: u8 = 0x1b;
const TYPED_SELECT: u8 = 0x1c;
const I64_EXTEND_I32_U: u8 = 0xad;

/// The rest of a body.
struct Steps<'a>(&'a [u8]);

impl Steps<'_> {
    fn search(&mut self) -> Option<bool> {
        for _ in 0..self.number()? {
            self.number()?;
            self.bytes(1)?;
        }
        let (mut before, mut is_extended) = (0, false);
        while let Some(first) = self.byte() {
            if matches!(first, SELECT | TYPED_SELECT) && may_leave_comparison(before, is_extended) {
                return Some(true);
            }
            is_extended |= first == I64_EXTEND_I32_U;
            before = first;
            self.skip(IMMEDIATES[usize::from(first)])?;
        }
        Some(false)
    }

    fn skip(&mut self, immediates: Immediates) -> Option<()> {
        match immediates {
            Immediates::Bytes(0) => Some(()),
            Immediates::Bytes(count) => self.bytes(usize::from(count)),
            Immediates::Numbers(count) => self.numbers(u32::from(count)),
            Immediates::Access => {
                let alignment = self.number()?;
                self.numbers(1 + (alignment >> 6 & 1))
            }
            Immediates::List { more } => {
                let count = self.number()?;
                self.numbers(count.checked_add(u32::from(more))?)
            }
            Immediates::Prefixed => {
                let count = match self.number()? {
                    0..=7 => 0,
                    9 | 11 | 13 | 15..=17 => 1,
                    8 | 10 | 12 | 14 => 2,
                    _ => return None,
                };
                self.numbers(count)
            }
            Immediates::Unknown => None,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    /// A number, of which the value matters only where it is small.
    fn number(&mut self) -> Option<u32> {
        let first = self.byte()?;
        let mut number = u32::from(first & 0x7f);
        let (mut last, mut shift) = (first, 7);
        while last >= 0x80 {
            last = self.byte()?;
            number |= u32::from(last & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
        }
        Some(number)
    }

    fn numbers(&mut self, count: u32) -> Option<()> {
        for _ in 0..count {
            while self.byte()? >= 0x80 {}
        }
        Some(())
    }
}

/// Whether an operator may leave a comparison's result on top of the stack: a comparison, one that emits nothing, or
/// one that takes a value from above the result.
fn may_leave_comparison(operator: u8, is_extended: bool) -> bool {
    match operator {
        // i32.eqz, i32.eq, i32.ne, ref.is_null.
        0x45..=0x47 | 0xd1 => true,
        // i64.eqz, i64.eq, i64.ne, of 32 bits that were extended.
        0x50..=0x52 => is_extended,
        // nop, block, loop, if, else, end, br_if, select, local.set, shifts and rotations of i32.
        0x01..=0x05 | 0x0b | 0x0d | SELECT | TYPED_SELECT | 0x21 | 0x74..=0x78 => true,
        _ => false,
    }
}
