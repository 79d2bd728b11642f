//! Parses a module into the parts that are measured: sections, function bodies and data segments.

use crate::module::data_address::constant_address;
use crate::module::sections::CUSTOM;
use std::collections::HashMap;
use std::sync::Arc;
use wasmparser::{
    BinaryReaderError, Chunk, KnownCustom, Name, NameSectionReader, Parser, Payload, TypeRef,
};

/// The sizes of a module's parts, in the binary format.
#[derive(Default)]
pub(super) struct Parts<'a> {
    /// The sections, in order.
    pub(super) sections: Vec<MeasuredSection<'a>>,
    pub(super) imported_functions: u32,
    /// The sizes of the function bodies.
    pub(super) bodies: Vec<usize>,
    pub(super) segments: Vec<Segment<'a>>,
}

/// A section.
pub(super) struct MeasuredSection<'a> {
    pub(super) id: u8,
    /// The name of a custom section, or of the kind of section.
    pub(super) name: &'a str,
    /// The size of its content.
    pub(super) size: usize,
}

/// A data segment.
pub(super) struct Segment<'a> {
    /// Its address, if it is written to a constant address of the first memory.
    pub(super) address: Option<u32>,
    pub(super) size: usize,
    /// Its name in the name section.
    pub(super) name: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// Parses a module.
    ///
    /// # Errors
    ///
    /// If the module is malformed.
    pub(super) fn read(wasm: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut parts = Self::default();
        let mut parser = Parser::new(0);
        let mut rest = wasm;
        loop {
            let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else {
                return Ok(parts);
            };
            rest = &rest[consumed..];
            match &payload {
                Payload::End(_) => return Ok(parts),
                Payload::Version { .. } => {}
                Payload::CodeSectionEntry(body) => parts.bodies.push(body.range().len()),
                Payload::CustomSection(section) => {
                    parts.add_section(CUSTOM, section.name(), section.range().len());
                    if let KnownCustom::Name(names) = section.as_known() {
                        parts.name_segments(names);
                    }
                }
                other => {
                    if let Some((id, range)) = other.as_section() {
                        parts.add_section(id, section_name(id), range.len());
                    }
                    parts.read_section(other)?;
                }
            }
        }
    }

    fn add_section(&mut self, id: u8, name: &'a str, size: usize) {
        self.sections.push(MeasuredSection { id, name, size });
    }

    fn read_section(&mut self, payload: &Payload<'a>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.clone() {
                    self.imported_functions += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::DataSection(segments) => {
                for data in segments.clone() {
                    let data = data?;
                    self.segments.push(Segment {
                        address: constant_address(&data),
                        size: data.data.len(),
                        name: None,
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds the names of data segments in a name section, which is after the data section.
    fn name_segments(&mut self, names: NameSectionReader<'a>) {
        let maps = names.map_while(Result::ok).filter_map(|names| match names {
            Name::Data(names) => Some(names),
            _ => None,
        });
        let named = maps.flat_map(|names| names.into_iter().map_while(Result::ok));
        let named: HashMap<_, _> = named.map(|naming| (naming.index, naming.name)).collect();
        for (index, segment) in (0..).zip(&mut self.segments) {
            segment.name = named.get(&index).copied();
        }
    }

    /// The Go name of the function with a body, or else its index.
    pub(super) fn function_name(
        &self,
        body: usize,
        name: impl Fn(u32) -> Option<Arc<str>>,
    ) -> String {
        let body = u32::try_from(body).unwrap_or(u32::MAX);
        let index = self.imported_functions.saturating_add(body);
        name(index).map_or_else(|| format!("function {index}"), |name| name.to_string())
    }

    /// The content sizes of the sections with this id.
    pub(super) fn section_bytes(&self, id: u8) -> usize {
        let sections = self.sections.iter().filter(|section| section.id == id);
        sections.map(|section| section.size).sum()
    }
}

fn section_name(id: u8) -> &'static str {
    const NAMES: [&str; 14] = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "data count",
        "tag",
    ];
    NAMES.get(usize::from(id)).copied().unwrap_or("unknown")
}
