//! Tables of values by program counter: lines, files, inlined calls and frame sizes. Each is a list of differences,
//! written as variable-length integers: <https://go.dev/s/go12symtab>.

use super::image::MemoryImage;

/// The program counters of a function fit into 16 bits.
const MAX_BLOCK: u32 = u16::MAX as u32;

/// A value and the block before which it ends to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) end: u32,
    pub(super) value: i32,
}

/// Reads the table at an address. There are at most as many steps as a function has blocks.
pub(super) fn steps<'i>(
    image: &'i MemoryImage<'_>,
    address: u32,
) -> impl Iterator<Item = Step> + use<'i> {
    let mut reader = Reader {
        image,
        address,
        rest: &[],
    };
    let mut step = Step { end: 0, value: -1 };
    let mut is_first = true;
    std::iter::from_fn(move || {
        if step.end > MAX_BLOCK {
            return None;
        }
        let change = reader.varint()?;
        if change == 0 && !is_first {
            return None;
        }
        is_first = false;
        let blocks = reader.varint().filter(|blocks| *blocks > 0)?;
        step = Step {
            end: step.end.saturating_add(blocks),
            value: step.value.wrapping_add(signed(change)),
        };
        Some(step)
    })
}

/// The value for a block in the table at an address.
pub(super) fn value(image: &MemoryImage<'_>, address: u32, block: u32) -> Option<i32> {
    let mut steps = steps(image, address);
    steps.find(|step| block < step.end).map(|step| step.value)
}

/// Decodes an integer whose sign is in the lowest bit.
fn signed(zigzag: u32) -> i32 {
    (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed()
}

struct Reader<'i, 'a> {
    image: &'i MemoryImage<'a>,
    address: u32,
    /// The bytes from the address on, as far as they are known to be in one segment.
    rest: &'i [u8],
}

impl Reader<'_, '_> {
    fn varint(&mut self) -> Option<u32> {
        const BITS: u32 = 7;
        let mut result = 0;
        for shift in (0..u32::BITS).step_by(BITS as usize) {
            let byte = self.byte()?;
            result |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(result);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let address = self.address;
        self.address = address.checked_add(1)?;
        if let Some((byte, rest)) = self.rest.split_first() {
            self.rest = rest;
            return Some(*byte);
        }
        self.rest = self.image.rest_of_segment(self.address).unwrap_or_default();
        self.image.u8(address)
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, steps, value};
    use crate::module::pclntab::image::MemoryImage;

    #[test]
    fn values_are_decoded() {
        // 17 until block 1, 15 until block 131, and -1 until block 132.
        let table = r"\24\01\03\82\01\1f\01\00";
        let text = format!(r#"(module (memory 1) (data (i32.const 8) "{table}"))"#);
        let wasm = wat::parse_str(text).unwrap_or_default();
        let image = MemoryImage::read(&wasm);
        let found: Vec<_> = steps(&image, 8).collect();
        let expected = [(1, 17), (131, 15), (132, -1)];
        assert_eq!(found, expected.map(|(end, value)| Step { end, value }));
        for (block, expected) in [(0, Some(17)), (1, Some(15)), (130, Some(15)), (132, None)] {
            assert_eq!(value(&image, 8, block), expected, "{block}");
        }
        // Without a number of blocks, and outside of memory.
        assert_eq!(steps(&image, 15).count(), 0);
        assert_eq!(steps(&image, 100).count(), 0);
    }
}
