//! Writes the instrumented module. Sections without additions are copied as bytes.

use super::InstrumentError;
use super::additions::Additions;
use super::original::OriginalModule;
use wasm_encoder::{CodeSection, Encode, Module, RawSection, Section, SectionId};
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

/// Encodes a module with its additions. `code` has the bodies of the original functions.
pub(super) fn module(
    original: &OriginalModule<'_>,
    additions: &Additions,
    mut code: CodeSection,
) -> Result<Vec<u8>, InstrumentError> {
    for body in &additions.bodies {
        code.function(body);
    }
    let mut module = Module::new();
    for id in SECTION_ORDER {
        let section = original.section(id);
        match id {
            SectionId::Type => extend(&mut module, section, &additions.types)?,
            SectionId::Function => extend(&mut module, section, &additions.functions)?,
            SectionId::Table => extend(&mut module, section, &additions.tables)?,
            SectionId::Memory => extend(&mut module, section, &additions.memories)?,
            SectionId::Global => extend(&mut module, section, &additions.globals)?,
            SectionId::Export => extend(&mut module, section, &additions.exports)?,
            SectionId::Code => drop(module.section(&code)),
            // The start function is exported instead.
            SectionId::Start => {}
            _ => {
                if let Some(data) = section {
                    module.section(&RawSection {
                        id: id.into(),
                        data,
                    });
                }
            }
        }
    }
    Ok(module.finish())
}

/// Writes a section with the items of `added` after those of `original`.
fn extend(
    module: &mut Module,
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
    module.section(&RawSection {
        id: added.id(),
        data: &data,
    });
    Ok(())
}

fn remaining<'a>(reader: &mut BinaryReader<'a>) -> Result<&'a [u8], InstrumentError> {
    Ok(reader.read_bytes(reader.bytes_remaining())?)
}
