//! The memory of a program before it runs, as its data segments write it. Official Go's linker omits zeros, so a table
//! can be spread over many segments. They are read where they are, so that gaps need no memory.

use crate::module::data_address::constant_address;
use wasmparser::{Parser, Payload};

/// The maximum length of a string that is read, in bytes.
const MAX_TEXT_BYTES: usize = 4 << 10;

/// The size of a word.
const WORD_BYTES: usize = 8;

/// The data segments of the first memory.
pub(super) struct MemoryImage<'a> {
    /// The address and the bytes of each segment, sorted by address.
    segments: Vec<(u32, &'a [u8])>,
    /// The address after the last segment.
    end: u64,
}

impl<'a> MemoryImage<'a> {
    /// Reads the data section. A malformed one is read as far as possible.
    pub(super) fn read(wasm: &'a [u8]) -> Self {
        let payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
        let data = payloads.filter_map(|payload| match payload {
            Payload::DataSection(data) => Some(data),
            _ => None,
        });
        let segments = data.flatten().map_while(Result::ok);
        let mut segments: Vec<_> = segments
            .filter_map(|data| Some((constant_address(&data)?, data.data)))
            .collect();
        segments.sort_by_key(|(address, _)| *address);
        let ends = segments
            .iter()
            .map(|(address, bytes)| u64::from(*address) + bytes.len() as u64);
        Self {
            end: ends.max().unwrap_or(0),
            segments,
        }
    }

    pub(super) fn u8(&self, address: u32) -> Option<u8> {
        self.bytes(address).map(|[byte]| byte)
    }

    pub(super) fn u32(&self, address: u32) -> Option<u32> {
        self.bytes(address).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&self, address: u32) -> Option<u64> {
        self.bytes(address).map(u64::from_le_bytes)
    }

    /// The string at an address, which ends before a zero byte; `None` if it is not UTF-8 or too long.
    pub(super) fn text(&self, address: u32) -> Option<&'a str> {
        let rest = self.rest_of_segment(address)?;
        let length = match rest.iter().take(MAX_TEXT_BYTES).position(|byte| *byte == 0) {
            Some(length) => length,
            None if rest.len() < MAX_TEXT_BYTES && self.ends_at(address, rest) => rest.len(),
            None => return None,
        };
        str::from_utf8(&rest[..length]).ok()
    }

    /// Returns true if a zero byte follows the bytes at an address, at the end of a segment.
    fn ends_at(&self, address: u32, rest: &[u8]) -> bool {
        let end = u64::from(address) + rest.len() as u64;
        let next = u32::try_from(end).ok().and_then(|end| self.u8(end));
        next.unwrap_or(0) == 0
    }

    /// The addresses of a word, at multiples of its size.
    pub(super) fn addresses_of(&self, word: [u8; WORD_BYTES]) -> impl Iterator<Item = u32> {
        let segments = self.segments.iter();
        segments.flat_map(move |(start, bytes)| {
            let misaligned = start.wrapping_neg() as usize % WORD_BYTES;
            let (before, aligned) = bytes.split_at(misaligned.min(bytes.len()));
            let (words, after) = aligned.as_chunks();
            let aligned_start = start.wrapping_add(before.len() as u32);
            let address = move |at: usize| aligned_start.wrapping_add((at * WORD_BYTES) as u32);
            let inside = words.iter().enumerate();
            let inside = inside.filter(move |(_, found)| **found == word);
            // The words at both ends may be partly in other segments or in gaps.
            let may_end = before.len() < misaligned || word.ends_with(before);
            let may_start = !after.is_empty() && word.starts_with(after);
            let first = (misaligned > 0 && may_end).then(|| start - start % WORD_BYTES as u32);
            let last = may_start.then(|| address(words.len()));
            let ends = first.into_iter().chain(last);
            let ends = ends.filter(move |end| self.bytes(*end) == Some(word));
            inside.map(move |(at, _)| address(at)).chain(ends)
        })
    }

    fn bytes<const N: usize>(&self, address: u32) -> Option<[u8; N]> {
        let rest = self.rest_of_segment(address).unwrap_or_default();
        if let Some(bytes) = rest.first_chunk() {
            return Some(*bytes);
        }
        if u64::from(address) + N as u64 > self.end {
            return None;
        }
        let mut bytes = [0; N];
        for (byte, distance) in bytes.iter_mut().zip(0..) {
            let rest = self.rest_of_segment(address.checked_add(distance)?);
            *byte = rest.and_then(|rest| rest.first().copied()).unwrap_or(0);
        }
        Some(bytes)
    }

    /// The bytes from an address to the end of its segment; `None` between segments.
    pub(super) fn rest_of_segment(&self, address: u32) -> Option<&'a [u8]> {
        let after = self
            .segments
            .partition_point(|(start, _)| *start <= address);
        let (start, bytes) = self.segments.get(after.checked_sub(1)?)?;
        bytes
            .get((address - start) as usize..)
            .filter(|rest| !rest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryImage;

    #[test]
    fn memory_is_read_across_segments() {
        let wasm = wat::parse_str(
            r#"(module (memory 1)
                (data (i32.const 32) "\04\05\00name\00unended")
                (data (i32.const 16) "\01\02\03")
                (data "passive"))"#,
        )
        .unwrap_or_default();
        let image = MemoryImage::read(&wasm);
        assert_eq!(image.u32(16), Some(0x0003_0201));
        assert_eq!(image.u64(26), Some(0x0504_0000_0000_0000));
        assert_eq!(image.u8(20), Some(0));
        assert_eq!(image.u32(44), None);
        assert_eq!(image.text(35), Some("name"));
        assert_eq!(image.text(40), Some("unended"));
        assert_eq!(image.text(20), None);
        let word = *b"name\0une";
        assert_eq!(image.addresses_of(word).count(), 0);
        let word = *b"\x04\x05\0name\0";
        assert_eq!(image.addresses_of(word).collect::<Vec<_>>(), [32]);
    }
}
