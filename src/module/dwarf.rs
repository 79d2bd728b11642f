//! Debug information, as far as all who read it share it: its units, their abbreviations and files, and the
//! strings. It is read in place; whatever is damaged in it is passed over without a word, and what its parts
//! share is bounded, since a small file can make much of it.

mod inlined;
mod lines;
mod signatures;

pub use inlined::{Position, Positions};
pub use lines::{Aim, Line};
pub(super) use signatures::signatures;

use gimli::{
    Abbreviations, AttributeValue, DebugInfoOffset, DebuggingInformationEntry, Dwarf, EndianSlice,
    LittleEndian, SectionId, UnitHeader, UnitOffset, UnitSectionOffset,
};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use wasmparser::{Chunk, Parser, Payload};

type Slice<'a> = EndianSlice<'a, LittleEndian>;
type Entry<'a> = DebuggingInformationEntry<Slice<'a>>;
type Unit<'a> = gimli::Unit<Slice<'a>>;

/// The largest table of abbreviations that is read; TinyGo's have some 4 KB.
const LARGEST_ABBREVIATIONS: usize = 64 << 10;

/// How many bytes of abbreviations are read in all, since every unit can ask for the same again.
const MOST_ABBREVIATIONS: usize = 64 << 20;

/// The longest name that is read: a program's own are shorter, and a name may stand for many parameters.
const LONGEST_NAME: usize = 500;

/// The most units that are looked at; TinyGo has one for each package and C file at the most.
const MOST_UNITS: usize = 10_000;

/// The most files that all units together have; a program of thousands of packages has as many each.
const MOST_FILES: usize = 200_000;

/// Whether TinyGo wrote a part of the debug information.
pub(super) fn has_tinygo_unit(wasm: &[u8]) -> bool {
    let Some(debug) = Debug::read(wasm) else {
        return false;
    };
    let is_tinygo = |unit| {
        let abbreviations = debug.abbreviations(unit)?;
        let mut entries = unit.entries(&abbreviations);
        entries.next_entry().ok()?;
        entries.current().map(|root| debug.is_tinygo(root))
    };
    debug
        .units
        .iter()
        .any(|unit| is_tinygo(unit).unwrap_or(false))
}

/// Whether a module has debug information at all.
pub(super) fn is_present(wasm: &[u8]) -> bool {
    !debug_section(wasm, SectionId::DebugInfo.name()).is_empty()
}

/// The paths of files, by their units' offsets and their numbers there.
type Paths = HashMap<(usize, u64), Option<Arc<str>>>;

/// A module's debug information and the units that it consists of.
struct Debug<'a> {
    dwarf: Dwarf<Slice<'a>>,
    /// In the order of their offsets.
    units: Vec<UnitHeader<Slice<'a>>>,
    /// The section of strings, and that of the line table's.
    strings: &'a [u8],
    line_strings: &'a [u8],
    /// The abbreviations that were read last, with the unit they were read for.
    abbreviations: RefCell<Option<(usize, Rc<Abbreviations>)>>,
    abbreviations_size: usize,
    /// How many bytes of abbreviations may still be read.
    budget: Cell<usize>,
    /// How many files the lines of units may still have.
    files_left: Cell<usize>,
    /// Those that were looked up.
    files: RefCell<Paths>,
    /// The units that were read whole, by their places among the units.
    whole: RefCell<HashMap<usize, Option<Rc<Unit<'a>>>>>,
}

impl<'a> Debug<'a> {
    fn read(wasm: &'a [u8]) -> Option<Self> {
        let load = |id: SectionId| -> Result<_, gimli::Error> {
            Ok(EndianSlice::new(
                debug_section(wasm, id.name()),
                LittleEndian,
            ))
        };
        let dwarf = Dwarf::load(load).ok()?;
        let mut units = Vec::new();
        let mut headers = dwarf.units();
        while let (Ok(Some(header)), true) = (headers.next(), units.len() < MOST_UNITS) {
            units.push(header);
        }
        let size = debug_section(wasm, SectionId::DebugAbbrev.name()).len();
        (size <= LARGEST_ABBREVIATIONS).then(|| Self {
            dwarf,
            units,
            strings: debug_section(wasm, SectionId::DebugStr.name()),
            line_strings: debug_section(wasm, SectionId::DebugLineStr.name()),
            abbreviations: RefCell::new(None),
            abbreviations_size: size,
            budget: Cell::new(MOST_ABBREVIATIONS),
            files_left: Cell::new(MOST_FILES),
            files: RefCell::default(),
            whole: RefCell::default(),
        })
    }

    /// A unit by its place among the units, with its abbreviations and its lines.
    fn unit(&self, index: usize) -> Option<Rc<Unit<'a>>> {
        if let Some(known) = self.whole.borrow().get(&index) {
            return known.clone();
        }
        let left = self.budget.get().checked_sub(self.abbreviations_size)?;
        self.budget.set(left);
        let files_left = self.files_left.get();
        if files_left == 0 {
            return None;
        }
        let read = self.dwarf.unit(*self.units.get(index)?).ok().map(Rc::new);
        // Units may share their list of files, of which each has a copy.
        let files = read.as_ref().and_then(|unit| {
            let lines = unit.line_program.as_ref()?;
            Some(lines.header().file_names().len())
        });
        self.files_left
            .set(files_left.saturating_sub(files.unwrap_or(0)));
        self.whole.borrow_mut().insert(index, read.clone());
        read
    }

    /// A unit's abbreviations. Types lie mostly in one unit, so the last ones are kept.
    fn abbreviations(&self, unit: &UnitHeader<Slice<'a>>) -> Option<Rc<Abbreviations>> {
        let id = unit.offset().0;
        let mut last = self.abbreviations.borrow_mut();
        if let Some((_, kept)) = last.as_ref().filter(|(of, _)| *of == id) {
            return Some(kept.clone());
        }
        let left = self.budget.get().checked_sub(self.abbreviations_size)?;
        self.budget.set(left);
        let read = Rc::new(unit.abbreviations(&self.dwarf.debug_abbrev).ok()?);
        *last = Some((id, read.clone()));
        Some(read)
    }

    fn is_tinygo(&self, unit: &Entry<'a>) -> bool {
        let producer = self.string(unit, gimli::DW_AT_producer);
        producer.is_some_and(|producer| producer.starts_with("TinyGo"))
    }

    fn string(&self, entry: &Entry<'a>, attribute: gimli::DwAt) -> Option<&'a str> {
        let from = |section: &'a [u8], offset: usize| section.get(offset..);
        let bytes = match entry.attr_value(attribute)? {
            AttributeValue::String(string) => string.slice(),
            AttributeValue::DebugStrRef(offset) => from(self.strings, offset.0)?,
            AttributeValue::DebugLineStrRef(offset) => from(self.line_strings, offset.0)?,
            _ => return None,
        };
        // Its end is looked for no further than a name may reach: many entries may share a long one.
        let bytes = &bytes[..bytes.len().min(LONGEST_NAME)];
        let is_inline = matches!(entry.attr_value(attribute), Some(AttributeValue::String(_)));
        let end = bytes.iter().position(|byte| *byte == 0);
        let end = end.or(is_inline.then_some(bytes.len()))?;
        std::str::from_utf8(&bytes[..end]).ok()
    }

    /// The unit that holds `place`, by its place among the units, and the place in it.
    fn unit_index_of(&self, place: DebugInfoOffset) -> Option<(usize, UnitOffset)> {
        let begins =
            |unit: &UnitHeader<Slice<'a>>| unit.debug_info_offset().is_some_and(|at| at <= place);
        let after = self.units.partition_point(begins);
        let index = after.checked_sub(1)?;
        let unit = self.units.get(index)?;
        let offset = UnitSectionOffset(place.0).to_unit_offset(unit)?;
        Some((index, offset))
    }
}

/// What a reference refers to, in its own unit or in another.
fn refers_to(
    unit: &UnitHeader<Slice<'_>>,
    value: AttributeValue<Slice<'_>>,
) -> Option<DebugInfoOffset> {
    match value {
        AttributeValue::UnitRef(offset) => offset.to_debug_info_offset(unit),
        AttributeValue::DebugInfoRef(offset) => Some(offset),
        _ => None,
    }
}

/// A custom section's content; empty where there is none. Code is stepped over.
fn debug_section<'a>(wasm: &'a [u8], name: &str) -> &'a [u8] {
    let mut parser = Parser::new(0);
    let mut rest = wasm;
    while let Ok(Chunk::Parsed { consumed, payload }) = parser.parse(rest, true) {
        rest = &rest[consumed..];
        match payload {
            Payload::CustomSection(section) if section.name() == name => return section.data(),
            Payload::CodeSectionStart { size, .. } => {
                parser.skip_section();
                rest = rest.get(size as usize..).unwrap_or(&[]);
            }
            Payload::End(_) => break,
            _ => {}
        }
    }
    &[]
}

#[cfg(test)]
#[path = "../../tests/cli/debug_info.rs"]
#[allow(clippy::expect_used)]
mod debug_info;
