//! Loads modules and reads their sections, names and debug information as plain data, without the engine. Nothing is
//! validated here; the engine does that when it compiles the module.

mod dwarf;
pub mod engine_workarounds;
mod format;
mod func_type;
mod go_signature;
mod interface;
mod load;
mod merge_data;
mod names;
mod sections;
mod size_report;
mod skip_custom_sections;
mod toolchain;

pub use dwarf::{Line, LineAccuracy, Position, Positions};
pub use func_type::{FuncType, ValueType};
pub use go_signature::{GoParam, GoType, ResultPlace, Signature, Signedness, TypeKind};
pub use interface::{ExternType, Import, Interface, is_plumbing};
pub use load::{LoadedParts, load, whole};
pub use names::cut_name;
pub use size_report::SizeReport;
pub use toolchain::{Build, Compiler, Scheduler, Toolchain};

use crate::file_id::FileId;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

/// A module in the binary format.
#[derive(Debug)]
pub struct Module {
    /// Its name in messages: its path as typed, or `standard input`.
    pub name: String,
    /// The module in the binary format, also if it was loaded from text.
    pub wasm: Vec<u8>,
    /// Its imports, exports and initial sizes.
    pub interface: Interface,
    /// The parts that were loaded.
    pub part: LoadedParts,
    /// The file that it was loaded from; `None` for standard input.
    pub file: Option<FileId>,
}

impl Module {
    /// Frees everything but the interface. The engine has a copy of what it needs.
    pub fn forget_content(&mut self) {
        self.wasm = Vec::new();
    }

    /// The functions' indices and names in the name section.
    pub fn function_names(&self) -> impl Iterator<Item = (u32, &str)> {
        names::function_names(&self.wasm)
    }

    /// Returns true if its first global is the stack pointer of LLVM's linker.
    pub fn has_stack_pointer(&self) -> bool {
        let mut names = names::global_names(&self.wasm);
        names.any(|naming| naming == (0, "__stack_pointer"))
    }

    /// The name of a function in the name section.
    pub fn function_name(&self, index: u32) -> Option<&str> {
        self.function_names()
            .find_map(|(of, name)| (of == index).then_some(name))
    }

    /// The Go signatures of exported functions, by the exports' names, as far as the debug information has them.
    pub fn signatures(&self, exports: &[&str]) -> HashMap<String, Rc<Signature>> {
        let indices = self.interface.function_indices();
        // A function may be exported under several names.
        let mut wanted: HashMap<u32, Vec<&str>> = HashMap::new();
        for export in exports {
            if let Some(index) = indices.get(export) {
                wanted.entry(*index).or_default().push(export);
            }
        }
        // A function has one name; a malformed section may have more.
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

    /// Returns true if it is a command, which lives for one call of `_start`, rather than a reactor.
    pub fn is_command(&self) -> bool {
        let exported = |name| self.interface.exported_function(name).is_some();
        exported("_start") && !exported("_initialize")
    }
}

/// The name in messages of the module at `path`, which is `-` for standard input.
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
