//! Joining data segments. Official Go's linker leaves zeros out, so that its programs come with tens of
//! thousands of segments, and each costs the engine far more than the zeros in front of it would. Segments
//! with little between them become one, where the memory has nothing but zeros between them.

use super::bytes::{Reader, write_i32, write_u32};
use super::interface::{ExternType, Interface};
use std::ops::Range;

/// The ids of sections.
const CUSTOM: u8 = 0;
const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;

/// What a segment begins with that is put into the first memory, and what comes before and behind its offset.
const FIRST_MEMORY: u8 = 0;
const I32_CONST: u8 = 0x41;
const END: u8 = 0x0b;

/// How many digits a section's size may have.
const SIZE_DIGITS: usize = 5;

/// The length of what goes before the first section.
const PREAMBLE: usize = 8;

/// From how many segments on it is worth the while, and up to how many the engine takes a module.
const MANY: u32 = 256;
const MOST: u32 = 100_000;

/// How many zeros may lie between segments that are joined.
const GAP: u64 = 64;

/// How many segments may be left for it to be worth the while.
const FEW: usize = 64;

/// Joins the data segments of a module where there are many. What cannot be joined, or is not as it should
/// be, stays as it is.
pub(super) fn merge_segments(wasm: &mut Vec<u8>, interface: &Interface) {
    // What is left out may be something else in a memory that was not made for the module.
    let mut imports = interface.imports.iter();
    if imports.any(|import| import.ty == ExternType::Memory) {
        return;
    }
    let Some(place) = data_section(wasm) else {
        return;
    };
    let Some(runs) = wasm.get(place.clone()).and_then(runs) else {
        return;
    };
    let after = wasm.split_off(place.end);
    let section = wasm.split_off(place.start);
    if write(wasm, &section, &runs).is_none() {
        wasm.truncate(place.start);
        wasm.extend_from_slice(&section);
    }
    wasm.extend_from_slice(&after);
}

/// The data section, if only custom ones follow and nothing can refer to single segments.
fn data_section(wasm: &[u8]) -> Option<Range<usize>> {
    let mut module = Reader::new(wasm);
    module.skip(PREAMBLE);
    let mut found = None;
    while !module.is_at_end() {
        let start = module.at();
        let id = module.byte().ok()?;
        module.sized().ok()?;
        match id {
            CUSTOM => {}
            DATA_COUNT => return None,
            DATA if found.is_none() => found = Some(start..module.at()),
            _ if found.is_some() => return None,
            _ => {}
        }
    }
    found
}

/// Segments that become one.
struct Run {
    offset: u32,
    segments: u32,
    length: u64,
}

impl Run {
    fn end(&self) -> u64 {
        u64::from(self.offset) + self.length
    }

    /// Whether it can go on at this offset, with zeros up to there. What runs before it have put into the
    /// memory must not be overwritten with them.
    fn can_reach(&self, offset: u32, before: &[Run]) -> bool {
        let gap = self.end()..u64::from(offset);
        let is_apart = |run: &Run| run.end() <= gap.start || u64::from(run.offset) >= gap.end;
        gap.start <= gap.end
            && gap.end - gap.start <= GAP
            && (gap.is_empty() || before.iter().all(is_apart))
    }
}

/// The runs of segments in a data section; `None` where it is to stay as it is.
fn runs(section: &[u8]) -> Option<Vec<Run>> {
    let (count, mut section) = segments(section)?;
    if !(MANY..=MOST).contains(&count) {
        return None;
    }
    let mut runs: Vec<Run> = Vec::new();
    for _ in 0..count {
        let (offset, bytes) = segment(&mut section)?;
        let length = bytes.len() as u64;
        let reaches = |(run, before): (&Run, &[Run])| run.can_reach(offset, before);
        let goes_on = runs.split_last().is_some_and(reaches);
        match runs.last_mut() {
            Some(run) if goes_on => {
                run.length = u64::from(offset - run.offset) + length;
                run.segments += 1;
            }
            _ => {
                if runs.len() == FEW {
                    return None;
                }
                runs.push(Run {
                    offset,
                    segments: 1,
                    length,
                });
            }
        }
    }
    section.is_at_end().then_some(runs)
}

/// Writes a data section in which each of these runs of `section` is one segment.
fn write(wasm: &mut Vec<u8>, section: &[u8], runs: &[Run]) -> Option<()> {
    let (_, mut segments) = segments(section)?;
    // The size is known once the section is written; five digits hold any.
    wasm.push(DATA);
    let size_at = wasm.len();
    wasm.extend_from_slice(&[0; SIZE_DIGITS]);
    let start = wasm.len();
    write_u32(wasm, u32::try_from(runs.len()).ok()?);
    for run in runs {
        wasm.extend_from_slice(&[FIRST_MEMORY, I32_CONST]);
        write_i32(wasm, run.offset.cast_signed());
        wasm.push(END);
        write_u32(wasm, u32::try_from(run.length).ok()?);
        let start = wasm.len();
        for _ in 0..run.segments {
            let (offset, bytes) = segment(&mut segments)?;
            wasm.resize(start + (offset - run.offset) as usize, 0);
            wasm.extend_from_slice(bytes);
        }
    }
    let mut size = u32::try_from(wasm.len() - start).ok()?;
    for (index, digit) in wasm[size_at..start].iter_mut().enumerate() {
        let more = if index + 1 < SIZE_DIGITS { 0x80 } else { 0 };
        *digit = size as u8 & 0x7f | more;
        size >>= 7;
    }
    Some(())
}

/// How many segments a data section has, and those.
fn segments(section: &[u8]) -> Option<(u32, Reader<'_>)> {
    let mut section = Reader::new(section);
    section.byte().ok()?;
    let mut content = Reader::new(section.sized().ok()?);
    Some((content.u32().ok()?, content))
}

/// Reads a segment that is put into the first memory, and where; `None` where it is of another kind.
fn segment<'a>(section: &mut Reader<'a>) -> Option<(u32, &'a [u8])> {
    if section.byte().ok()? != FIRST_MEMORY || section.byte().ok()? != I32_CONST {
        return None;
    }
    let offset = section.i32().ok()?.cast_unsigned();
    if section.byte().ok()? != END {
        return None;
    }
    Some((offset, section.sized().ok()?))
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
    fn segments_are_joined_where_that_changes_nothing() {
        let apart = |distance: usize, count: usize| -> String {
            let segment = |index| format!(r#"(data (i32.const {}) "abc")"#, index * distance);
            (0..count).map(segment).collect()
        };
        for (text, joined) in [
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
            assert_eq!(count, joined, "{text}");
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
        let mut joined = 0;
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
            joined += usize::from(after != wasm);
        }
        assert!(joined > 100, "{joined}");
    }
}
