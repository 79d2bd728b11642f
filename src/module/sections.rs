//! The sections of a module as byte ranges, for code that changes one section and copies the others.

use std::ops::Range;
use wasmparser::{BinaryReader, Result};

/// The size of the module header: magic number and version.
pub(super) const HEADER_BYTES: usize = 8;

/// Section ids: <https://webassembly.github.io/spec/core/binary/modules.html#sections>.
pub(super) const CUSTOM: u8 = 0;
pub(super) const TYPE: u8 = 1;
pub(super) const IMPORT: u8 = 2;
pub(super) const FUNCTION: u8 = 3;
pub(super) const TABLE: u8 = 4;
pub(super) const MEMORY: u8 = 5;
pub(super) const GLOBAL: u8 = 6;
pub(super) const CODE: u8 = 10;
pub(super) const DATA: u8 = 11;
pub(super) const DATA_COUNT: u8 = 12;

/// The byte ranges of a section in the module.
pub(super) struct Section {
    pub(super) id: u8,
    /// The whole section, including its id and size.
    pub(super) range: Range<usize>,
    pub(super) content: Range<usize>,
}

/// Reads the sections of a module in order.
///
/// # Errors
///
/// The last item is an error if a section is malformed.
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

/// The offset of the code section's content.
pub(super) fn code_start(wasm: &[u8]) -> Option<u64> {
    let mut sections = sections(wasm).map_while(Result::ok);
    let code = sections.find(|section| section.id == CODE)?;
    Some(code.content.start as u64)
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

/// Appends a section with the content that `write` appends; returns `write`'s result. The size is a five-byte LEB128,
/// filled in afterwards.
pub(super) fn write_section<T>(
    to: &mut Vec<u8>,
    id: u8,
    write: impl FnOnce(&mut Vec<u8>) -> T,
) -> T {
    const SIZE_BYTES: usize = 5;
    to.push(id);
    let start = to.len();
    to.extend_from_slice(&[0x80, 0x80, 0x80, 0x80, 0]);
    let result = write(to);
    let mut size = to.len() - start - SIZE_BYTES;
    for byte in &mut to[start..start + SIZE_BYTES] {
        *byte |= size as u8 & 0x7f;
        size >>= 7;
    }
    result
}
