//! A module's sections, as the binary format has them: taken apart, and put together again.

use super::operator::Unfit;
use crate::module::bytes::{Reader, write_sized, write_u32};
use wasmparser::{BinaryReader, ImportSectionReader, MemorySectionReader, TypeRef};

// Sections, by their ids.
pub(super) const TYPE: usize = 1;
pub(super) const IMPORT: usize = 2;
pub(super) const FUNCTION: usize = 3;
pub(super) const TABLE: usize = 4;
pub(super) const MEMORY: usize = 5;
pub(super) const GLOBAL: usize = 6;
pub(super) const EXPORT: usize = 7;
pub(super) const START: usize = 8;
pub(super) const ELEMENT: usize = 9;
pub(super) const CODE: usize = 10;
pub(super) const DATA: usize = 11;
pub(super) const DATA_COUNT: usize = 12;

/// The sections in the order in which they stand.
pub(super) const ORDER: [usize; 12] = [
    TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, DATA_COUNT, CODE, DATA,
];

/// What every module begins with.
pub(super) const PREAMBLE: &[u8] = b"\0asm\x01\0\0\0";

/// A module's sections, but for the custom ones.
pub(super) struct Sections<'a>([Option<&'a [u8]>; 13]);

impl<'a> Sections<'a> {
    pub(super) fn read(wasm: &'a [u8]) -> Result<Self, Unfit> {
        let mut reader = Reader::new(wasm);
        if reader.bytes(PREAMBLE.len())? != PREAMBLE {
            return Err(Unfit::Invalid);
        }
        let mut sections = [None; 13];
        let mut order = ORDER.iter();
        while !reader.is_at_end() {
            let id = usize::from(reader.byte()?);
            let content = reader.sized()?;
            if id == 0 {
                continue;
            }
            if !order.any(|next| *next == id) {
                return Err(Unfit::Invalid);
            }
            sections[id] = Some(content);
        }
        Ok(Self(sections))
    }

    /// A section's content, which is nothing where it is missing.
    pub(super) fn of(&self, id: usize) -> &'a [u8] {
        self.0[id].unwrap_or_default()
    }

    /// The maxima of the memories that the module has or imports, in pages.
    pub(super) fn memory_maxima(&self) -> Result<Vec<u64>, Unfit> {
        let mut maxima = Vec::new();
        if self.has(IMPORT) {
            let imports = ImportSectionReader::new(BinaryReader::new(self.of(IMPORT), 0));
            for import in imports.map_err(|_| Unfit::Invalid)? {
                if let TypeRef::Memory(ty) = import.map_err(|_| Unfit::Invalid)?.ty {
                    maxima.extend(ty.maximum);
                }
            }
        }
        if self.has(MEMORY) {
            let memories = MemorySectionReader::new(BinaryReader::new(self.of(MEMORY), 0));
            for memory in memories.map_err(|_| Unfit::Invalid)? {
                maxima.extend(memory.map_err(|_| Unfit::Invalid)?.maximum);
            }
        }
        Ok(maxima)
    }

    pub(super) fn has(&self, id: usize) -> bool {
        self.0[id].is_some()
    }

    pub(super) fn size(&self) -> usize {
        self.0.iter().flatten().map(|content| content.len()).sum()
    }
}

/// How many there are in a section, which is none where it is missing.
pub(super) fn count(section: &[u8]) -> Result<u32, Unfit> {
    match section {
        [] => Ok(0),
        _ => Ok(Reader::new(section).u32()?),
    }
}

/// What is imported, as far as it is numbered before the module's own.
#[derive(Default)]
pub(super) struct Imports {
    pub(super) functions: u32,
    pub(super) globals: u32,
    pub(super) memories: u32,
}

impl Imports {
    pub(super) fn read(section: &[u8]) -> Result<Self, Unfit> {
        let mut found = Self::default();
        if section.is_empty() {
            return Ok(found);
        }
        let imports = ImportSectionReader::new(BinaryReader::new(section, 0));
        for import in imports.map_err(|_| Unfit::Invalid)? {
            match import.map_err(|_| Unfit::Invalid)?.ty {
                TypeRef::Func(_) => found.functions += 1,
                TypeRef::Global(_) => found.globals += 1,
                TypeRef::Memory(_) => found.memories += 1,
                TypeRef::Table(_) => {}
                TypeRef::Tag(_) => return Err(Unfit::Invalid),
            }
        }
        Ok(found)
    }
}

/// Writes a section with more entries behind its own.
pub(super) fn write_with(
    to: &mut Vec<u8>,
    id: usize,
    section: &[u8],
    more: u32,
    added: &[u8],
) -> Result<(), Unfit> {
    let mut content = Vec::with_capacity(section.len() + added.len() + 5);
    with(&mut content, section, more, added)?;
    write_section(to, id, &content);
    Ok(())
}

pub(super) fn with(to: &mut Vec<u8>, section: &[u8], more: u32, added: &[u8]) -> Result<(), Unfit> {
    let mut own = Reader::new(section);
    let count = match section {
        [] => 0,
        _ => own.u32()?,
    };
    write_u32(to, count.checked_add(more).ok_or(Unfit::Invalid)?);
    to.extend_from_slice(own.rest());
    to.extend_from_slice(added);
    Ok(())
}

pub(super) fn write_section(to: &mut Vec<u8>, id: usize, content: &[u8]) {
    to.push(id as u8);
    write_sized(to, content);
}
