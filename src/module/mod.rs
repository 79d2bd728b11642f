//! What the `.wasm` says: loading it and reading it, as plain data and without the engine. Nothing is
//! validated here beyond what reading takes; the engine does that when it compiles the module.

mod format;
mod interface;
mod load;
mod name_section;

pub use interface::{ExternType, FuncType, Import, Interface, ValueType};
pub use load::load;

use std::path::Path;

/// A module in the binary format, and what it says of itself.
#[derive(Debug)]
pub struct Module {
    /// How messages call it: its path as typed, or `standard input`.
    pub name: String,
    /// The module in the binary format, whatever it was loaded from.
    pub wasm: Vec<u8>,
    /// What it imports, exports and takes from the start.
    pub interface: Interface,
}

impl Module {
    /// The name of the function with this index in the name section, where it has one.
    pub fn function_name(&self, index: u32) -> Option<String> {
        name_section::function_name(&self.wasm, index)
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
