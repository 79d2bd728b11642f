//! Reads a module without names and debug information. They are most of a TinyGo module, and only diagnostics need them.
//! Small sections that identify the compiler are kept.

use super::interface::may_identify_compiler;
use super::sections::{CUSTOM, HEADER_BYTES};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use wasmparser::BinaryReader;

/// The number of bytes that are read of a section, for its id, its size, and the name of a custom section.
const SECTION_HEAD_BYTES: usize = 64;

/// The maximum size of a custom section that is kept.
const MAX_KEPT_BYTES: u64 = 4 << 10;

/// The maximum number of sections. Beyond it, one read for each section is slower than reading the whole file.
const MAX_SECTIONS: usize = 1_000;

/// Reads the module in `file`, which has `length` bytes. Returns `None` if it is malformed, has more than `MAX_SECTIONS`
/// sections, cannot be read, or has become shorter. The caller then reads the whole file, which finds the error.
pub(super) fn read(file: &File, length: u64) -> Option<Vec<u8>> {
    let kept = kept_ranges(file, length)?;
    let lengths = kept.iter().map(|range| range.end - range.start);
    let mut wasm = vec![0; usize::try_from(lengths.sum::<u64>()).ok()?];
    let mut rest = wasm.as_mut_slice();
    for range in kept {
        let (part, after) = rest.split_at_mut((range.end - range.start) as usize);
        // Fails if the file has become shorter.
        file.read_exact_at(part, range.start).ok()?;
        rest = after;
    }
    Some(wasm)
}

/// Returns the ranges of the file between skipped sections.
fn kept_ranges(file: &File, length: u64) -> Option<Vec<Range<u64>>> {
    let mut kept: Vec<Range<u64>> = Vec::new();
    let (mut start, mut offset) = (0, HEADER_BYTES as u64);
    let mut sections = 0..MAX_SECTIONS;
    while offset < length {
        sections.next()?;
        let section = read_section_head(file, offset)?;
        if section.end > length {
            return None;
        }
        if section.is_skipped {
            if start < offset {
                kept.push(start..offset);
            }
            start = section.end;
        }
        offset = section.end;
    }
    kept.push(start..length);
    Some(kept)
}

struct SectionHead {
    is_skipped: bool,
    /// The offset of the section's end in the file.
    end: u64,
}

/// Reads the head of the section at an offset of the file; `None` if it is malformed, or its name is too long.
fn read_section_head(file: &File, offset: u64) -> Option<SectionHead> {
    let mut head = [0; SECTION_HEAD_BYTES];
    let count = file.read_at(&mut head, offset).ok()?;
    let mut reader = BinaryReader::new(&head[..count], 0);
    let id = reader.read_u8().ok()?;
    let size = u64::from(reader.read_var_u32().ok()?);
    let start = reader.original_position() as u64;
    let is_skipped = id == CUSTOM && {
        let name = reader.read_string().ok()?;
        if reader.original_position() as u64 > start + size {
            return None;
        }
        size > MAX_KEPT_BYTES || !may_identify_compiler(name)
    };
    Some(SectionHead {
        is_skipped,
        end: offset + start + size,
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use std::fs::File;
    use std::io::Write;

    #[test]
    fn custom_sections_are_skipped() {
        let header = b"\0asm\x01\0\0\0".as_slice();
        let (types, code) = (b"\x01\x01\0".as_slice(), b"\x0a\x81\x00\0".as_slice());
        let custom = b"\0\x05\x04name".as_slice();
        let go = b"\0\x0b\x0ago:buildid".as_slice();
        let producers = b"\0\x0b\x09producers\0".as_slice();
        for (parts, kept) in [
            (vec![], Some(vec![])),
            (vec![types, code], Some(vec![types, code])),
            (
                vec![custom, types, custom, custom, code],
                Some(vec![types, code]),
            ),
            (vec![types, custom], Some(vec![types])),
            (vec![go, custom, types], Some(vec![go, types])),
            (vec![types, custom, producers], Some(vec![types, producers])),
            (vec![types, b"\0\x00"], None),
            (vec![types, b"\0\x02\x04na"], None),
            (vec![types, b"\0\x02\x01\xff"], None),
            (vec![types, b"\x0a"], None),
            (vec![types, b"\x0a\x02\0"], None),
            (vec![types, b"\x0a\xff\xff\xff\xff\xff\0"], None),
        ] {
            let whole = [&[header], parts.as_slice()].concat().concat();
            let kept = kept.map(|kept| [&[header], kept.as_slice()].concat().concat());
            let read = tempfile::NamedTempFile::new().and_then(|mut file| {
                file.write_all(&whole)?;
                let length = whole.len() as u64;
                let file = File::open(file.path())?;
                Ok(read(&file, length))
            });
            assert_eq!(read.ok(), Some(kept), "{whole:?}");
        }
    }
}
