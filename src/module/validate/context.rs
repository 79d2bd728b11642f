//! What the functions of a module may refer to.

use super::Unsure;
use crate::module::func_type::{FuncType, ValueType, func_type};
use wasmparser::{MemoryType, Payload, RefType, TableType, TypeRef, ValType};

/// What the functions of a module may refer to, imported things first.
#[derive(Default)]
pub(super) struct Context {
    types: Vec<FuncType>,
    /// The index of each function's type.
    functions: Vec<u32>,
    imported_functions: usize,
    globals: Vec<Global>,
    tables: Vec<Callees>,
    memories: Vec<Address>,
}

/// A global variable.
#[derive(Clone, Copy)]
pub(super) struct Global {
    pub(super) ty: ValueType,
    mutability: Mutability,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mutability {
    Constant,
    Variable,
}

impl Global {
    /// Whether it can be set.
    pub(super) fn is_variable(&self) -> bool {
        self.mutability == Mutability::Variable
    }
}

/// What can be called through a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Callees {
    Functions,
    /// Nothing, or not by an index that is known here.
    Others,
}

/// How wide the addresses of a memory are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    Narrow,
    Wide,
}

impl Context {
    /// Takes in a section.
    pub(super) fn read(&mut self, section: Payload<'_>) -> Result<(), Unsure> {
        match section {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    let ty = func_type(&ty?);
                    let is_known = |ty: &ValueType| *ty != ValueType::OtherRef;
                    if !ty.params.iter().chain(&ty.results).all(is_known) {
                        return Err(Unsure);
                    }
                    self.types.push(ty);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports {
                    match import?.ty {
                        TypeRef::Func(ty) => {
                            self.functions.push(ty);
                            self.imported_functions += 1;
                        }
                        TypeRef::Global(global) => {
                            self.global(global.content_type, global.mutable)?;
                        }
                        TypeRef::Table(table) => self.table(&table),
                        TypeRef::Memory(memory) => self.memory(&memory),
                        TypeRef::Tag(_) => {}
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.table(&table?.ty);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memory(&memory?);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let ty = global?.ty;
                    self.global(ty.content_type, ty.mutable)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn global(&mut self, ty: ValType, mutable: bool) -> Result<(), Unsure> {
        let ty = ValueType::from(ty);
        if ty == ValueType::OtherRef {
            return Err(Unsure);
        }
        let mutability = match mutable {
            true => Mutability::Variable,
            false => Mutability::Constant,
        };
        self.globals.push(Global { ty, mutability });
        Ok(())
    }

    fn table(&mut self, ty: &TableType) {
        self.tables
            .push(match ty.element_type == RefType::FUNCREF && !ty.table64 {
                true => Callees::Functions,
                false => Callees::Others,
            });
    }

    fn memory(&mut self, ty: &MemoryType) {
        self.memories.push(match ty.memory64 {
            true => Address::Wide,
            false => Address::Narrow,
        });
    }

    /// The indices of the types of the functions that have code, in order.
    pub(super) fn defined_functions(&self) -> Option<&[u32]> {
        self.functions.get(self.imported_functions..)
    }

    /// The type with this index.
    pub(super) fn function_type(&self, index: u32) -> Result<&FuncType, Unsure> {
        self.types.get(index as usize).ok_or(Unsure)
    }

    /// The type of the function with this index.
    pub(super) fn callee(&self, index: u32) -> Result<&FuncType, Unsure> {
        self.function_type(*self.functions.get(index as usize).ok_or(Unsure)?)
    }

    /// The globals, in order.
    pub(super) fn globals(&self) -> &[Global] {
        &self.globals
    }

    /// Sees that functions can be called through the table with this index.
    pub(super) fn see_callable(&self, table: u32) -> Result<(), Unsure> {
        match self.tables.get(table as usize) {
            Some(Callees::Functions) => Ok(()),
            _ => Err(Unsure),
        }
    }

    /// Sees that there is a first memory, with addresses of 32 bits.
    pub(super) fn see_memory(&self) -> Result<(), Unsure> {
        match self.memories.first() {
            Some(Address::Narrow) => Ok(()),
            _ => Err(Unsure),
        }
    }
}
