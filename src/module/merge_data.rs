//! Merges data segments. Official Go's linker omits zeros, so that its programs have tens of thousands of segments, and
//! a segment costs the engine more than the zeros that it saves. Segments with a small gap between them are merged if
//! the memory in the gap is zero.

use super::extern_type::ExternType;
use super::interface::Interface;
use super::sections::{CUSTOM, DATA, DATA_COUNT, Section, sections, write_section};
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

/// The bytes before and after the offset of a segment for the first memory.
const FIRST_MEMORY: u8 = 0;
const I32_CONST: u8 = 0x41;
const END: u8 = 0x0b;

/// The minimum number of segments to merge. With fewer, merging saves no time.
const MIN_SEGMENTS: u32 = 256;

/// The maximum number of segments to merge. The engine refuses modules with more.
const MAX_SEGMENTS: u32 = 100_000;

/// The maximum gap between two segments that are merged.
const MAX_GAP_BYTES: u64 = 64;

/// The maximum number of merged segments. With more, merging saves too little time.
const MAX_MERGED_SEGMENTS: usize = 64;

/// Merges the data segments of a module that has many. The module is unchanged if they cannot be merged or are
/// malformed.
pub(super) fn merge_segments(wasm: &mut Vec<u8>, interface: &Interface) {
    // An imported memory may already have other bytes than zeros.
    let mut imports = interface.imports.iter();
    if imports.any(|import| matches!(import.ty, ExternType::Memory(_))) {
        return;
    }
    let Some(section) = data_section(wasm) else {
        return;
    };
    let Some(merged) = merge(&wasm[section.content.clone()]) else {
        return;
    };
    let after = wasm.split_off(section.range.end);
    wasm.truncate(section.range.start);
    write_section(wasm, DATA, |to| {
        merged.len().encode(to);
        for segment in merged {
            to.extend_from_slice(&[FIRST_MEMORY, I32_CONST]);
            segment.offset.cast_signed().encode(to);
            to.push(END);
            segment.bytes.encode(to);
        }
    });
    wasm.extend_from_slice(&after);
}

/// Returns the data section, if it is the last section except for custom sections, and no instruction can refer to its
/// segments.
fn data_section(wasm: &[u8]) -> Option<Section> {
    let mut data = None;
    for section in sections(wasm) {
        let section = section.ok()?;
        match section.id {
            CUSTOM => {}
            DATA_COUNT => return None,
            DATA if data.is_none() => data = Some(section),
            _ if data.is_some() => return None,
            _ => {}
        }
    }
    data
}

/// Consecutive segments that are merged into one.
struct MergedSegment {
    offset: u32,
    bytes: Vec<u8>,
}

impl MergedSegment {
    fn end(&self) -> u64 {
        u64::from(self.offset) + self.bytes.len() as u64
    }

    /// Returns true if a segment at `offset` can be merged into this one. The zeros in the gap must not overwrite the data
    /// of the segments `before` this one.
    fn can_extend_to(&self, offset: u32, before: &[MergedSegment]) -> bool {
        let gap = self.end()..u64::from(offset);
        let is_apart =
            |other: &MergedSegment| other.end() <= gap.start || u64::from(other.offset) >= gap.end;
        gap.start <= gap.end
            && gap.end - gap.start <= MAX_GAP_BYTES
            && (gap.is_empty() || before.iter().all(is_apart))
    }
}

/// Returns the merged segments of a data section; `None` if it should not be changed.
fn merge(content: &[u8]) -> Option<Vec<MergedSegment>> {
    let mut reader = BinaryReader::new(content, 0);
    let count = reader.read_var_u32().ok()?;
    if !(MIN_SEGMENTS..=MAX_SEGMENTS).contains(&count) {
        return None;
    }
    let mut merged: Vec<MergedSegment> = Vec::new();
    for _ in 0..count {
        let (offset, bytes) = read_segment(&mut reader)?;
        let extends = merged
            .split_last()
            .is_some_and(|(last, before)| last.can_extend_to(offset, before));
        let count = merged.len();
        match merged.last_mut() {
            Some(last) if extends => {
                last.bytes.resize((offset - last.offset) as usize, 0);
                last.bytes.extend_from_slice(bytes);
            }
            _ if count == MAX_MERGED_SEGMENTS => return None,
            _ => merged.push(MergedSegment {
                offset,
                bytes: bytes.to_vec(),
            }),
        }
    }
    reader.eof().then_some(merged)
}

/// Reads a segment for the first memory. Returns its offset and bytes; `None` if it is another kind of segment, or
/// malformed.
fn read_segment<'a>(reader: &mut BinaryReader<'a>) -> Option<(u32, &'a [u8])> {
    if reader.read_u8().ok()? != FIRST_MEMORY || reader.read_u8().ok()? != I32_CONST {
        return None;
    }
    let offset = reader.read_var_i32().ok()?.cast_unsigned();
    if reader.read_u8().ok()? != END {
        return None;
    }
    let length = reader.read_var_u32().ok()?;
    Some((offset, reader.read_bytes(length as usize).ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::interface::Interface;
    use super::merge_segments;

    /// Returns the number of data segments, and a memory of 64 KiB that they were written to.
    fn memory(wasm: &[u8]) -> (usize, Vec<u8>) {
        let mut memory = vec![0; 64 << 10];
        let mut count = 0;
        for payload in wasmparser::Parser::new(0).parse_all(wasm).flatten() {
            let wasmparser::Payload::DataSection(segments) = payload else {
                continue;
            };
            for segment in segments.into_iter().flatten() {
                let wasmparser::DataKind::Active { offset_expr, .. } = segment.kind else {
                    continue;
                };
                let mut operators = offset_expr.get_operators_reader().into_iter();
                if let Some(Ok(wasmparser::Operator::I32Const { value })) = operators.next() {
                    let start = value as usize;
                    memory[start..start + segment.data.len()].copy_from_slice(segment.data);
                    count += 1;
                }
            }
        }
        (count, memory)
    }

    #[test]
    fn segments_are_merged_if_the_memory_stays_the_same() {
        let apart = |distance: usize, count: usize| -> String {
            let segment = |index| format!(r#"(data (i32.const {}) "abc")"#, index * distance);
            (0..count).map(segment).collect()
        };
        for (text, merged) in [
            (format!("(memory 1) {}", apart(3, 300)), 1),
            (format!("(memory 1) {}", apart(60, 300)), 1),
            (format!("(memory 1) {}", apart(100, 300)), 300),
            // Of overlapping segments, the later one wins.
            (format!("(memory 1) {}", apart(2, 300)), 300),
            // Zeros would overwrite earlier segments.
            (
                format!("(memory 1) {} {}", apart(8, 300), apart(4, 300)),
                600,
            ),
            (
                format!(
                    r#"(memory 1) (data (i32.const 905) "LOST") (data (i32.const 900) "y")
                       (data (i32.const 920) "z") {}"#,
                    apart(3, 300)
                ),
                4,
            ),
            (
                format!(r#"(memory 1) {} (data (i32.const 9000) "")"#, apart(8, 300)),
                2,
            ),
            // Too few segments.
            (format!("(memory 1) {}", apart(8, 200)), 200),
            (
                format!(r#"(memory 1) {} (@custom "after" "abc")"#, apart(8, 300)),
                1,
            ),
            // Segments that must not be merged.
            (
                format!(r#"(import "a" "b" (memory 1)) {}"#, apart(8, 300)),
                300,
            ),
            (
                format!(
                    "(memory 1) {} (func i32.const 0 i32.const 0 i32.const 0 memory.init 0)",
                    apart(8, 300)
                ),
                300,
            ),
            (
                format!(r#"(memory 1) {} (data "passive")"#, apart(8, 300)),
                300,
            ),
        ] {
            let wasm = wat::parse_str(format!("(module {text})")).unwrap_or_default();
            let interface = Interface::read(&wasm).unwrap_or_default();
            let mut after = wasm.clone();
            merge_segments(&mut after, &interface);
            let ((_, before), (count, memory)) = (memory(&wasm), memory(&after));
            assert_eq!(count, merged, "{text}");
            assert!(memory == before, "{text}");
            assert!(wasmparser::validate(&after).is_ok(), "{text}");
        }
    }

    #[test]
    fn random_segments_write_the_same_memory_after_merging() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            // Xorshift (Marsaglia): pseudorandom numbers.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let mut merged = 0;
        for _ in 0..300 {
            let mut text = String::new();
            let mut end = 0;
            for index in 0..400_u64 {
                let offset = match random(40) {
                    0 => random(30_000),
                    _ => end + random(20),
                };
                let bytes = format!("{index:03}").repeat(random(4) as usize);
                end = offset + bytes.len() as u64;
                text += &format!("(data (i32.const {offset}) \"{bytes}\")");
            }
            let wasm = wat::parse_str(format!("(module (memory 1) {text})")).unwrap_or_default();
            let interface = Interface::read(&wasm).unwrap_or_default();
            let mut after = wasm.clone();
            merge_segments(&mut after, &interface);
            assert!(memory(&wasm).1 == memory(&after).1, "{text}");
            merged += usize::from(after != wasm);
        }
        assert!(merged > 100, "{merged}");
    }
}
