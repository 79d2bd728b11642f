//! Merges data segments. Official Go's linker omits zeros, so that its programs have tens of thousands of segments,
//! each of which costs the engine more than the zeros before it would. Segments with little between them become one,
//! where the memory has only zeros between them.

use super::interface::{ExternType, Interface};
use super::sections::{CUSTOM, DATA, DATA_COUNT, Section, sections, write_section};
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

/// How a segment for the first memory begins, and what surrounds its offset.
const FIRST_MEMORY: u8 = 0;
const I32_CONST: u8 = 0x41;
const END: u8 = 0x0b;

/// The number of segments below which merging gains nothing, and the number above which the engine refuses a module.
const MIN_SEGMENTS: u32 = 256;
const MAX_SEGMENTS: u32 = 100_000;

/// The largest gap between two segments that are merged.
const MAX_GAP_BYTES: u64 = 64;

/// The number of merged segments above which merging gains too little.
const MAX_MERGED_SEGMENTS: usize = 64;

/// Merges the data segments of a module that has many. Those that cannot be merged, or are malformed, stay as they are.
pub(super) fn merge_segments(wasm: &mut Vec<u8>, interface: &Interface) {
    // An imported memory may already hold something else than zeros.
    let mut imports = interface.imports.iter();
    if imports.any(|import| import.ty == ExternType::Memory) {
        return;
    }
    let Some(section) = data_section(wasm) else {
        return;
    };
    let Some(merged) = merge(&wasm[section.content.clone()]) else {
        return;
    };
    let after = wasm.split_off(section.range.end);
    let old = wasm.split_off(section.range.start);
    let content = section.content.start - section.range.start;
    if write(wasm, &old[content..], &merged).is_none() {
        wasm.truncate(section.range.start);
        wasm.extend_from_slice(&old);
    }
    wasm.extend_from_slice(&after);
}

/// Returns the data section, if only custom sections follow and no instruction can refer to its segments.
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

/// Consecutive segments that become one.
struct MergedSegment {
    offset: u32,
    segments: u32,
    length: u64,
}

impl MergedSegment {
    fn end(&self) -> u64 {
        u64::from(self.offset) + self.length
    }

    /// Returns true if a segment at `offset` can be merged into this one. The zeros up to there must not overwrite what
    /// the segments before this one have written.
    fn can_extend_to(&self, offset: u32, before: &[MergedSegment]) -> bool {
        let gap = self.end()..u64::from(offset);
        let is_apart =
            |other: &MergedSegment| other.end() <= gap.start || u64::from(other.offset) >= gap.end;
        gap.start <= gap.end
            && gap.end - gap.start <= MAX_GAP_BYTES
            && (gap.is_empty() || before.iter().all(is_apart))
    }
}

/// Returns the segments that a data section can be merged to; `None` if it should stay as it is.
fn merge(content: &[u8]) -> Option<Vec<MergedSegment>> {
    let mut reader = BinaryReader::new(content, 0);
    let count = reader.read_var_u32().ok()?;
    if !(MIN_SEGMENTS..=MAX_SEGMENTS).contains(&count) {
        return None;
    }
    let mut merged: Vec<MergedSegment> = Vec::new();
    for _ in 0..count {
        let (offset, bytes) = read_segment(&mut reader)?;
        let length = bytes.len() as u64;
        let extends = merged
            .split_last()
            .is_some_and(|(last, before)| last.can_extend_to(offset, before));
        let count = merged.len();
        match merged.last_mut() {
            Some(last) if extends => {
                last.length = u64::from(offset - last.offset) + length;
                last.segments += 1;
            }
            _ if count == MAX_MERGED_SEGMENTS => return None,
            _ => merged.push(MergedSegment {
                offset,
                segments: 1,
                length,
            }),
        }
    }
    reader.eof().then_some(merged)
}

/// Appends a data section with the segments of `content` merged; `None` if that is malformed.
fn write(wasm: &mut Vec<u8>, content: &[u8], merged: &[MergedSegment]) -> Option<()> {
    let mut reader = BinaryReader::new(content, 0);
    reader.read_var_u32().ok()?;
    write_section(wasm, DATA, |to| {
        merged.len().encode(to);
        for segment in merged {
            to.extend_from_slice(&[FIRST_MEMORY, I32_CONST]);
            segment.offset.cast_signed().encode(to);
            to.push(END);
            u32::try_from(segment.length).ok()?.encode(to);
            let start = to.len();
            for _ in 0..segment.segments {
                let (offset, bytes) = read_segment(&mut reader)?;
                to.resize(start + (offset - segment.offset) as usize, 0);
                to.extend_from_slice(bytes);
            }
        }
        Some(())
    })
}

/// Reads a segment for the first memory and its offset; `None` if it is another kind of segment, or malformed.
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

    /// What data segments leave in a memory of 64 KiB, and how many they are.
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
    fn segments_are_merged_where_that_changes_nothing() {
        let apart = |distance: usize, count: usize| -> String {
            let segment = |index| format!(r#"(data (i32.const {}) "abc")"#, index * distance);
            (0..count).map(segment).collect()
        };
        for (text, merged) in [
            (format!("(memory 1) {}", apart(3, 300)), 1),
            (format!("(memory 1) {}", apart(60, 300)), 1),
            (format!("(memory 1) {}", apart(100, 300)), 300),
            // Overlapping ones: the later wins.
            (format!("(memory 1) {}", apart(2, 300)), 300),
            // Zeros would overwrite what came before.
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
            // Too few to be worth it.
            (format!("(memory 1) {}", apart(8, 200)), 200),
            (
                format!(r#"(memory 1) {} (@custom "after" "abc")"#, apart(8, 300)),
                1,
            ),
            // What must stay.
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
    fn memories_stay_as_they_are() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            // Xorshift, by Marsaglia: numbers that look like chance and are the same every time.
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
