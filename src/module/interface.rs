//! The imports, exports and initial sizes of a module, read with wasmparser. The code is skipped, so that this takes
//! microseconds even for a large module.

use super::Compiler;
use super::func_type::{FuncType, func_type};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use wasmparser::{BinaryReaderError, Chunk, ElementItems, ExternalKind, Parser, Payload, TypeRef};

/// The imports, exports and initial sizes of a module.
#[derive(Debug, Default)]
pub struct Interface {
    /// Its imports, in order.
    pub imports: Vec<Import>,
    /// Its exports, in order.
    pub exports: Vec<Export>,
    /// The initial size of all memories that it defines, in bytes.
    pub initial_memory: u64,
    /// The number of memories that it defines.
    pub memories: usize,
    /// The maximal size of all memories that it defines, in bytes, if all have one.
    pub maximal_memory: Option<u64>,
    /// The initial number of elements of all tables that it defines.
    pub initial_table: u64,
    /// The number of elements in all its element segments.
    pub segment_elements: u64,
    /// The compiler, if a custom section names it.
    pub compiler: Compiler,
}

/// The custom section that only official Go's linker writes.
const GO_BUILD_ID: &str = "go:buildid";

/// The custom section in which compilers name themselves. TinyGo's `-no-debug` and wasm-opt keep it:
/// <https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md>.
const PRODUCERS: &str = "producers";

/// Returns true if a custom section of this name may name the compiler.
pub(super) fn may_name_compiler(section: &str) -> bool {
    section == GO_BUILD_ID || section == PRODUCERS
}

/// An import.
#[derive(Debug)]
pub struct Import {
    /// The name of the module that provides it.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// Its type.
    pub ty: ExternType,
}

/// An export.
#[derive(Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ExternType,
    /// Its index in the index space of its kind, where imports come first.
    pub index: u32,
}

/// The types of imports and exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternType {
    /// A function. Types are shared: a module can have a million imports of one large type.
    Func(Arc<FuncType>),
    /// A linear memory.
    Memory,
    /// A table.
    Table,
    /// A global variable.
    Global,
    /// An exception's tag.
    Tag,
}

impl Interface {
    /// Reads the interface of a module in the binary format.
    ///
    /// # Errors
    ///
    /// If a section that it reads is malformed. The module may be invalid nevertheless.
    pub fn read(wasm: &[u8]) -> Result<Self, BinaryReaderError> {
        let mut reader = Reader::default();
        let mut parser = Parser::new(0);
        let mut rest = wasm;
        loop {
            let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else {
                // The parser was told that this is all, so it does not ask for more.
                return Ok(reader.done());
            };
            rest = &rest[consumed..];
            match payload {
                Payload::CodeSectionStart { size, .. } => {
                    parser.skip_section();
                    rest = rest.get(size as usize..).unwrap_or(&[]);
                }
                Payload::End(_) => return Ok(reader.done()),
                section => reader.section(section)?,
            }
        }
    }

    /// The type and the index of an exported function.
    pub fn exported_function(&self, name: &str) -> Option<(&FuncType, u32)> {
        let export = self.exports.iter().find(|export| export.name == name)?;
        match &export.ty {
            ExternType::Func(ty) => Some((ty, export.index)),
            _ => None,
        }
    }

    /// The names and types of the exported functions, in order.
    pub fn exported_functions(&self) -> impl Iterator<Item = (&str, &FuncType)> {
        self.exports.iter().filter_map(|export| match &export.ty {
            ExternType::Func(ty) => Some((export.name.as_str(), &**ty)),
            _ => None,
        })
    }

    /// The names and types of the exported functions, those of TinyGo's runtime last.
    pub fn functions_to_offer(&self) -> Vec<(&str, &FuncType)> {
        let (plumbing, mut own): (Vec<_>, Vec<_>) = self
            .exported_functions()
            .partition(|(name, _)| is_plumbing(name));
        own.extend(plumbing);
        own
    }

    /// The indices of the exported functions, by name.
    pub fn function_indices(&self) -> HashMap<&str, u32> {
        let functions = self.exports.iter();
        let functions = functions.filter(|export| matches!(export.ty, ExternType::Func(_)));
        functions
            .map(|export| (export.name.as_str(), export.index))
            .collect()
    }

    /// The exported name of its only memory; `None` if it imports one or has several.
    pub fn only_memory(&self) -> Option<&str> {
        let is_imported = |import: &Import| import.ty == ExternType::Memory;
        if self.memories != 1 || self.imports.iter().any(is_imported) {
            return None;
        }
        let memory = |export: &&Export| export.ty == ExternType::Memory;
        self.exports
            .iter()
            .find(memory)
            .map(|export| export.name.as_str())
    }

    /// Returns true if TinyGo most likely made the module: `producers` names it, or the module exports the four
    /// functions of TinyGo's allocator, which stripping keeps.
    pub fn is_of_tinygo(&self) -> bool {
        const ALLOCATOR: [&str; 4] = ["malloc", "free", "calloc", "realloc"];
        let exports = |name: &&str| self.exported_function(name).is_some();
        match self.compiler {
            Compiler::TinyGo => true,
            Compiler::Go => false,
            Compiler::Other => ALLOCATOR.iter().all(exports),
        }
    }

    /// Returns true if it exports a memory under the name that WASI requires.
    pub fn exports_memory(&self) -> bool {
        let is_it = |export: &Export| export.name == "memory" && export.ty == ExternType::Memory;
        self.exports.iter().any(is_it)
    }
}

/// Returns true if TinyGo's runtime exports a function of this name.
pub fn is_plumbing(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        "_start",
        "_initialize",
        "malloc",
        "free",
        "calloc",
        "realloc",
    ];
    NAMES.contains(&name) || name.starts_with("asyncify_")
}

/// The interface so far, and the index spaces of its exports.
#[derive(Default)]
struct Reader {
    interface: Interface,
    types: Vec<Arc<FuncType>>,
    /// The maximal size of each memory.
    maxima: Vec<Option<u64>>,
    /// The type index of each function, imported ones first.
    functions: Vec<u32>,
}

impl Reader {
    fn section(&mut self, section: Payload<'_>) -> Result<(), BinaryReaderError> {
        match section {
            Payload::CustomSection(section) if section.name() == GO_BUILD_ID => {
                self.interface.compiler = Compiler::Go;
            }
            Payload::CustomSection(section) if section.name() == PRODUCERS => {
                let name = b"TinyGo";
                if section
                    .data()
                    .windows(name.len())
                    .any(|bytes| bytes == name)
                {
                    self.interface.compiler = Compiler::TinyGo;
                }
            }
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.types.push(Arc::new(func_type(&ty?)));
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports {
                    self.import(&import?);
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.functions.push(ty?);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let memory = memory?;
                    let page = 1_u64 << memory.page_size_log2.unwrap_or(16).min(16);
                    let bytes = memory.initial.saturating_mul(page);
                    let total = &mut self.interface.initial_memory;
                    *total = total.saturating_add(bytes);
                    let maximum = memory.maximum.map(|pages| pages.saturating_mul(page));
                    self.maxima.push(maximum);
                }
                self.interface.memories = self.maxima.len();
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let total = &mut self.interface.initial_table;
                    *total = total.saturating_add(table?.ty.initial);
                }
            }
            Payload::ElementSection(segments) => {
                // The engine reports malformed segments.
                for segment in segments.into_iter().map_while(Result::ok) {
                    let elements = match segment.items {
                        ElementItems::Functions(functions) => functions.count(),
                        ElementItems::Expressions(_, expressions) => expressions.count(),
                    };
                    self.interface.segment_elements += u64::from(elements);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    let ty = self.exported(export.kind, export.index);
                    self.interface.exports.push(Export {
                        name: export.name.to_owned(),
                        ty,
                        index: export.index,
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn done(mut self) -> Interface {
        let maxima: Option<Vec<u64>> = self.maxima.into_iter().collect();
        let maxima = maxima.filter(|maxima| !maxima.is_empty());
        self.interface.maximal_memory = maxima.map(|maxima| {
            maxima
                .iter()
                .fold(0_u64, |sum, max| sum.saturating_add(*max))
        });
        self.interface
    }

    fn import(&mut self, import: &wasmparser::Import<'_>) {
        let ty = match import.ty {
            TypeRef::Func(index) => {
                self.functions.push(index);
                ExternType::Func(self.func_type(index))
            }
            TypeRef::Memory(_) => ExternType::Memory,
            TypeRef::Table(_) => ExternType::Table,
            TypeRef::Global(_) => ExternType::Global,
            TypeRef::Tag(_) => ExternType::Tag,
        };
        self.interface.imports.push(Import {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            ty,
        });
    }

    fn exported(&self, kind: ExternalKind, index: u32) -> ExternType {
        match kind {
            ExternalKind::Func => {
                let ty = self.functions.get(index as usize).copied();
                ExternType::Func(ty.map(|ty| self.func_type(ty)).unwrap_or_default())
            }
            ExternalKind::Memory => ExternType::Memory,
            ExternalKind::Table => ExternType::Table,
            ExternalKind::Global => ExternType::Global,
            ExternalKind::Tag => ExternType::Tag,
        }
    }

    /// The type with this index. The engine reports one that is missing.
    fn func_type(&self, index: u32) -> Arc<FuncType> {
        self.types.get(index as usize).cloned().unwrap_or_default()
    }
}

/// `env.fetch (i32, i32) -> i32`, or `env.table (table)`.
impl Import {
    /// `MODULE.NAME`, as rules name it.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} ", self.module, self.name)?;
        match &self.ty {
            ExternType::Func(ty) => ty.fmt(f),
            ExternType::Memory => f.write_str("(memory)"),
            ExternType::Table => f.write_str("(table)"),
            ExternType::Global => f.write_str("(global)"),
            ExternType::Tag => f.write_str("(tag)"),
        }
    }
}
