//! Reads debug information with gimli: the units, abbreviations, files and strings that all readers use. Malformed
//! parts are skipped, and so is everything beyond the budget.
//!
//! addr2line is not used, because it returns the innermost inlined function whose ranges contain an address. In modules
//! optimized by LLVM and Binaryen, ranges contain code of other functions and miss code of their own function, so it
//! returns functions that were never called. Here the line takes precedence over the ranges (see `frames`). addr2line
//! also does not limit the memory and time that crafted debug information needs (see `budget`).

mod budget;
mod code_lines;
mod evidence;
mod files;
mod flow;
mod frames;
mod functions;
mod lines;
mod params;
mod tree;
mod variables;

pub use code_lines::{CodeLines, CodeRow, DeclaredFunction, FileLine, SourceFiles};
pub use frames::{MAX_NEARBY_LINES, Position, Positions};
pub use lines::{Line, LineAccuracy};
pub(super) use params::signatures;
pub(super) use variables::variables;

use budget::Budget;
use files::Files;
use gimli::{
    Abbreviations, AttributeValue, DebugInfoOffset, DebuggingInformationEntry, Dwarf, EndianSlice,
    LittleEndian, Reader, SectionId, UnitHeader, UnitOffset, UnitSectionOffset,
};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use wasmparser::{Chunk, Parser, Payload};

type Slice<'a> = EndianSlice<'a, LittleEndian>;
type Entry<'a> = DebuggingInformationEntry<Slice<'a>>;
type Unit<'a> = gimli::Unit<Slice<'a>>;

/// The maximum size of a table of abbreviations. TinyGo's have about 4 KB.
const MAX_ABBREVIATIONS_BYTES: usize = 64 << 10;

/// The maximum memory for a byte of abbreviations, a byte of a line table's header, and a unit, in bytes.
const BYTES_PER_ABBREVIATION_BYTE: usize = 32;
const BYTES_PER_LINE_HEADER_BYTE: usize = 64;
const BYTES_PER_UNIT: usize = 1_000;

/// The maximum size of a name, in bytes. Names in real programs are shorter, and many parameters can share a long one.
const MAX_NAME_BYTES: usize = 500;

/// The maximum number of units. TinyGo writes at most one for each package and C file.
const MAX_UNITS: usize = 10_000;

/// Returns true if TinyGo wrote one of the units.
pub(super) fn has_tinygo_unit(wasm: &[u8]) -> bool {
    let Some(debug) = Debug::read(wasm) else {
        return false;
    };
    let is_tinygo = |unit| {
        let abbreviations = debug.abbreviations(unit)?;
        let mut entries = unit.entries(&abbreviations);
        entries.next_entry().ok()?;
        let root = entries.current()?;
        debug.count(root)?;
        Some(debug.is_tinygo(root))
    };
    debug
        .units
        .iter()
        .any(|unit| is_tinygo(unit).unwrap_or(false))
}

/// Returns true if a module has debug information.
pub(super) fn is_present(wasm: &[u8]) -> bool {
    let sections = sections(wasm);
    sections
        .debug
        .get(SectionId::DebugInfo.name())
        .is_some_and(|section| !section.is_empty())
}

/// The debug information of a module.
struct Debug<'a> {
    dwarf: Dwarf<Slice<'a>>,
    /// The content of the code section.
    code: &'a [u8],
    /// The headers of units, sorted by offset.
    units: Vec<UnitHeader<Slice<'a>>>,
    sections: HashMap<&'a str, &'a [u8]>,
    /// The abbreviations that were read, by offset.
    abbreviations: RefCell<HashMap<usize, Option<Arc<Abbreviations>>>>,
    files: RefCell<Files>,
    /// The units that were read, by index.
    read_units: RefCell<HashMap<usize, Option<Rc<Unit<'a>>>>>,
    budget: Budget,
}

impl<'a> Debug<'a> {
    fn read(wasm: &'a [u8]) -> Option<Self> {
        let Sections {
            debug: sections,
            code,
        } = sections(wasm);
        let section = |id: SectionId| sections.get(id.name()).copied().unwrap_or_default();
        let load = |id| Ok::<_, gimli::Error>(EndianSlice::new(section(id), LittleEndian));
        let dwarf = Dwarf::load(load).ok()?;
        if section(SectionId::DebugAbbrev).len() > MAX_ABBREVIATIONS_BYTES {
            return None;
        }
        let mut units = Vec::new();
        let mut headers = dwarf.units();
        while let (Ok(Some(header)), true) = (headers.next(), units.len() < MAX_UNITS) {
            units.push(header);
        }
        let size: usize = sections.values().map(|section| section.len()).sum();
        Some(Self {
            dwarf,
            code,
            units,
            sections,
            abbreviations: RefCell::default(),
            files: RefCell::default(),
            read_units: RefCell::default(),
            budget: Budget::for_size(size + code.len()),
        })
    }

    /// A unit with its abbreviations and lines, by index.
    fn unit(&self, index: usize) -> Option<Rc<Unit<'a>>> {
        if let Some(known) = self.read_units.borrow().get(&index) {
            return known.clone();
        }
        let read = self.read_unit(index).map(Rc::new);
        self.read_units.borrow_mut().insert(index, read.clone());
        read
    }

    fn read_unit(&self, index: usize) -> Option<Unit<'a>> {
        let header = *self.units.get(index)?;
        let abbreviations = self.abbreviations(&header)?;
        self.budget.take_bytes(BYTES_PER_UNIT)?;
        let mut entries = header.entries(&abbreviations);
        let root = entries.next_dfs().ok()??;
        self.count(root)?;
        if let Some(AttributeValue::DebugLineRef(lines)) = root.attr_value(gimli::DW_AT_stmt_list) {
            let length = line_header_length(self.section(SectionId::DebugLine), lines.0)?;
            self.budget.take_steps(length)?;
            self.budget
                .take_bytes(length.saturating_mul(BYTES_PER_LINE_HEADER_BYTE))?;
        }
        Unit::new_with_abbreviations(&self.dwarf, header, abbreviations).ok()
    }

    fn section(&self, id: SectionId) -> &'a [u8] {
        self.sections.get(id.name()).copied().unwrap_or_default()
    }

    /// The abbreviations of a unit. Units can share them.
    fn abbreviations(&self, unit: &UnitHeader<Slice<'a>>) -> Option<Arc<Abbreviations>> {
        let offset = unit.debug_abbrev_offset().0;
        if let Some(known) = self.abbreviations.borrow().get(&offset) {
            return known.clone();
        }
        let read = self.read_abbreviations(unit, offset).map(Arc::new);
        self.abbreviations.borrow_mut().insert(offset, read.clone());
        read
    }

    fn read_abbreviations(
        &self,
        unit: &UnitHeader<Slice<'a>>,
        offset: usize,
    ) -> Option<Abbreviations> {
        let length = abbreviations_length(self.section(SectionId::DebugAbbrev).get(offset..)?);
        self.budget.take_steps(length)?;
        self.budget
            .take_bytes(length * BYTES_PER_ABBREVIATION_BYTE)?;
        unit.abbreviations(&self.dwarf.debug_abbrev).ok()
    }

    /// Counts an entry and its attributes in the budget. Attributes may take no bytes in the file.
    fn count(&self, entry: &Entry<'a>) -> Option<()> {
        self.budget.take_steps(1 + entry.attrs.len())
    }

    fn is_tinygo(&self, unit: &Entry<'a>) -> bool {
        let producer = self.string(unit, gimli::DW_AT_producer);
        producer.is_some_and(|producer| producer.starts_with("TinyGo"))
    }

    fn string(&self, entry: &Entry<'a>, attribute: gimli::DwAt) -> Option<&'a str> {
        let from = |id, offset: usize| self.section(id).get(offset..);
        let (bytes, is_inline) = match entry.attr_value(attribute)? {
            AttributeValue::String(string) => (string.slice(), true),
            AttributeValue::DebugStrRef(offset) => (from(SectionId::DebugStr, offset.0)?, false),
            AttributeValue::DebugLineStrRef(offset) => {
                (from(SectionId::DebugLineStr, offset.0)?, false)
            }
            _ => return None,
        };
        // The search for the end is limited, since many entries can share a long string.
        let bytes = &bytes[..bytes.len().min(MAX_NAME_BYTES)];
        let end = bytes.iter().position(|byte| *byte == 0);
        let end = end.or(is_inline.then_some(bytes.len()))?;
        self.budget.take_steps(end / 16)?;
        std::str::from_utf8(&bytes[..end]).ok()
    }

    /// The index of the unit with the entry at `offset`, and the offset in the unit.
    fn unit_index_of(&self, offset: DebugInfoOffset) -> Option<(usize, UnitOffset)> {
        let starts_before = |unit: &UnitHeader<Slice<'a>>| {
            unit.debug_info_offset()
                .is_some_and(|start| start <= offset)
        };
        let after = self.units.partition_point(starts_before);
        let index = after.checked_sub(1)?;
        let unit = self.units.get(index)?;
        let offset = UnitSectionOffset(offset.0).to_unit_offset(unit)?;
        Some((index, offset))
    }

    /// The unit with the entry at `offset`, and the offset in the unit.
    fn unit_of(&self, offset: DebugInfoOffset) -> Option<(&UnitHeader<Slice<'a>>, UnitOffset)> {
        let (index, offset) = self.unit_index_of(offset)?;
        Some((self.units.get(index)?, offset))
    }
}

/// The offset of the entry that an attribute refers to, in the same or another unit.
fn referenced_entry(
    unit: &UnitHeader<Slice<'_>>,
    value: AttributeValue<Slice<'_>>,
) -> Option<DebugInfoOffset> {
    match value {
        AttributeValue::UnitRef(offset) => offset.to_debug_info_offset(unit),
        AttributeValue::DebugInfoRef(offset) => Some(offset),
        _ => None,
    }
}

/// The length in bytes of a table of abbreviations, or of its part before the first error.
fn abbreviations_length(table: &[u8]) -> usize {
    let mut rest = EndianSlice::new(table, LittleEndian);
    let mut skip = || -> gimli::Result<()> {
        while rest.read_uleb128()? != 0 {
            rest.read_uleb128()?;
            rest.read_u8()?;
            loop {
                let (name, form) = (rest.read_uleb128()?, rest.read_uleb128()?);
                if form == u64::from(gimli::DW_FORM_implicit_const.0) {
                    rest.read_sleb128()?;
                }
                if (name, form) == (0, 0) {
                    break;
                }
            }
        }
        Ok(())
    };
    // gimli will report the error.
    let _ = skip();
    table.len() - rest.len()
}

/// The length in bytes of a line table's header with its directories and files.
fn line_header_length(section: &[u8], offset: usize) -> Option<usize> {
    let mut table = EndianSlice::new(section.get(offset..)?, LittleEndian);
    let (_, format) = table.read_initial_length().ok()?;
    let sizes = if table.read_u16().ok()? < 5 { 0 } else { 2 };
    table.skip(sizes).ok()?;
    let length = table.read_length(format).ok()?;
    (length <= table.len()).then_some(length)
}

/// The sections that are read.
#[derive(Default)]
struct Sections<'a> {
    /// The custom sections with debug information, by name.
    debug: HashMap<&'a str, &'a [u8]>,
    /// The content of the code section.
    code: &'a [u8],
}

fn sections(wasm: &[u8]) -> Sections<'_> {
    let mut found = Sections::default();
    let mut parser = Parser::new(0);
    let mut rest = wasm;
    while let Ok(Chunk::Parsed { consumed, payload }) = parser.parse(rest, true) {
        rest = &rest[consumed..];
        match payload {
            Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                found.debug.entry(section.name()).or_insert(section.data());
            }
            Payload::CodeSectionStart { range, size, .. } => {
                parser.skip_section();
                found.code = wasm.get(range).unwrap_or_default();
                rest = rest.get(size as usize..).unwrap_or(&[]);
            }
            Payload::End(_) => break,
            _ => {}
        }
    }
    found
}
