//! Reads the imports, exports and initial sizes of a module. The code is skipped, so that this takes microseconds even
//! for a large module.

use super::extern_type::{ExternType, GlobalType, SizeLimits};
use super::func_type::{FuncType, func_type};
use super::{Compiler, TinyGoRelease};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use wasmparser::{
    BinaryReaderError, Chunk, CustomSectionReader, ElementItems, ExternalKind, KnownCustom, Parser,
    Payload, TypeRef,
};

/// The imports, exports and initial sizes of a module.
#[derive(Debug, Default)]
pub struct Interface {
    /// The imports, in order.
    pub imports: Vec<Import>,
    /// The exports, in order.
    pub exports: Vec<Export>,
    /// The initial size of all memories that the module defines, in bytes.
    pub initial_memory: u64,
    /// The number of memories that the module defines.
    pub memories: usize,
    /// The maximum size of all memories that the module defines, in bytes; `None` if one of them has no maximum.
    pub maximum_memory: Option<u64>,
    /// The initial number of elements of all tables that the module defines.
    pub initial_table: u64,
    /// The number of elements in all element segments.
    pub segment_elements: u64,
    /// The compiler, if a custom section names it.
    pub compiler: Compiler,
    /// The release of TinyGo, if the `producers` section names it.
    pub tinygo_release: Option<TinyGoRelease>,
    /// True if a function runs when the module is instantiated.
    pub has_start_function: bool,
}

/// The name of the custom section that only official Go's linker writes.
const GO_BUILD_ID: &str = "go:buildid";

/// The name of the custom section that identifies the compiler. TinyGo's `-no-debug` and wasm-opt keep it:
/// <https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md>.
const PRODUCERS: &str = "producers";

/// Returns true if a custom section with this name may identify the compiler.
pub(super) fn may_identify_compiler(section: &str) -> bool {
    section == GO_BUILD_ID || section == PRODUCERS
}

/// An import.
#[derive(Debug)]
pub struct Import {
    /// The module name.
    pub module: String,
    /// The name in that module.
    pub name: String,
    /// The type.
    pub ty: ExternType,
}

/// An export.
#[derive(Debug)]
pub struct Export {
    /// The name.
    pub name: String,
    /// The type.
    pub ty: ExternType,
    /// The index of the exported item. Imported items have the first indices.
    pub index: u32,
}

impl Interface {
    /// Reads the interface of a module in the binary format.
    ///
    /// # Errors
    ///
    /// If a section that is read is malformed. Without an error, the module may still be invalid.
    pub fn read(wasm: &[u8]) -> Result<Self, BinaryReaderError> {
        let mut reader = InterfaceReader::default();
        let mut parser = Parser::new(0);
        let mut rest = wasm;
        loop {
            let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else {
                // The parser never needs more data, since it has all.
                return Ok(reader.finish());
            };
            rest = &rest[consumed..];
            match payload {
                Payload::CodeSectionStart { size, .. } => {
                    parser.skip_section();
                    rest = rest.get(size as usize..).unwrap_or(&[]);
                }
                Payload::End(_) => return Ok(reader.finish()),
                section => reader.read_section(section)?,
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

    /// The names and types of the exported functions, with those of TinyGo's runtime last.
    pub fn functions_to_suggest(&self) -> Vec<(&str, &FuncType)> {
        let (runtime, mut functions): (Vec<_>, Vec<_>) = self
            .exported_functions()
            .partition(|(name, _)| is_runtime_export(name));
        functions.extend(runtime);
        functions
    }

    /// The indices of the exported functions, by name.
    pub fn function_indices(&self) -> HashMap<&str, u32> {
        let functions = self.exports.iter();
        let functions = functions.filter(|export| matches!(export.ty, ExternType::Func(_)));
        functions
            .map(|export| (export.name.as_str(), export.index))
            .collect()
    }

    /// The export name of the only memory; `None` if the module imports a memory, has several, or does not export it.
    pub fn only_memory(&self) -> Option<&str> {
        let is_imported = |import: &Import| matches!(import.ty, ExternType::Memory(_));
        if self.memories != 1 || self.imports.iter().any(is_imported) {
            return None;
        }
        let memory = |export: &&Export| matches!(export.ty, ExternType::Memory(_));
        self.exports
            .iter()
            .find(memory)
            .map(|export| export.name.as_str())
    }

    /// Returns true if TinyGo most likely built the module: it is in the `producers` section, or the module exports the
    /// four functions of TinyGo's allocator, which stripping keeps.
    pub fn is_likely_tinygo(&self) -> bool {
        const ALLOCATOR: [&str; 4] = ["malloc", "free", "calloc", "realloc"];
        let exports = |name: &&str| self.exported_function(name).is_some();
        match self.compiler {
            Compiler::TinyGo => true,
            Compiler::Go => false,
            Compiler::Other => ALLOCATOR.iter().all(exports),
        }
    }

    /// Returns true if the start function is the only one that can run: the module exports no function, except those that
    /// compilers add to every module.
    pub fn has_only_start_function(&self) -> bool {
        let mut exports = self.exported_functions();
        let is_entry = |name| ["_start", "_initialize"].contains(&name) || !is_runtime_export(name);
        self.has_start_function && !exports.any(|(name, _)| is_entry(name))
    }

    /// Returns true if the module exports a memory with the name that WASI requires.
    pub fn exports_memory(&self) -> bool {
        let is_memory =
            |export: &Export| export.name == "memory" && matches!(export.ty, ExternType::Memory(_));
        self.exports.iter().any(is_memory)
    }
}

/// Returns true if a function with this name is most likely not the program's own, but an export of its runtime or C
/// library. Old versions of TinyGo also exported functions of Go's standard library.
pub fn is_runtime_export(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "_start",
        "_initialize",
        "malloc",
        "free",
        "calloc",
        "realloc",
        "posix_memalign",
        "aligned_alloc",
        "malloc_usable_size",
        "fminimum",
        "fmaximum",
        "syscall.seek",
    ];
    const PREFIXES: [&str; 3] = ["asyncify_", "runtime.", "math.arch"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The release of TinyGo in a `producers` section; `None` if another compiler wrote it.
fn tinygo_release(producers: &CustomSectionReader<'_>) -> Option<TinyGoRelease> {
    let KnownCustom::Producers(fields) = producers.as_known() else {
        return None;
    };
    let fields = fields.into_iter().map_while(Result::ok);
    let mut values = fields.flat_map(|field| field.values.into_iter().map_while(Result::ok));
    let tinygo = values.find(|value| value.name == "TinyGo")?;
    Some(TinyGoRelease::new(tinygo.version))
}

/// The part of the interface that was read, and the index spaces that exports refer to.
#[derive(Default)]
struct InterfaceReader {
    interface: Interface,
    types: Vec<Arc<FuncType>>,
    /// The maximum size of each memory that the module defines, in bytes.
    maxima: Vec<Option<u64>>,
    /// The type index of each function, imported ones first.
    functions: Vec<u32>,
    memories: Vec<SizeLimits>,
    tables: Vec<SizeLimits>,
    globals: Vec<GlobalType>,
}

impl InterfaceReader {
    fn read_section(&mut self, section: Payload<'_>) -> Result<(), BinaryReaderError> {
        match section {
            Payload::CustomSection(section) if section.name() == GO_BUILD_ID => {
                self.interface.compiler = Compiler::Go;
            }
            Payload::CustomSection(section) if section.name() == PRODUCERS => {
                if let Some(release) = tinygo_release(&section) {
                    self.interface.compiler = Compiler::TinyGo;
                    self.interface.tinygo_release = Some(release);
                }
            }
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.types.push(Arc::new(func_type(&ty?)));
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports {
                    self.add_import(&import?);
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.functions.push(ty?);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let limits = SizeLimits::from(memory?);
                    let total = &mut self.interface.initial_memory;
                    *total = total.saturating_add(limits.minimum);
                    self.maxima.push(limits.maximum);
                    self.memories.push(limits);
                }
                self.interface.memories = self.maxima.len();
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let limits = SizeLimits::from(table?.ty);
                    let total = &mut self.interface.initial_table;
                    *total = total.saturating_add(limits.minimum);
                    self.tables.push(limits);
                }
            }
            Payload::StartSection { .. } => self.interface.has_start_function = true,
            Payload::GlobalSection(globals) => {
                // The engine reports malformed globals.
                let globals = globals.into_iter().map_while(Result::ok);
                self.globals
                    .extend(globals.map(|global| GlobalType::from(global.ty)));
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
                    let ty = self.export_type(export.kind, export.index);
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

    fn finish(mut self) -> Interface {
        let maxima: Option<Vec<u64>> = self.maxima.into_iter().collect();
        let maxima = maxima.filter(|maxima| !maxima.is_empty());
        self.interface.maximum_memory = maxima.map(|maxima| {
            maxima
                .iter()
                .fold(0_u64, |sum, max| sum.saturating_add(*max))
        });
        self.interface
    }

    fn add_import(&mut self, import: &wasmparser::Import<'_>) {
        let ty = match import.ty {
            TypeRef::Func(index) => {
                self.functions.push(index);
                ExternType::Func(self.func_type(index))
            }
            TypeRef::Memory(ty) => {
                self.memories.push(ty.into());
                ExternType::Memory(ty.into())
            }
            TypeRef::Table(ty) => {
                self.tables.push(ty.into());
                ExternType::Table(ty.into())
            }
            TypeRef::Global(ty) => {
                self.globals.push(ty.into());
                ExternType::Global(ty.into())
            }
            TypeRef::Tag(_) => ExternType::Tag,
        };
        self.interface.imports.push(Import {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            ty,
        });
    }

    /// The type of an export. If it is missing, this is a type without content, and the engine reports the error.
    fn export_type(&self, kind: ExternalKind, index: u32) -> ExternType {
        let index = index as usize;
        match kind {
            ExternalKind::Func => {
                let ty = self.functions.get(index).copied();
                ExternType::Func(ty.map(|ty| self.func_type(ty)).unwrap_or_default())
            }
            ExternalKind::Memory => {
                ExternType::Memory(self.memories.get(index).copied().unwrap_or_default())
            }
            ExternalKind::Table => {
                ExternType::Table(self.tables.get(index).copied().unwrap_or_default())
            }
            ExternalKind::Global => match self.globals.get(index) {
                Some(ty) => ExternType::Global(*ty),
                None => ExternType::Tag,
            },
            ExternalKind::Tag => ExternType::Tag,
        }
    }

    /// The type with this index, or an empty type if it is missing, which the engine reports.
    fn func_type(&self, index: u32) -> Arc<FuncType> {
        self.types.get(index as usize).cloned().unwrap_or_default()
    }
}

impl Import {
    /// The name in import rules: `MODULE.NAME`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }

    /// Returns true if the import is part of the JavaScript bridge of Go and TinyGo. Its module is `gojs` since Go
    /// 1.21; before, it was `go`, and in TinyGo `env`:
    /// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/targets/wasm_exec.js#L448>.
    pub fn is_browser_bridge(&self) -> bool {
        let is_of_runtime = || {
            let mut prefixes = ["syscall/js.", "runtime."].iter();
            prefixes.any(|prefix| self.name.starts_with(prefix))
        };
        match self.module.as_str() {
            "gojs" => true,
            "go" => self.name == "debug" || is_of_runtime(),
            "env" => self.name.starts_with("syscall/js."),
            _ => false,
        }
    }
}

/// Formats the import as `env.fetch (i32, i32) -> i32` or `env.memory (memory of at least 64 KiB)`.
impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} {}", self.module, self.name, self.ty)
    }
}
