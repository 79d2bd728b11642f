//! Writing the binary format's numbers, as its specification has them: integers in LEB128, and whatever
//! has a length behind that length.

/// Writes an unsigned number.
pub(super) fn write_u32(to: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Writes a number as `i32.const` takes it.
pub(super) fn write_i32(to: &mut Vec<u8>, mut number: i32) {
    while !(-0x40..0x40).contains(&number) {
        to.push(number as u8 & 0x7f | 0x80);
        number >>= 7;
    }
    to.push(number as u8 & 0x7f);
}

/// Writes some bytes behind their length.
pub(super) fn write_sized(to: &mut Vec<u8>, bytes: &[u8]) {
    // No module is as large as 4 GiB.
    write_u32(to, bytes.len() as u32);
    to.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::{write_i32, write_u32};
    use crate::module::bytes::Reader;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for number in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u32::MAX >> 1, u32::MAX] {
            let mut bytes = Vec::new();
            write_u32(&mut bytes, number);
            assert_eq!(Reader::new(&bytes).u32(), Ok(number));
        }
    }

    #[test]
    fn signed_numbers_are_as_short_as_can_be() {
        for (number, bytes) in [
            (0, &[0][..]),
            (63, &[0x3f]),
            (64, &[0xc0, 0]),
            (-64, &[0x40]),
            (-65, &[0xbf, 0x7f]),
            (i32::MAX, &[0xff, 0xff, 0xff, 0xff, 7]),
        ] {
            let mut written = Vec::new();
            write_i32(&mut written, number);
            assert_eq!(written, bytes, "{number}");
        }
    }
}
