//! Go signatures out of the debug information. It is read in place and only for the functions asked
//! for; whatever is damaged in it, or was not written by TinyGo, is passed over without a word.

mod inlined;
mod lines;

pub use inlined::{Position, Positions};
pub use lines::{Aim, Line};

use super::signature::{GoType, Kind, Param, Signature};
use gimli::{
    Abbreviations, AttributeValue, DebugInfoOffset, DebuggingInformationEntry, Dwarf, EndianSlice,
    LittleEndian, SectionId, UnitHeader, UnitOffset, UnitSectionOffset,
};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
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

/// The most parameters that a wasm function can have.
const MOST_PARAMS: usize = 1_000;

/// How many type names are followed to what they stand for; Go's own chains are of two or three.
const MOST_NAMES: usize = 16;

/// The signatures of those of `functions` that the debug information of a module knows, each by the
/// name that the name section has for it.
pub(super) fn signatures(wasm: &[u8], functions: &[&str]) -> HashMap<String, Signature> {
    // The wrapper of a `//go:wasmexport` function tells nothing; the function itself does.
    let wanted: HashMap<&str, &str> = functions
        .iter()
        .map(|name| (name.strip_suffix("#wasmexport").unwrap_or(name), *name))
        .collect();
    let mut found = HashMap::new();
    let Some(debug) = Debug::read(wasm) else {
        return found;
    };
    for unit in &debug.units {
        // A unit that is damaged does not spoil the others.
        let _ = debug.look_through(unit, &wanted, &mut found);
    }
    found
}

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
type Paths = HashMap<(usize, u64), Option<Rc<str>>>;

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

    /// Adds the signatures of the wanted functions that a unit declares.
    fn look_through(
        &self,
        unit: &UnitHeader<Slice<'a>>,
        wanted: &HashMap<&str, &str>,
        found: &mut HashMap<String, Signature>,
    ) -> gimli::Result<()> {
        let Some(abbreviations) = self.abbreviations(unit) else {
            return Ok(());
        };
        let mut entries = unit.entries(&abbreviations);
        entries.next_entry()?;
        if !entries.current().is_some_and(|root| self.is_tinygo(root)) {
            return Ok(());
        }
        // The function whose parameters are being read, and how deep it lies.
        let mut open: Option<(&str, isize, Vec<Param>)> = None;
        while let Some(entry) = entries.next_dfs()? {
            if let Some((_, depth, params)) = open.as_mut() {
                let is_param = entry.tag() == gimli::DW_TAG_formal_parameter;
                if is_param && entry.depth() == *depth + 1 && params.len() < MOST_PARAMS {
                    params.push(self.param(unit, entry));
                    continue;
                }
                keep(open.take(), found);
            }
            if entry.tag() == gimli::DW_TAG_subprogram {
                let names = [gimli::DW_AT_linkage_name, gimli::DW_AT_name];
                let mut names = names
                    .into_iter()
                    .filter_map(|name| self.string(entry, name));
                let function = names.find_map(|name| wanted.get(name));
                open = function.map(|function| (*function, entry.depth(), Vec::new()));
            }
        }
        keep(open, found);
        Ok(())
    }

    fn param(&self, unit: &UnitHeader<Slice<'a>>, entry: &Entry<'a>) -> Param {
        let ty = entry.attr_value(gimli::DW_AT_type);
        let ty = ty.and_then(|value| self.go_type(refers_to(unit, value)?));
        let unknown = || GoType {
            name: "?".to_owned(),
            kind: Kind::Other,
        };
        Param {
            name: self
                .string(entry, gimli::DW_AT_name)
                .unwrap_or("_")
                .to_owned(),
            ty: ty.unwrap_or_else(unknown),
        }
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

    /// The Go type described at `place`.
    fn go_type(&self, place: DebugInfoOffset) -> Option<GoType> {
        let mut entry = self.type_entry(place)?;
        if entry.tag == gimli::DW_TAG_pointer_type {
            let to = entry
                .stands_for
                .and_then(|place| self.type_entry(place)?.name);
            let name = to.map_or("unsafe.Pointer".to_owned(), |to| {
                format!("*{}", go_name(to))
            });
            return Some(GoType {
                name,
                kind: Kind::Pointer,
            });
        }
        let name = go_name(entry.name?);
        for _ in 0..MOST_NAMES {
            let kind = match entry.tag {
                gimli::DW_TAG_pointer_type => Kind::Pointer,
                _ => Kind::of(entry.name.unwrap_or_default()),
            };
            match (kind, entry.tag, entry.stands_for) {
                (Kind::Other, gimli::DW_TAG_typedef, Some(place)) => {
                    entry = self.type_entry(place)?
                }
                _ => return Some(GoType { name, kind }),
            }
        }
        None
    }

    fn type_entry(&self, place: DebugInfoOffset) -> Option<TypeEntry<'a>> {
        let (unit, offset) = self.unit_of(place)?;
        let abbreviations = self.abbreviations(unit)?;
        let entry = unit.entry(&abbreviations, offset).ok()?;
        let stands_for = entry.attr_value(gimli::DW_AT_type);
        Some(TypeEntry {
            tag: entry.tag(),
            name: self.string(&entry, gimli::DW_AT_name),
            stands_for: stands_for.and_then(|value| refers_to(unit, value)),
        })
    }

    /// The unit that holds `place`, and the place in it.
    fn unit_of(&self, place: DebugInfoOffset) -> Option<(&UnitHeader<Slice<'a>>, UnitOffset)> {
        let (index, offset) = self.unit_index_of(place)?;
        Some((self.units.get(index)?, offset))
    }

    /// The same, with the unit's place among the units.
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

/// Keeps a function's parameters. Of one that was inlined there is a second entry, which may say less.
fn keep(read: Option<(&str, isize, Vec<Param>)>, found: &mut HashMap<String, Signature>) {
    let Some((function, _, params)) = read else {
        return;
    };
    let nothing = Signature { params: Vec::new() };
    let known = found.entry(function.to_owned()).or_insert(nothing);
    if params.len() > known.params.len() {
        known.params = params;
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

/// What is needed of the entry of a type.
struct TypeEntry<'a> {
    tag: gimli::DwTag,
    name: Option<&'a str>,
    /// What a name stands for, or a pointer points to.
    stands_for: Option<DebugInfoOffset>,
}

/// A type's name as Go writes it: without the program's own package.
fn go_name(name: &str) -> String {
    name.strip_prefix("main.").unwrap_or(name).to_owned()
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

#[cfg(test)]
mod tests {
    use super::debug_info::{self, Function};
    use super::signatures;

    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    const FUNCTION: Function = Function {
        wasm_name: "add",
        go_name: "main.add",
        params: &[
            ("x", "uint32"),
            ("s", "main.name"),
            ("p", "*uint8"),
            ("b", "[]byte"),
        ],
    };

    #[test]
    fn parameters_are_read() {
        let module = debug_info::add(EMPTY, "TinyGo", &[FUNCTION]);
        let found = signatures(&module, &["add", "sub"]);
        let shown: Vec<_> = found
            .iter()
            .map(|(name, s)| format!("{name}({s})"))
            .collect();
        assert_eq!(shown, ["add(x uint32, s name, p *uint8, b []byte)"]);
    }

    /// Every byte of the debug information changed, cut off, and replaced by noise.
    #[test]
    fn damage_is_passed_over() {
        let sections = debug_info::sections("TinyGo", &[FUNCTION]);
        let mut state = 1_u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for (damaged, (_, content)) in sections.iter().enumerate() {
            for at in 0..content.len() {
                for kind in 0..4 {
                    let mut module = EMPTY.to_vec();
                    for (this, (name, content)) in sections.iter().enumerate() {
                        let mut content = content.clone();
                        match (this == damaged, kind) {
                            (true, 0) => content[at] = noise(),
                            (true, 1) => content[at] ^= 0xff,
                            (true, 2) => content.truncate(at),
                            (true, _) => content[at..].iter_mut().for_each(|byte| *byte = noise()),
                            (false, _) => {}
                        }
                        debug_info::section(&mut module, name, &content);
                    }
                    signatures(&module, &["add"]);
                }
            }
        }
    }
}
