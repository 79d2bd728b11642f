//! Reads the variables with a fixed address. TinyGo writes them for package variables and for descriptions of types.

use super::functions::number;
use super::{Debug, Entry, Slice, referenced_entry};
use crate::module::data_symbols::DataSymbol;
use gimli::{AttributeValue, DebugInfoOffset, Expression, Operation, UnitHeader};

/// The memory for a variable without its name, in bytes.
const BYTES_PER_VARIABLE: usize = 2 * size_of::<DataSymbol>();

/// The maximum number of types to follow from a variable to a size: definitions, and arrays of arrays.
const MAX_TYPES: usize = 16;

/// The variables with a name, an address and a size. Some of them may overlap.
pub(in crate::module) fn variables(wasm: &[u8]) -> Vec<DataSymbol> {
    let mut found = Vec::new();
    let Some(debug) = Debug::read(wasm) else {
        return found;
    };
    for unit in &debug.units {
        // A malformed unit does not affect the others.
        let _ = debug.read_variables(unit, &mut found);
    }
    found
}

impl<'a> Debug<'a> {
    fn read_variables(
        &self,
        unit: &UnitHeader<Slice<'a>>,
        found: &mut Vec<DataSymbol>,
    ) -> Option<()> {
        let abbreviations = self.abbreviations(unit)?;
        let mut entries = unit.entries(&abbreviations);
        while let Some(entry) = entries.next_dfs().ok()? {
            self.count(entry)?;
            if entry.tag() == gimli::DW_TAG_variable {
                found.extend(self.variable(unit, entry));
            }
        }
        Some(())
    }

    fn variable(&self, unit: &UnitHeader<Slice<'a>>, entry: &Entry<'a>) -> Option<DataSymbol> {
        let address = match entry.attr_value(gimli::DW_AT_location)? {
            AttributeValue::Exprloc(location) => fixed_address(unit, location)?,
            _ => return None,
        };
        let name = self.string(entry, gimli::DW_AT_name)?;
        let ty = referenced_entry(unit, entry.attr_value(gimli::DW_AT_type)?)?;
        let size = self.type_size(ty)?;
        self.budget.take_bytes(BYTES_PER_VARIABLE + name.len())?;
        Some(DataSymbol {
            address,
            size,
            name: name.to_owned(),
        })
    }

    /// The size in bytes of the type whose entry is at `offset`.
    fn type_size(&self, mut offset: DebugInfoOffset) -> Option<u32> {
        let mut count = 1_u32;
        for _ in 0..MAX_TYPES {
            let (unit, in_unit) = self.unit_of(offset)?;
            let abbreviations = self.abbreviations(unit)?;
            let mut entries = unit.entries_at_offset(&abbreviations, in_unit).ok()?;
            let entry = entries.next_dfs().ok()??;
            self.count(entry)?;
            if let Some(size) = number(entry, gimli::DW_AT_byte_size) {
                return size.checked_mul(count);
            }
            if entry.tag() == gimli::DW_TAG_pointer_type {
                return u32::from(unit.address_size()).checked_mul(count);
            }
            let is_array = entry.tag() == gimli::DW_TAG_array_type;
            offset = referenced_entry(unit, entry.attr_value(gimli::DW_AT_type)?)?;
            if is_array {
                let range = entries.next_dfs().ok()??;
                self.count(range)?;
                count = count.checked_mul(number(range, gimli::DW_AT_count)?)?;
            }
        }
        None
    }
}

/// The address of a variable whose location is an address and nothing else.
fn fixed_address(unit: &UnitHeader<Slice<'_>>, location: Expression<Slice<'_>>) -> Option<u32> {
    let mut operations = location.operations(unit.encoding());
    match (operations.next().ok()??, operations.next().ok()?) {
        (Operation::Address { address }, None) => u32::try_from(address).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::variables;
    use gimli::write::{Address, AttributeValue, DwarfUnit, Expression, UnitEntryId};
    use gimli::{Encoding, Format};
    use tinyrun_test_support::debug_info;

    fn add(dwarf: &mut DwarfUnit, tag: gimli::DwTag, of: Option<UnitEntryId>) -> UnitEntryId {
        let root = dwarf.unit.root();
        let entry = dwarf.unit.add(root, tag);
        if let Some(ty) = of.map(AttributeValue::UnitRef) {
            dwarf.unit.get_mut(entry).set(gimli::DW_AT_type, ty);
        }
        entry
    }

    #[test]
    fn variables_have_the_size_of_their_type() {
        let mut dwarf = DwarfUnit::new(Encoding {
            format: Format::Dwarf32,
            version: 4,
            address_size: 4,
        });
        let element = add(&mut dwarf, gimli::DW_TAG_structure_type, None);
        let size = AttributeValue::Udata(12);
        dwarf
            .unit
            .get_mut(element)
            .set(gimli::DW_AT_byte_size, size);
        let defined = add(&mut dwarf, gimli::DW_TAG_typedef, Some(element));
        let array = add(&mut dwarf, gimli::DW_TAG_array_type, Some(defined));
        let range = dwarf.unit.add(array, gimli::DW_TAG_subrange_type);
        let count = AttributeValue::Udata(5);
        dwarf.unit.get_mut(range).set(gimli::DW_AT_count, count);
        let pointer = add(&mut dwarf, gimli::DW_TAG_pointer_type, Some(array));
        let endless = add(&mut dwarf, gimli::DW_TAG_typedef, None);
        let itself = AttributeValue::UnitRef(endless);
        dwarf.unit.get_mut(endless).set(gimli::DW_AT_type, itself);
        for (name, ty, address) in [
            ("main.one", defined, Some(16)),
            ("main.five", array, Some(32)),
            ("main.pointer", pointer, Some(96)),
            ("main.endless", endless, Some(100)),
            ("main.local", array, None),
        ] {
            let entry = add(&mut dwarf, gimli::DW_TAG_variable, Some(ty));
            let mut location = Expression::new();
            match address {
                Some(address) => location.op_addr(Address::Constant(address)),
                None => location.op_fbreg(0),
            }
            let location = AttributeValue::Exprloc(location);
            let entry = dwarf.unit.get_mut(entry);
            entry.set(gimli::DW_AT_location, location);
            entry.set(gimli::DW_AT_name, AttributeValue::String(name.into()));
        }
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        for (name, content) in debug_info::written(dwarf) {
            debug_info::section(&mut module, &name, &content);
        }
        let found = variables(&module);
        let found: Vec<_> = found
            .iter()
            .map(|symbol| (symbol.name.as_str(), symbol.address, symbol.size))
            .collect();
        assert_eq!(
            found,
            [
                ("main.one", 16, 12),
                ("main.five", 32, 60),
                ("main.pointer", 96, 4)
            ]
        );
    }
}
