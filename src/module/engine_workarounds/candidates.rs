//! A fast search for places where a comparison may reach a `select`. Nearly every module is found to have none
//! by looking at each byte once; nothing is decoded. It may find too many places, never too few.

use memchr::memchr2_iter;

const SELECT: u8 = 0x1b;
const TYPED_SELECT: u8 = 0x1c;

/// The places in a code section of a `select`, or of a byte that looks like one, after an operator that may leave a
/// comparison's result where it is, or a byte that looks like one.
pub(super) fn candidates(code: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let selects = memchr2_iter(SELECT, TYPED_SELECT, code);
    selects.filter(|at| may_follow_comparison(&code[..*at]))
}

/// Whether the last of these operators may leave a comparison's result on top of the stack.
fn may_follow_comparison(before: &[u8]) -> bool {
    match before {
        // Comparisons: i32, i64, ref.is_null.
        [.., 0x45..=0x47 | 0x50..=0x52 | 0xd1] => true,
        // nop, else, end, select, shifts and rotations of i32: mostly the index of a `local.get` or `global.get` that
        // looks like one.
        [
            ..,
            third,
            0x20 | 0x23,
            0x01 | 0x05 | 0x0b | SELECT | 0x74..=0x78,
        ] => may_take_index(*third),
        [.., 0x01 | 0x05 | 0x0b | SELECT | 0x74..=0x78] => true,
        [.., TYPED_SELECT, 0x01, _] => true,
        _ => is_index_of_transparent(before),
    }
}

/// Whether a byte may be before 0x20 or 0x23 as an operator with that index or number: `local.set`, `br_if`, `block`,
/// `if`, `i32.const`, `global.get`; or as the first digit of a number.
fn may_take_index(byte: u8) -> bool {
    matches!(byte, 0x02 | 0x04 | 0x0d | 0x21 | 0x23 | 0x41 | 0x80..)
}

/// Whether the last bytes may be `local.set`, `br_if`, `block` or `if` with an index.
fn is_index_of_transparent(before: &[u8]) -> bool {
    let Some((0..0x80, digits)) = before.split_last() else {
        return false;
    };
    let operator = digits.iter().rev().find(|byte| **byte < 0x80);
    matches!(operator, Some(0x02 | 0x04 | 0x0d | 0x21))
}
