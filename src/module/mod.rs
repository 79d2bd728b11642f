//! Loads modules and reads their sections, names and debug information as plain data, without the engine. Modules are
//! not validated here; the engine does that when it compiles them.

mod data_address;
mod data_symbols;
mod dwarf;
pub mod engine_workarounds;
mod extern_type;
mod format;
mod func_type;
mod go_package;
mod go_signature;
mod interface;
mod load;
mod merge_data;
mod names;
mod pclntab;
mod proposals;
mod sections;
mod size_report;
mod skip_custom_sections;
mod tinygo_release;
mod toolchain;

pub use dwarf::{
    CodeLines, CodeRow, DeclaredFunction, FileLine, Line, LineAccuracy, Position, Positions,
    SourceFiles,
};
pub use extern_type::{ExternType, GlobalType, SizeLimits};
pub use func_type::{FuncType, ValueType};
pub use go_package::is_of_program;
pub use go_signature::{GoParam, ParamType, ResultPlace, Signature};
pub use interface::{Import, Interface, is_runtime_export};
pub use load::{LoadedParts, load, load_all_parts};
pub use names::cut_name;
pub use pclntab::{FrameSizes, GoPc, GoTable};
pub use proposals::explain_refusal;
pub use size_report::{ModuleSizes, PartKind, SizeNode};
pub use tinygo_release::TinyGoRelease;
pub use toolchain::{Build, Compiler, START_UNWIND, Scheduler, Toolchain};

use crate::file_id::FileId;
use crate::go_types::layout::Layout;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;

/// A module in the binary format.
#[derive(Debug)]
pub struct Module {
    /// The name in messages: the path as typed, or `standard input`.
    pub name: String,
    /// The binary format, even if the module was loaded from text.
    pub wasm: Vec<u8>,
    /// The imports, exports and initial sizes.
    pub interface: Interface,
    /// The parts that were loaded.
    pub parts: LoadedParts,
    /// The file from which the module was loaded; `None` for standard input.
    pub file: Option<FileId>,
}

impl Module {
    /// Frees the binary format. The engine has a copy of what it needs.
    pub fn drop_wasm(&mut self) {
        self.wasm = Vec::new();
    }

    /// The indices and names of functions in the name section.
    pub fn function_names(&self) -> impl Iterator<Item = (u32, &str)> {
        names::function_names(&self.wasm)
    }

    /// The offset of the code section's content, or 0 if there is none.
    pub fn code_start(&self) -> u64 {
        sections::code_start(&self.wasm).unwrap_or(0)
    }

    /// Returns true if the first global is the stack pointer of LLVM's linker.
    pub fn has_stack_pointer(&self) -> bool {
        let mut names = names::global_names(&self.wasm);
        names.any(|naming| naming == (0, "__stack_pointer"))
    }

    /// The name of a function in the name section.
    pub fn function_name(&self, index: u32) -> Option<&str> {
        self.function_names()
            .find_map(|(function, name)| (function == index).then_some(name))
    }

    /// The Go signatures of exported functions, by export name. Functions without debug information are missing.
    pub fn signatures(&self, exports: &[&str]) -> HashMap<String, Rc<Signature>> {
        let indices = self.interface.function_indices();
        // A function can be exported under several names.
        let mut wanted: HashMap<u32, Vec<&str>> = HashMap::new();
        for export in exports {
            if let Some(index) = indices.get(export) {
                wanted.entry(*index).or_default().push(export);
            }
        }
        // Only the first name of a function is used; a malformed section may have several.
        let names = self.function_names();
        let names: Vec<_> = names
            .filter_map(|(index, name)| Some((name, wanted.remove(&index)?)))
            .collect();
        let functions: Vec<_> = names.iter().map(|(name, _)| *name).collect();
        let found = dwarf::signatures(&self.wasm, &functions);
        let by_export = names.iter().flat_map(|(name, exports)| {
            let signature = found.get(*name);
            let exports = exports.iter();
            exports.filter_map(move |export| Some(((*export).to_owned(), signature?.clone())))
        });
        by_export.collect()
    }

    /// The exported functions that can be called, those of TinyGo's runtime last.
    pub fn callable_functions(&self) -> Vec<(&str, &FuncType)> {
        let mut functions = self.interface.functions_to_suggest();
        if self.is_command() {
            let wrappers = self.wasmexport_wrappers();
            functions.retain(|(name, _)| !wrappers.contains(*name));
        }
        functions
    }

    /// The exports that are TinyGo's wrappers of `//go:wasmexport` functions, which have names of their own in the name
    /// section: <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/runtime_wasmentry.go>.
    pub fn wasmexport_wrappers(&self) -> HashSet<&str> {
        let names = self.function_names();
        let wrappers = names.filter(|(_, name)| name.ends_with("#wasmexport"));
        let wrappers: HashSet<u32> = wrappers.map(|(index, _)| index).collect();
        let indices = self.interface.function_indices().into_iter();
        let exports = indices.filter(|(_, index)| wrappers.contains(index));
        exports.map(|(name, _)| name).collect()
    }

    /// How the program lays out values in its memory.
    pub fn layout(&self) -> Layout {
        match self.interface.compiler {
            Compiler::Go => Layout::Word64,
            Compiler::TinyGo | Compiler::Other => Layout::Word32,
        }
    }

    /// Returns true if the module is a command, which runs in one call of `_start`, rather than a reactor.
    pub fn is_command(&self) -> bool {
        let exported = |name| self.interface.exported_function(name).is_some();
        exported("_start") && !exported("_initialize")
    }
}

/// The name in messages for the module at `path`, which is `-` for standard input.
pub fn name_of(path: &Path) -> String {
    if is_standard_input(path) {
        "standard input".to_owned()
    } else if path.as_os_str().is_empty() {
        "``".to_owned()
    } else {
        path.display().to_string()
    }
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}
