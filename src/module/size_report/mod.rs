//! Measures the sizes of a module's sections, functions and Go packages.

mod data;
mod parts;
mod tree;

pub use tree::{PartKind, SizeNode};

use super::Module;
use super::go_package::{package, unescaped};
use parts::{MeasuredSection, Parts};
use std::collections::HashMap;
use std::sync::Arc;
use wasmparser::BinaryReaderError;

/// The sizes of the parts of a module, in bytes.
#[derive(Debug, Default)]
pub struct ModuleSizes {
    /// The size of the whole module.
    pub total: usize,
    /// The content of each section, in order. A custom section has its own name.
    pub sections: Vec<(String, usize)>,
    /// The function bodies of each package, the largest first; `(other)` for functions without a package.
    pub packages: Vec<(String, usize)>,
    /// The bodies of the largest functions, with a name or else an index.
    pub functions: Vec<(String, usize)>,
}

/// The name for functions without a package.
const NO_PACKAGE: &str = "(other)";

/// The maximum number of functions that are listed.
const MAX_FUNCTIONS: usize = 10;

impl ModuleSizes {
    /// Measures a module. `name` returns the Go name of the function with an index.
    ///
    /// # Errors
    ///
    /// If the module is malformed.
    pub fn measure(
        module: &Module,
        name: impl Fn(u32) -> Option<Arc<str>>,
    ) -> Result<Self, BinaryReaderError> {
        let parts = Parts::read(&module.wasm)?;
        let bodies = &parts.bodies;
        let name = |at| parts.function_name(at, &name);
        let mut packages: HashMap<String, usize> = HashMap::new();
        for (at, size) in bodies.iter().enumerate() {
            let name = name(at);
            let package = unescaped(package(&name).unwrap_or(NO_PACKAGE));
            *packages.entry(package).or_default() += size;
        }
        let mut functions: Vec<_> = bodies.iter().copied().enumerate().collect();
        functions.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        functions.truncate(MAX_FUNCTIONS);
        Ok(Self {
            total: module.wasm.len(),
            sections: parts.sections.iter().map(named_size).collect(),
            packages: largest_first(packages.into_iter().collect()),
            functions: functions
                .into_iter()
                .map(|(at, size)| (unescaped(&name(at)), size))
                .collect(),
        })
    }

    /// The total size of the sections whose names start with `prefix`.
    pub fn sections_with_prefix(&self, prefix: &str) -> usize {
        let sections = self
            .sections
            .iter()
            .filter(|(name, _)| name.starts_with(prefix));
        sections.map(|(_, size)| size).sum()
    }
}

fn named_size(section: &MeasuredSection<'_>) -> (String, usize) {
    (section.name.to_owned(), section.size)
}

fn largest_first(mut items: Vec<(String, usize)>) -> Vec<(String, usize)> {
    items.sort_by(|(a, a_size), (b, b_size)| b_size.cmp(a_size).then_with(|| a.cmp(b)));
    items
}
