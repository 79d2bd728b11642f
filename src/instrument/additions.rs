//! The items that instruments add to a module. Each is added after the module's own items of the same kind.

use super::original::{ItemCounts, OriginalModule};
use std::collections::{HashMap, HashSet};
use wasm_encoder::{
    ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    MemorySection, MemoryType, RefType, TableSection, TableType, TypeSection, ValType,
};

/// The prefix of the names of added exports.
const EXPORT_PREFIX: &str = "tinyrun.";

/// The items to add to a module.
pub(super) struct Additions {
    pub(super) types: TypeSection,
    pub(super) functions: FunctionSection,
    pub(super) tables: TableSection,
    pub(super) memories: MemorySection,
    pub(super) globals: GlobalSection,
    pub(super) exports: ExportSection,
    /// The bodies of the added functions.
    pub(super) bodies: Vec<Function>,
    /// The number of types in the original module.
    original_types: u32,
    /// The number of other items in the original module.
    original_items: ItemCounts,
    type_indices: HashMap<(Vec<ValType>, Vec<ValType>), u32>,
    /// The names of the exports that start with the prefix.
    export_names: HashSet<String>,
}

impl Additions {
    pub(super) fn new(original: &OriginalModule<'_>) -> Self {
        let names = original.export_names.iter();
        let prefixed = names.filter(|name| name.starts_with(EXPORT_PREFIX));
        Self {
            types: TypeSection::new(),
            functions: FunctionSection::new(),
            tables: TableSection::new(),
            memories: MemorySection::new(),
            globals: GlobalSection::new(),
            exports: ExportSection::new(),
            bodies: Vec::new(),
            original_types: original.types.len() as u32,
            original_items: original.items,
            type_indices: HashMap::new(),
            export_names: prefixed.map(|name| (*name).to_owned()).collect(),
        }
    }

    /// Returns the index of a function type. Adds the type on its first use.
    pub(super) fn func_type(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let next = self.original_types + self.types.len();
        let key = (params.to_vec(), results.to_vec());
        let index = *self.type_indices.entry(key).or_insert(next);
        if index == next {
            let (params, results) = (params.iter().copied(), results.iter().copied());
            self.types.ty().function(params, results);
        }
        index
    }

    /// Adds a function and returns its index.
    pub(super) fn function(&mut self, type_index: u32, body: Function) -> u32 {
        let index = self.original_items.functions + self.functions.len();
        self.functions.function(type_index);
        self.bodies.push(body);
        index
    }

    /// Adds a table for one function and returns its index.
    pub(super) fn function_table(&mut self) -> u32 {
        let index = self.original_items.tables + self.tables.len();
        self.tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: 1,
            maximum: Some(1),
            table64: false,
            shared: false,
        });
        index
    }

    /// Adds a memory of up to `max_pages` pages and returns its index.
    pub(super) fn memory(&mut self, min_pages: u64, max_pages: u64) -> u32 {
        let index = self.original_items.memories + self.memories.len();
        self.memories.memory(MemoryType {
            minimum: min_pages,
            maximum: Some(max_pages),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        index
    }

    /// Adds a mutable `i32` global with the initial value 0, and returns its index.
    pub(super) fn global_i32(&mut self) -> u32 {
        self.global(ValType::I32, &ConstExpr::i32_const(0))
    }

    /// Adds a mutable `i64` global with the initial value 0, and returns its index.
    pub(super) fn global_i64(&mut self) -> u32 {
        self.global(ValType::I64, &ConstExpr::i64_const(0))
    }

    fn global(&mut self, val_type: ValType, initial: &ConstExpr) -> u32 {
        let index = self.original_items.globals + self.globals.len();
        let ty = GlobalType {
            val_type,
            mutable: true,
            shared: false,
        };
        self.globals.global(ty, initial);
        index
    }

    /// Exports an item, and returns the name of the export: the prefix and `name`, made unique.
    pub(super) fn export(&mut self, name: &str, kind: ExportKind, index: u32) -> String {
        let mut name = format!("{EXPORT_PREFIX}{name}");
        while !self.export_names.insert(name.clone()) {
            name.push('\'');
        }
        self.exports.export(&name, kind, index);
        name
    }
}
