//! Debug information as TinyGo writes it, for modules that no TinyGo has compiled: made with gimli's
//! writer and put behind a module as custom sections.

use gimli::write::{AttributeValue, DwarfUnit, EndianVec, Sections, UnitEntryId};
use gimli::{Encoding, Format, LittleEndian};

/// A Go function with its parameters.
pub struct Function {
    /// Its name in the name section.
    pub wasm_name: &'static str,
    /// Its name in Go.
    pub go_name: &'static str,
    /// Its parameters, each a name and a type.
    pub params: &'static [(&'static str, &'static str)],
}

/// The module with debug information on these functions, whose producer calls itself so.
pub fn add(wasm: &[u8], producer: &str, functions: &[Function]) -> Vec<u8> {
    let mut module = wasm.to_vec();
    for (name, content) in sections(producer, functions) {
        section(&mut module, &name, &content);
    }
    module
}

/// Adds a custom section.
pub fn section(module: &mut Vec<u8>, name: &str, content: &[u8]) {
    let mut named = Vec::new();
    leb128(&mut named, name.len());
    named.extend(name.bytes());
    named.extend(content);
    module.push(0);
    leb128(module, named.len());
    module.extend(named);
}

pub fn leb128(to: &mut Vec<u8>, mut number: usize) {
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            to.push(byte);
            return;
        }
        to.push(byte | 0x80);
    }
}

/// The debug sections, by their names.
pub fn sections(producer: &str, functions: &[Function]) -> Vec<(String, Vec<u8>)> {
    let encoding = Encoding {
        format: Format::Dwarf32,
        version: 4,
        address_size: 4,
    };
    let mut dwarf = DwarfUnit::new(encoding);
    let root = dwarf.unit.root();
    set(&mut dwarf, root, gimli::DW_AT_producer, producer);
    for function in functions {
        let entry = dwarf.unit.add(root, gimli::DW_TAG_subprogram);
        set(
            &mut dwarf,
            entry,
            gimli::DW_AT_linkage_name,
            function.wasm_name,
        );
        set(&mut dwarf, entry, gimli::DW_AT_name, function.go_name);
        for (name, ty) in function.params {
            let ty = go_type(&mut dwarf, ty);
            let param = dwarf.unit.add(entry, gimli::DW_TAG_formal_parameter);
            set(&mut dwarf, param, gimli::DW_AT_name, name);
            let ty = AttributeValue::UnitRef(ty);
            dwarf.unit.get_mut(param).set(gimli::DW_AT_type, ty.clone());
            // The compiler's slip: a function's own type is its first parameter's.
            dwarf.unit.get_mut(entry).set(gimli::DW_AT_type, ty);
        }
        // What stands behind the parameters is none.
        dwarf.unit.add(entry, gimli::DW_TAG_variable);
    }
    written(dwarf)
}

/// The debug sections that were made, by their names.
pub fn written(mut dwarf: DwarfUnit) -> Vec<(String, Vec<u8>)> {
    let mut written = Sections::new(EndianVec::new(LittleEndian));
    dwarf.write(&mut written).expect("it can be written");
    let mut sections = Vec::new();
    let each = written.for_each(|id, content| -> Result<(), gimli::write::Error> {
        sections.push((id.name().to_owned(), content.slice().to_vec()));
        Ok(())
    });
    each.expect("nothing fails");
    sections
}

/// A type by its name in Go: `main.` makes it one of the program's own, which stands for a float64.
fn go_type(dwarf: &mut DwarfUnit, name: &str) -> UnitEntryId {
    let root = dwarf.unit.root();
    if let Some(to) = name.strip_prefix('*') {
        let to = go_type(dwarf, to);
        let entry = dwarf.unit.add(root, gimli::DW_TAG_pointer_type);
        dwarf
            .unit
            .get_mut(entry)
            .set(gimli::DW_AT_type, AttributeValue::UnitRef(to));
        return entry;
    }
    let tag = match name {
        _ if name.starts_with("main.") => gimli::DW_TAG_typedef,
        "string" => gimli::DW_TAG_structure_type,
        _ if name.starts_with("[]") => gimli::DW_TAG_structure_type,
        _ => gimli::DW_TAG_base_type,
    };
    let entry = dwarf.unit.add(root, tag);
    set(dwarf, entry, gimli::DW_AT_name, name);
    if tag == gimli::DW_TAG_typedef {
        let to = go_type(dwarf, "float64");
        dwarf
            .unit
            .get_mut(entry)
            .set(gimli::DW_AT_type, AttributeValue::UnitRef(to));
    }
    entry
}

fn set(dwarf: &mut DwarfUnit, entry: UnitEntryId, attribute: gimli::DwAt, text: &str) {
    let text = AttributeValue::String(text.as_bytes().to_vec());
    dwarf.unit.get_mut(entry).set(attribute, text);
}
