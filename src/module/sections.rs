//! The sections of a module as ranges of bytes, for code that changes one section and copies the others.

use std::ops::Range;
use wasmparser::{BinaryReader, Result};

/// The length of what precedes the first section: the magic number and the version.
pub(super) const HEADER_BYTES: usize = 8;

/// The ids of sections.
pub(super) const CUSTOM: u8 = 0;
pub(super) const CODE: u8 = 10;
pub(super) const DATA: u8 = 11;
pub(super) const DATA_COUNT: u8 = 12;

/// Where a section is in the module.
pub(super) struct Section {
    pub(super) id: u8,
    /// The section with its id and size.
    pub(super) range: Range<usize>,
    pub(super) content: Range<usize>,
}

/// Reads the sections of a module in order.
///
/// # Errors
///
/// One, in place of the first section that is malformed.
pub(super) fn sections(wasm: &[u8]) -> impl Iterator<Item = Result<Section>> {
    let mut reader = BinaryReader::new(wasm, 0);
    let header = reader.read_bytes(HEADER_BYTES).map(|_| ());
    let mut is_malformed = header.is_err();
    std::iter::from_fn(move || {
        if is_malformed || reader.eof() {
            return None;
        }
        let section = read_section(&mut reader);
        is_malformed = section.is_err();
        Some(section)
    })
}

fn read_section(reader: &mut BinaryReader<'_>) -> Result<Section> {
    let start = reader.original_position();
    let id = reader.read_u8()?;
    let content = reader.read_reader()?.range();
    Ok(Section {
        id,
        range: start..content.end,
        content,
    })
}

/// Appends a section whose content is what `write` appends, and returns the result of that. The size is written with as
/// many digits as any size needs, since it is known only in the end.
pub(super) fn write_section<T>(
    to: &mut Vec<u8>,
    id: u8,
    write: impl FnOnce(&mut Vec<u8>) -> T,
) -> T {
    const SIZE_DIGITS: usize = 5;
    to.push(id);
    let start = to.len();
    to.extend_from_slice(&[0x80, 0x80, 0x80, 0x80, 0]);
    let result = write(to);
    let mut size = to.len() - start - SIZE_DIGITS;
    for digit in &mut to[start..start + SIZE_DIGITS] {
        *digit |= size as u8 & 0x7f;
        size >>= 7;
    }
    result
}
