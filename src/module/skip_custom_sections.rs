//! Reading a module's file without its custom sections: names and debug information, which are most of
//! what TinyGo writes, and which nothing that only runs the module wants. Those that name the compiler are small,
//! and stay.

use super::interface::may_name_compiler;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// The length of what goes before the first section.
const PREAMBLE: u64 = 8;

/// What is read of a section: its id, its size in LEB128, and the name of a custom one.
const SECTION_HEAD: usize = 64;

/// The size of a custom section that stays, in bytes, at most.
const MAX_KEPT_BYTES: u32 = 4 << 10;

/// The module in `file`, which has `length` bytes, without its custom sections. `None` where it is not
/// laid out as a module should be: whoever reads all of it can tell what is wrong.
pub(super) fn read(file: &File, length: u64) -> Option<Vec<u8>> {
    let wanted = wanted(file, length)?;
    let size = wanted.iter().map(|part| part.end - part.start).sum::<u64>();
    let size = usize::try_from(size).ok()?;
    let mut wasm = Vec::with_capacity(size);
    for part in wanted {
        let mut source = file;
        source.seek(SeekFrom::Start(part.start)).ok()?;
        let length = part.end - part.start;
        source.take(length).read_to_end(&mut wasm).ok()?;
    }
    // The file may have become shorter.
    (wasm.len() == size).then_some(wasm)
}

/// How many sections are looked at. Each takes a read of its own, which is not worth it for many small ones.
const MAX_SECTIONS: usize = 1_000;

/// The parts of the file that are no custom sections, each as long as can be.
fn wanted(file: &File, length: u64) -> Option<Vec<Range<u64>>> {
    let mut parts: Vec<Range<u64>> = Vec::new();
    let (mut start, mut at) = (0, PREAMBLE);
    let mut sections = 0..MAX_SECTIONS;
    while at < length {
        sections.next()?;
        let section = section(file, at).ok()??;
        if section.content.end > length {
            return None;
        }
        if section.is_left_out {
            if start < at {
                parts.push(start..at);
            }
            start = section.content.end;
        }
        at = section.content.end;
    }
    parts.push(start..length);
    Some(parts)
}

struct Section {
    is_left_out: bool,
    content: Range<u64>,
}

/// The section that begins at `at`; `None` where none can be told there.
fn section(file: &File, at: u64) -> io::Result<Option<Section>> {
    let mut head = [0; SECTION_HEAD];
    let read = file.read_at(&mut head, at)?;
    let Some((id, size)) = head[..read].split_first() else {
        return Ok(None);
    };
    let Some((length, bytes)) = leb128(size) else {
        return Ok(None);
    };
    let start = at + 1 + bytes;
    let content = size.get(bytes as usize..).unwrap_or_default();
    let is_left_out = match id {
        0 => name(content, length).map(|name| length > MAX_KEPT_BYTES || !may_name_compiler(name)),
        _ => Some(false),
    };
    Ok(is_left_out.map(|is_left_out| Section {
        is_left_out,
        content: start..start + u64::from(length),
    }))
}

/// The name with which a custom section's content has to begin. One that is longer than what was read is for
/// others to judge.
fn name(content: &[u8], length: u32) -> Option<&str> {
    let (name, bytes) = leb128(content)?;
    let end = bytes + u64::from(name);
    let name = content.get(bytes as usize..end as usize)?;
    let name = std::str::from_utf8(name).ok()?;
    (end <= u64::from(length)).then_some(name)
}

/// A number in LEB128 and how many bytes it takes.
fn leb128(bytes: &[u8]) -> Option<(u32, u64)> {
    let mut number = 0u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let number = u32::try_from(number).ok()?;
            return Some((number, index as u64 + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::read;
    use std::fs::File;
    use std::io::Write;

    #[test]
    fn custom_sections_are_left_out() {
        let preamble = b"\0asm\x01\0\0\0".as_slice();
        let (types, code) = (b"\x01\x01\0".as_slice(), b"\x0a\x81\x00\0".as_slice());
        let custom = b"\0\x05\x04name".as_slice();
        let go = b"\0\x0b\x0ago:buildid".as_slice();
        let producers = b"\0\x0b\x09producers\0".as_slice();
        for (parts, left) in [
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
            let whole = [&[preamble], parts.as_slice()].concat().concat();
            let left = left.map(|left| [&[preamble], left.as_slice()].concat().concat());
            let read = tempfile::NamedTempFile::new().and_then(|mut file| {
                file.write_all(&whole)?;
                let length = whole.len() as u64;
                let file = File::open(file.path())?;
                Ok(read(&file, length))
            });
            assert_eq!(read.ok(), Some(left), "{whole:?}");
        }
    }
}
