//! Writes the instrumented module. Sections without additions are copied as bytes.

use super::InstrumentError;
use super::additions::Additions;
use super::original::OriginalModule;
use wasm_encoder::{Encode, RawSection, Section, SectionId};
use wasmparser::BinaryReader;

/// The order of sections in a module:
/// <https://webassembly.github.io/spec/core/binary/modules.html#binary-module>.
const SECTION_ORDER: [SectionId; 12] = [
    SectionId::Type,
    SectionId::Import,
    SectionId::Function,
    SectionId::Table,
    SectionId::Memory,
    SectionId::Global,
    SectionId::Export,
    SectionId::Start,
    SectionId::Element,
    SectionId::DataCount,
    SectionId::Code,
    SectionId::Data,
];

/// The space for what is added to a module outside of its functions, and for the headers of sections. It is enough without
/// coverage, whose counters need more: the module is then copied once more.
const EXPECTED_ADDED_BYTES: usize = 4 << 10;

/// Encodes a module with its additions. `functions` has the bodies of the original functions.
pub(super) fn module(
    original: &OriginalModule<'_>,
    additions: &Additions,
    functions: &[u8],
) -> Result<Vec<u8>, InstrumentError> {
    let copied = SECTION_ORDER.iter().filter(|id| **id != SectionId::Code);
    let copied = copied.filter_map(|id| original.section(*id));
    let copied_bytes: usize = copied.map(<[u8]>::len).sum();
    let mut module = Vec::with_capacity(functions.len() + copied_bytes + EXPECTED_ADDED_BYTES);
    module.extend_from_slice(&wasm_encoder::Module::HEADER);
    for id in SECTION_ORDER {
        let section = original.section(id);
        match id {
            SectionId::Type => extend(&mut module, section, &additions.types)?,
            SectionId::Function => extend(&mut module, section, &additions.functions)?,
            SectionId::Table => extend(&mut module, section, &additions.tables)?,
            SectionId::Memory => extend(&mut module, section, &additions.memories)?,
            SectionId::Global => extend(&mut module, section, &additions.globals)?,
            SectionId::Export => extend(&mut module, section, &additions.exports)?,
            SectionId::Code => append_code(&mut module, original, additions, functions),
            // The start function is exported instead.
            SectionId::Start => {}
            _ => {
                if let Some(data) = section {
                    append(&mut module, id, data);
                }
            }
        }
    }
    Ok(module)
}

/// Appends the code section, without another copy of the functions, which are most of the module.
fn append_code(
    module: &mut Vec<u8>,
    original: &OriginalModule<'_>,
    additions: &Additions,
    functions: &[u8],
) {
    let (mut count, mut added) = (Vec::new(), Vec::new());
    (original.function_types.len() + additions.bodies.len()).encode(&mut count);
    for body in &additions.bodies {
        body.encode(&mut added);
    }
    module.push(SectionId::Code.into());
    (count.len() + functions.len() + added.len()).encode(module);
    for part in [&count, functions, &added] {
        module.extend_from_slice(part);
    }
}

fn append(module: &mut Vec<u8>, id: SectionId, data: &[u8]) {
    let id = id.into();
    RawSection { id, data }.append_to(module);
}

/// Writes a section with the items of `added` after those of `original`.
fn extend(
    module: &mut Vec<u8>,
    original: Option<&[u8]>,
    added: &impl Section,
) -> Result<(), InstrumentError> {
    let mut encoded = Vec::new();
    added.encode(&mut encoded);
    let mut added_items = BinaryReader::new(&encoded, 0);
    let _section_size = added_items.read_var_u32()?;
    let mut count = added_items.read_var_u32()?;
    let mut data = Vec::new();
    match original {
        Some(original) => {
            let mut original_items = BinaryReader::new(original, 0);
            count = count.saturating_add(original_items.read_var_u32()?);
            count.encode(&mut data);
            data.extend_from_slice(remaining(&mut original_items)?);
        }
        None => count.encode(&mut data),
    }
    data.extend_from_slice(remaining(&mut added_items)?);
    RawSection {
        id: added.id(),
        data: &data,
    }
    .append_to(module);
    Ok(())
}

fn remaining<'a>(reader: &mut BinaryReader<'a>) -> Result<&'a [u8], InstrumentError> {
    Ok(reader.read_bytes(reader.bytes_remaining())?)
}
