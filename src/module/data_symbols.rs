//! The parts of the initial memory that have a name: variables in the debug information, and official Go's function
//! table.

use super::{GoTable, dwarf};

/// A part of the initial memory with a name.
pub(super) struct DataSymbol {
    pub(super) address: u32,
    pub(super) size: u32,
    pub(super) name: String,
}

/// The name of the table that a panic's call stack is printed from.
const GO_TABLE: &str = "function table (runtime.pclntab)";

/// The named parts of a module's memory. Some of them may overlap.
pub(super) fn data_symbols(wasm: &[u8]) -> Vec<DataSymbol> {
    let mut symbols = dwarf::variables(wasm);
    let table = GoTable::find(wasm).and_then(|table| table.extent());
    symbols.extend(table.map(|extent| DataSymbol {
        address: extent.start,
        size: extent.end.saturating_sub(extent.start),
        name: GO_TABLE.to_owned(),
    }));
    symbols
}
