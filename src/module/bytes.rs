//! Reading and writing the binary format's numbers, as its specification has them: integers in LEB128,
//! and whatever has a length behind that length.

/// Why reading stopped: the bytes ended, or a number has more digits than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Bytes read from front to back.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next byte, left where it is.
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over bytes that were looked at as a part of the rest.
    pub fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.bytes.len());
    }

    #[inline]
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        let byte = *self.bytes.get(self.at).ok_or(Malformed)?;
        self.at += 1;
        Ok(byte)
    }

    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(length).ok_or(Malformed)?;
        let bytes = self.bytes.get(self.at..end).ok_or(Malformed)?;
        self.at = end;
        Ok(bytes)
    }

    #[inline]
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        let first = self.byte()?;
        if first & 0x80 == 0 {
            return Ok(u32::from(first));
        }
        let mut number = u32::from(first & 0x7f);
        for shift in [7, 14, 21, 28] {
            let byte = self.byte()?;
            if shift == 28 && byte > 0x0f {
                return Err(Malformed);
            }
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }

    /// Steps over a number in LEB128, whatever its type.
    #[inline]
    pub fn skip_number(&mut self) -> Result<(), Malformed> {
        while self.byte()? & 0x80 != 0 {}
        Ok(())
    }

    /// Steps over a signed number of so many bits, as it has to be: with no more digits than it may have, of
    /// which the last repeats the sign in what it has too many.
    #[inline]
    pub fn skip_signed(&mut self, bits: u32) -> Result<(), Malformed> {
        let mut left = bits;
        loop {
            let byte = self.byte()?;
            if left <= 7 {
                // The bits above the sign, which is the last of those that count.
                let above = (byte << 1).cast_signed() >> left;
                let is_last = byte & 0x80 == 0;
                return (is_last && (above == 0 || above == -1))
                    .then_some(())
                    .ok_or(Malformed);
            }
            if byte & 0x80 == 0 {
                return Ok(());
            }
            left -= 7;
        }
    }

    /// Reads a signed number of 32 bits.
    pub fn i32(&mut self) -> Result<i32, Malformed> {
        let start = self.at;
        self.skip_signed(32)?;
        let digits = self.bytes.get(start..self.at).ok_or(Malformed)?;
        let number = digits
            .iter()
            .rev()
            .fold(0, |number, digit| number << 7 | i64::from(digit & 0x7f));
        // The last digit's highest bit is the sign of all that would follow.
        let unused = 64 - 7 * digits.len();
        Ok((number << unused >> unused) as i32)
    }

    /// What stands behind its length.
    pub fn sized(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u32()?;
        self.bytes(length as usize)
    }
}

/// Writes an unsigned number.
pub fn write_u32(to: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Writes a number as `i32.const` takes it.
pub fn write_i32(to: &mut Vec<u8>, mut number: i32) {
    while !(-0x40..0x40).contains(&number) {
        to.push(number as u8 & 0x7f | 0x80);
        number >>= 7;
    }
    to.push(number as u8 & 0x7f);
}

/// Writes some bytes behind their length.
pub fn write_sized(to: &mut Vec<u8>, bytes: &[u8]) {
    // No module is as large as 4 GiB.
    write_u32(to, bytes.len() as u32);
    to.extend_from_slice(bytes);
}

/// Writes a section whose content `write` appends. Its size is written with as many digits as any size may have, since
/// it is known only in the end.
pub fn write_section<T>(to: &mut Vec<u8>, id: u8, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    const SIZE_DIGITS: usize = 5;
    to.push(id);
    let size_at = to.len();
    to.extend_from_slice(&[0x80, 0x80, 0x80, 0x80, 0]);
    let written = write(to);
    let mut size = to.len() - size_at - SIZE_DIGITS;
    for digit in &mut to[size_at..size_at + SIZE_DIGITS] {
        *digit |= size as u8 & 0x7f;
        size >>= 7;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Reader, write_i32, write_u32};

    #[test]
    fn numbers_have_no_more_digits_than_they_may() {
        for bytes in [
            &[][..],
            &[0x80],
            &[0xff; 5],
            &[0x80, 0x80, 0x80, 0x80, 0x10],
        ] {
            assert_eq!(Reader::new(bytes).u32(), Err(Malformed), "{bytes:?}");
        }
    }

    #[test]
    fn signed_numbers_repeat_their_sign() {
        let nine = [0x80; 9];
        let long = |last| [&nine[..], &[last]].concat();
        for (bits, bytes, is_well) in [
            (32, vec![0x7f], true),
            (32, vec![0xff, 0xff, 0xff, 0xff, 0x07], true),
            (32, vec![0x80, 0x80, 0x80, 0x80, 0x78], true),
            (32, vec![0x80, 0x80, 0x80, 0x80, 0x08], false),
            (32, vec![0x80, 0x80, 0x80, 0x80, 0x70], false),
            (32, vec![0x80, 0x80, 0x80, 0x80, 0x80, 0], false),
            (32, vec![0x80], false),
            (64, long(0x00), true),
            (64, long(0x7f), true),
            (64, long(0x01), false),
            (64, long(0x80), false),
        ] {
            let mut reader = Reader::new(&bytes);
            let read = reader.skip_signed(bits);
            assert_eq!(read.is_ok(), is_well, "{bits} {bytes:x?}");
            assert!(read.is_err() || reader.is_at_end(), "{bytes:x?}");
        }
    }

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
            assert_eq!(Reader::new(&written).i32(), Ok(number));
        }
    }
}
