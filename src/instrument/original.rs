//! What instrumentation needs to know of the module that it rewrites.

use super::InstrumentError;
use std::collections::HashSet;
use wasm_encoder::SectionId;
use wasmparser::{
    ElementItems, ElementSectionReader, FuncType, Operator, Parser, Payload, TypeRef, ValType,
};

/// A module's sections and what they declare. Custom sections are left out.
#[derive(Default)]
pub(super) struct OriginalModule<'a> {
    sections: [Option<&'a [u8]>; 13],
    pub(super) types: Vec<FuncType>,
    /// The type index of each function that is not imported.
    pub(super) function_types: Vec<u32>,
    /// The number of items, imported and own.
    pub(super) items: ItemCounts,
    pub(super) imported_functions: u32,
    /// True if the first global is the module's own, an `i32`, and mutable. LLVM keeps the address of the stack in
    /// linear memory in such a global.
    pub(super) may_have_stack_pointer: bool,
    pub(super) export_names: Vec<&'a str>,
    pub(super) start: Option<u32>,
    /// The functions in element segments, which can be called through a table.
    pub(super) address_taken: HashSet<u32>,
    /// The maxima of its own memories and those it imports, in pages.
    pub(super) memory_maxima: Vec<u64>,
}

/// The number of items in index spaces.
#[derive(Clone, Copy, Default)]
pub(super) struct ItemCounts {
    pub(super) functions: u32,
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
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.items.memories += 1;
                    self.memory_maxima.extend(memory?.maximum);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let ty = global?.ty;
                    if self.items.globals == 0 {
                        self.may_have_stack_pointer = ty.mutable && ty.content_type == ValType::I32;
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
            TypeRef::Table(_) | TypeRef::Tag(_) => {}
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

    /// The content of a section, after its size.
    pub(super) fn section(&self, id: SectionId) -> Option<&'a [u8]> {
        self.sections[id as usize]
    }
}
