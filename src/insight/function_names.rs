//! The names of a module's functions by index, in one form for all Go compilers.

use super::go_name::GoNames;
use crate::module::{ExternType, GoTable, Module};
use std::collections::HashMap;
use std::sync::Arc;

/// The names of a module's functions.
pub struct FunctionNames<'a> {
    /// The Go names according to the name section, or else the export names.
    names: HashMap<u32, Arc<str>>,
    /// Official Go's function table. It has whole import paths, while the name section has `_` in place of `/`.
    table: Option<GoTable<'a>>,
}

impl<'a> FunctionNames<'a> {
    /// Reads the names of a module.
    pub fn read(module: &'a Module) -> Self {
        let exports = module.interface.exports.iter();
        let functions = exports.filter(|export| matches!(export.ty, ExternType::Func(_)));
        let exported = functions.map(|export| (export.index, export.name.as_str().into()));
        let go_names = GoNames::new(module.function_names().map(|(_, symbol)| symbol));
        let symbols = module.function_names();
        let named = symbols.map(|(index, symbol)| (index, go_names.go_name(symbol)));
        Self {
            names: exported.chain(named).collect(),
            table: GoTable::find(&module.wasm),
        }
    }

    /// The name of the function with this index; `None` if it has none. A dot in the last element of an import path may
    /// be escaped as `%2e`, as in Go's function table.
    pub fn name(&self, index: u32) -> Option<Arc<str>> {
        let table = self.table.as_ref();
        let in_table = table.and_then(|table| table.function_name(table.entry(index)?));
        in_table
            .map(Arc::from)
            .or_else(|| self.names.get(&index).cloned())
    }
}
