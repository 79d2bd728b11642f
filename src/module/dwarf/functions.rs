//! The functions in the debug information: where their bodies start, and where they are declared.

use super::evidence::Optimization;
use super::files::SourceFile;
use super::frames::is_within;
use super::{Debug, Entry, Unit, referenced_entry};
use gimli::{AttributeValue, DebugInfoOffset, UnitOffset};
use std::cell::RefCell;
use std::collections::HashMap;

/// The name of a function, and the position of its declaration.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Declaration<'a> {
    pub(super) name: &'a str,
    pub(super) file: Option<SourceFile>,
    pub(super) line: u32,
}

/// The functions of all units.
#[derive(Default)]
pub(super) struct Functions<'a> {
    /// The functions with code, sorted by address: the address of the body, the index of the unit, and the offset of the
    /// entry in the unit.
    by_start: Vec<(u32, u32, u32)>,
    /// The functions with a line, sorted by file and line, and the addresses of their bodies.
    by_line: Vec<(SourceFile, u32, &'a str, Option<u32>)>,
    /// The declarations that entries refer to, by offset.
    declarations: RefCell<HashMap<usize, Declaration<'a>>>,
    /// True if TinyGo wrote a unit.
    has_tinygo_unit: bool,
    /// The number of functions that are inlined in units of TinyGo.
    inlined: usize,
}

/// The maximum number of anonymous functions that are skipped to find the end of the function around them.
const MAX_WITHIN: usize = 100;

/// The maximum number of functions that TinyGo inlines without optimization. It inlines one in tests, and thousands with
/// `-opt=1`.
const MAX_UNOPTIMIZED_INLINED: usize = 16;

/// The memory for a declaration, in bytes.
const BYTES_PER_DECLARATION: usize = 96;

impl<'a> Functions<'a> {
    pub(super) fn read(debug: &Debug<'a>) -> Self {
        let mut functions = Self::default();
        for index in 0..debug.units.len() {
            if let Some(unit) = debug.unit(index) {
                // A malformed unit does not affect the others.
                let _ = functions.add(debug, index as u32, &unit);
            }
        }
        functions.by_start.sort_by_key(|(start, _, _)| *start);
        functions.by_start.dedup_by_key(|(start, _, _)| *start);
        functions.by_line.sort_unstable();
        functions
    }

    fn add(&mut self, debug: &Debug<'a>, index: u32, unit: &Unit<'a>) -> Option<()> {
        let mut entries = unit.entries_raw(None).ok()?;
        let mut entry = Entry::null();
        let mut is_tinygo = false;
        while !entries.is_empty() {
            let offset = entries.next_offset();
            let Some(abbreviation) = entries.read_abbreviation().ok()? else {
                continue;
            };
            let attributes = abbreviation.attributes();
            debug.budget.take_steps(1 + attributes.len())?;
            // Most entries are variables, whose attributes are not needed.
            match abbreviation.tag() {
                gimli::DW_TAG_compile_unit => {
                    entries.read_attributes(attributes, &mut entry.attrs).ok()?;
                    is_tinygo = debug.is_tinygo(&entry);
                    self.has_tinygo_unit |= is_tinygo;
                }
                gimli::DW_TAG_subprogram => {
                    entries.read_attributes(attributes, &mut entry.attrs).ok()?;
                    self.add_function(debug, index, unit, (offset, &entry))?;
                }
                tag => {
                    entries.skip_attributes(attributes).ok()?;
                    let is_inlined = tag == gimli::DW_TAG_inlined_subroutine;
                    self.inlined += usize::from(is_inlined && is_tinygo);
                }
            }
        }
        Some(())
    }

    /// Adds the function whose entry is at an offset of the unit with this index.
    fn add_function(
        &mut self,
        debug: &Debug<'a>,
        index: u32,
        unit: &Unit<'a>,
        (offset, entry): (UnitOffset, &Entry<'a>),
    ) -> Option<()> {
        let start = match entry.attr_value(gimli::DW_AT_low_pc) {
            Some(AttributeValue::Addr(start)) => u32::try_from(start).ok(),
            _ => None,
        };
        if let Some(start) = start {
            debug.budget.take_bytes(2 * size_of::<(u32, u32, u32)>())?;
            self.by_start.push((start, index, offset.0 as u32));
        }
        let line = number(entry, gimli::DW_AT_decl_line).filter(|line| *line > 0);
        let name = debug.string(entry, gimli::DW_AT_name);
        let file = file_index(entry, gimli::DW_AT_decl_file);
        let file = file.and_then(|file| debug.file_of(unit, file));
        if let (Some(file), Some(line), Some(name)) = (file, line, name) {
            debug
                .budget
                .take_bytes(2 * size_of::<(SourceFile, u32, &str, Option<u32>)>())?;
            self.by_line.push((file, line, name, start));
        }
        Some(())
    }

    /// The file, the line, the name and the address of the body of all functions that have a line, sorted by file and line.
    pub(super) fn declared(&self) -> impl Iterator<Item = (SourceFile, u32, &'a str, Option<u32>)> {
        self.by_line.iter().copied()
    }

    /// The index of the unit of the function whose body starts at `start`, and the offset of its entry in the unit.
    pub(super) fn at(&self, start: u32) -> Option<(usize, UnitOffset)> {
        let found = self
            .by_start
            .binary_search_by_key(&start, |(start, _, _)| *start);
        let (_, unit, entry) = self.by_start[found.ok()?];
        Some((unit as usize, UnitOffset(entry as usize)))
    }

    /// Whether TinyGo compiled the module with optimization, by which it always inlines some functions of the runtime.
    pub(super) fn optimization(&self) -> Optimization {
        if self.has_tinygo_unit && self.inlined == 0 {
            Optimization::Off
        } else {
            Optimization::On
        }
    }

    /// Returns true if TinyGo compiled the module with optimization.
    pub(super) fn are_optimized_by_tinygo(&self) -> bool {
        self.has_tinygo_unit && self.inlined > MAX_UNOPTIMIZED_INLINED
    }

    /// The line of the function that is declared after another one in a file and is not within it.
    pub(super) fn next_after(&self, file: SourceFile, function: &Declaration<'_>) -> Option<u32> {
        let start = self
            .by_line
            .partition_point(|(f, l, ..)| (*f, *l) <= (file, function.line));
        let mut after = self.by_line[start..].iter().take(MAX_WITHIN);
        let (its_file, line, ..) = after.find(|(_, _, name, _)| !is_within(name, function.name))?;
        (*its_file == file).then_some(*line)
    }

    /// The line and the name of the last function in a file that is declared at or before a line.
    pub(super) fn last_before(&self, file: SourceFile, line: u32) -> Option<(u32, &'a str)> {
        let end = self
            .by_line
            .partition_point(|(f, l, ..)| (*f, *l) <= (file, line));
        let (its_file, line, name, _) = self.by_line[..end].last()?;
        (*its_file == file).then_some((*line, *name))
    }

    /// The declaration of an entry, completed with the entries that it refers to.
    pub(super) fn declaration(
        &self,
        debug: &Debug<'a>,
        unit: &Unit<'a>,
        entry: &Entry<'a>,
    ) -> Declaration<'a> {
        let own = read(debug, unit, entry);
        // An inlined function refers to its declaration, which may refer to another.
        match origin(unit, entry).and_then(|offset| self.declaration_at(debug, offset)) {
            Some(origin) => own.or(origin),
            None => own,
        }
    }

    fn declaration_at(
        &self,
        debug: &Debug<'a>,
        offset: DebugInfoOffset,
    ) -> Option<Declaration<'a>> {
        if let Some(known) = self.declarations.borrow().get(&offset.0) {
            return Some(*known);
        }
        debug.budget.take_bytes(BYTES_PER_DECLARATION)?;
        let (own, next) = read_at(debug, offset)?;
        let origin = next.and_then(|offset| read_at(debug, offset));
        let found = origin.map_or(own, |(origin, _)| own.or(origin));
        self.declarations.borrow_mut().insert(offset.0, found);
        Some(found)
    }
}

impl Declaration<'_> {
    /// This declaration, completed with another one.
    fn or(self, other: Self) -> Self {
        let name = match self.name {
            "" => other.name,
            name => name,
        };
        match self.file {
            Some(_) => Self { name, ..self },
            None => Self { name, ..other },
        }
    }
}

/// The declaration of the entry at `offset`, and the offset of the entry that it refers to.
fn read_at<'a>(
    debug: &Debug<'a>,
    offset: DebugInfoOffset,
) -> Option<(Declaration<'a>, Option<DebugInfoOffset>)> {
    let (index, offset) = debug.unit_index_of(offset)?;
    let unit = debug.unit(index)?;
    let entry = unit.entry(offset).ok()?;
    debug.count(&entry)?;
    Some((read(debug, &unit, &entry), origin(&unit, &entry)))
}

fn read<'a>(debug: &Debug<'a>, unit: &Unit<'a>, entry: &Entry<'a>) -> Declaration<'a> {
    let names = [gimli::DW_AT_name, gimli::DW_AT_linkage_name];
    let name = names.into_iter().find_map(|name| debug.string(entry, name));
    let file = file_index(entry, gimli::DW_AT_decl_file);
    Declaration {
        name: name.unwrap_or_default(),
        file: file.and_then(|file| debug.file_of(unit, file)),
        line: number(entry, gimli::DW_AT_decl_line).unwrap_or(0),
    }
}

/// The offset of the entry with the declaration of this entry.
fn origin(unit: &Unit<'_>, entry: &Entry<'_>) -> Option<DebugInfoOffset> {
    let attributes = [gimli::DW_AT_abstract_origin, gimli::DW_AT_specification];
    let value = attributes
        .into_iter()
        .find_map(|name| entry.attr_value(name))?;
    referenced_entry(&unit.header, value)
}

pub(super) fn file_index(entry: &Entry<'_>, name: gimli::DwAt) -> Option<u64> {
    match entry.attr_value(name)? {
        AttributeValue::FileIndex(index) => Some(index),
        other => other.udata_value(),
    }
}

pub(super) fn number(entry: &Entry<'_>, name: gimli::DwAt) -> Option<u32> {
    u32::try_from(entry.attr_value(name)?.udata_value()?).ok()
}
