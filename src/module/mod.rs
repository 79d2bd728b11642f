//! What the `.wasm` says: loading it and reading it, as plain data and without the engine. Nothing is
//! validated here beyond what reading takes; the engine does that when it compiles the module.

pub mod bytes;
pub mod code_section;
mod dwarf;
pub mod engine_workarounds;
mod format;
mod func_type;
mod go_signature;
mod interface;
mod load;
mod merge_data;
mod names;
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

/// A module in the binary format, and what it says of itself.
#[derive(Debug)]
pub struct Module {
    /// How messages call it: its path as typed, or `standard input`.
    pub name: String,
    /// The module in the binary format, whatever it was loaded from, as far as it was asked for.
    pub wasm: Vec<u8>,
    /// What it imports, exports and takes from the start.
    pub interface: Interface,
    /// How much of it there is.
    pub part: LoadedParts,
    /// The file that it was loaded from; `None` for standard input.
    pub file: Option<FileId>,
}

impl Module {
    /// Lets go of everything but the interface: for whoever has given it to the engine, which keeps what it
    /// needs of it, and wants to know no more.
    pub fn forget_content(&mut self) {
        self.wasm = Vec::new();
    }

    /// The names that the name section has for functions, with their indices.
    pub fn function_names(&self) -> impl Iterator<Item = (u32, &str)> {
        names::function_names(&self.wasm)
    }

    /// Whether its first global holds the address of a stack in linear memory, as LLVM's linker has it.
    pub fn has_stack_pointer(&self) -> bool {
        let mut names = names::global_names(&self.wasm);
        names.any(|naming| naming == (0, "__stack_pointer"))
    }

    /// The name of the function with this index in the name section, where it has one.
    pub fn function_name(&self, index: u32) -> Option<&str> {
        self.function_names()
            .find_map(|(of, name)| (of == index).then_some(name))
    }

    /// The Go signatures of those of these exported functions that the debug information knows, by
    /// their exports' names.
    pub fn signatures(&self, exports: &[&str]) -> HashMap<String, Rc<Signature>> {
        let indices = self.interface.function_indices();
        // A function may be exported under several names.
        let mut wanted: HashMap<u32, Vec<&str>> = HashMap::new();
        for export in exports {
            if let Some(index) = indices.get(export) {
                wanted.entry(*index).or_default().push(export);
            }
        }
        // Each has one name; a section that is damaged may have more.
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

    /// Whether it is a command, whose life is one run of `_start`, rather than a reactor.
    pub fn is_command(&self) -> bool {
        let exported = |name| self.interface.exported_function(name).is_some();
        exported("_start") && !exported("_initialize")
    }
}

/// How messages call the module at `path`, which is `-` for standard input.
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
