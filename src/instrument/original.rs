//! The parts of the original module that instrumentation reads.

use super::InstrumentError;
use std::collections::HashSet;
use wasm_encoder::SectionId;
use wasmparser::{
    ElementItems, ElementSectionReader, FuncType, Global, Operator, Parser, Payload, TypeRef,
    ValType,
};

/// A module's sections and declarations, without custom sections.
#[derive(Default)]
pub(super) struct OriginalModule<'a> {
    sections: [Option<&'a [u8]>; 13],
    pub(super) types: Vec<FuncType>,
    /// The type index of each function that is not imported.
    pub(super) function_types: Vec<u32>,
    /// The number of items, imported and defined.
    pub(super) items: ItemCounts,
    pub(super) imported_functions: u32,
    /// True if the first global is a mutable `i32` that is not imported. LLVM keeps the address of the stack in linear
    /// memory in such a global.
    pub(super) may_have_stack_pointer: bool,
    /// True if the first and the third global are those with the stack pointer and the goroutine of an official Go
    /// program: <https://github.com/golang/go/blob/go1.23.0/src/cmd/link/internal/wasm/asm.go>.
    pub(super) has_go_globals: bool,
    /// The initial value of that global if it is a constant: the highest address of the stack.
    pub(super) stack_top: Option<i32>,
    pub(super) export_names: Vec<&'a str>,
    pub(super) start: Option<u32>,
    /// The indices of the functions in element segments, which can be called through a table.
    pub(super) address_taken: HashSet<u32>,
    /// The maximum sizes of all memories, in pages.
    pub(super) memory_maxima: Vec<u64>,
}

/// The number of items in each index space.
#[derive(Clone, Copy, Default)]
pub(super) struct ItemCounts {
    pub(super) functions: u32,
    pub(super) tables: u32,
    pub(super) memories: u32,
    pub(super) globals: u32,
}

impl<'a> OriginalModule<'a> {
    pub(super) fn read(wasm: &'a [u8]) -> Result<Self, InstrumentError> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            if let Some((id, range)) = payload.as_section()
                && id != u8::from(SectionId::Custom)
            {
                let section = module.sections.get_mut(usize::from(id));
                *section.ok_or(InstrumentError::Unsupported("a section"))? = wasm.get(range);
            }
            module.read_section(payload)?;
        }
        Ok(module)
    }

    fn read_section(&mut self, payload: Payload<'a>) -> Result<(), InstrumentError> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports {
                    self.add_import(import?.ty);
                }
            }
            Payload::FunctionSection(types) => {
                for ty in types {
                    self.function_types.push(ty?);
                    self.items.functions += 1;
                }
            }
            Payload::TableSection(tables) => self.items.tables += tables.count(),
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.items.memories += 1;
                    self.memory_maxima.extend(memory?.maximum);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let Global { ty, init_expr } = global?;
                    if self.items.globals == 0 && ty.mutable && ty.content_type == ValType::I32 {
                        self.may_have_stack_pointer = true;
                        self.stack_top = match init_expr.get_operators_reader().read()? {
                            Operator::I32Const { value } => Some(value),
                            _ => None,
                        };
                    }
                    if self.items.globals == 2 && ty.mutable && ty.content_type == ValType::I64 {
                        self.has_go_globals = self.may_have_stack_pointer;
                    }
                    self.items.globals += 1;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    self.export_names.push(export?.name);
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(elements) => self.read_elements(elements)?,
            _ => {}
        }
        Ok(())
    }

    fn add_import(&mut self, ty: TypeRef) {
        match ty {
            TypeRef::Func(_) => {
                self.items.functions += 1;
                self.imported_functions += 1;
            }
            TypeRef::Global(_) => self.items.globals += 1,
            TypeRef::Memory(memory) => {
                self.items.memories += 1;
                self.memory_maxima.extend(memory.maximum);
            }
            TypeRef::Table(_) => self.items.tables += 1,
            TypeRef::Tag(_) => {}
        }
    }

    fn read_elements(&mut self, elements: ElementSectionReader<'_>) -> Result<(), InstrumentError> {
        for element in elements {
            match element?.items {
                ElementItems::Functions(functions) => {
                    for function in functions {
                        self.address_taken.insert(function?);
                    }
                }
                ElementItems::Expressions(_, expressions) => {
                    for expression in expressions {
                        for operator in expression?.get_operators_reader() {
                            if let Operator::RefFunc { function_index } = operator? {
                                self.address_taken.insert(function_index);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The type of a function that is not imported.
    pub(super) fn function_type(&self, function: u32) -> Option<&FuncType> {
        let own = function.checked_sub(self.imported_functions)?;
        let type_index = self.function_types.get(own as usize)?;
        self.types.get(*type_index as usize)
    }

    /// Returns true for the type of functions compiled by official Go: the parameter is the block at which the function is
    /// resumed, and the result is not zero while the stack is being unwound.
    pub(super) fn is_go_function_type(&self, type_index: u32) -> bool {
        let ty = self.types.get(type_index as usize);
        ty.is_some_and(|ty| ty.params() == [ValType::I32] && ty.results() == [ValType::I32])
    }

    /// The content of a section, without its id and size.
    pub(super) fn section(&self, id: SectionId) -> Option<&'a [u8]> {
        self.sections[id as usize]
    }
}
