//! Reading and writing the binary format's numbers, as its specification has them: integers in LEB128,
//! and whatever has a length behind that length.

/// Why reading stopped: the bytes ended, or a number has more digits than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Bytes read from front to back.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next byte, left where it is.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over bytes that were looked at as a part of the rest.
    pub(super) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.bytes.len());
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let byte = *self.bytes.get(self.at).ok_or(Malformed)?;
        self.at += 1;
        Ok(byte)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(length).ok_or(Malformed)?;
        let bytes = self.bytes.get(self.at..end).ok_or(Malformed)?;
        self.at = end;
        Ok(bytes)
    }

    #[inline]
    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
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
    pub(super) fn skip_number(&mut self) -> Result<(), Malformed> {
        while self.byte()? & 0x80 != 0 {}
        Ok(())
    }

    /// What stands behind its length.
    pub(super) fn sized(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u32()?;
        self.bytes(length as usize)
    }
}

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
    use super::{Malformed, Reader, write_i32, write_u32};

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for number in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u32::MAX >> 1, u32::MAX] {
            let mut bytes = Vec::new();
            write_u32(&mut bytes, number);
            assert_eq!(Reader::new(&bytes).u32(), Ok(number));
        }
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
