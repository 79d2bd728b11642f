//! What `tinyrun inspect` prints of a module, as text and as JSON.

mod json;
mod text;

use crate::host::Provider;
use crate::module::{
    ExternType, FuncType, Import, Module, Scheduler, Signature, SizeReport, Toolchain, is_plumbing,
};
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

/// The facts of a module.
pub struct Inspection<'a> {
    module: &'a Module,
    toolchain: Toolchain,
    sizes: SizeReport,
    /// What provides each of its imports, if anything does.
    providers: Vec<Option<Provider>>,
    /// How many bytes of long types may still be printed.
    type_bytes_left: Cell<usize>,
}

/// How many bytes of long types are printed: a number for each byte of the module, and a constant.
const TYPE_BYTES_PER_BYTE: usize = 2;
const MORE_TYPE_BYTES: usize = 1 << 20;

/// Types up to this length are always printed.
const MAX_SHORT_TYPE_BYTES: usize = 100;

impl<'a> Inspection<'a> {
    /// Collects the facts. `providers` has an item for each import.
    pub fn new(
        module: &'a Module,
        toolchain: Toolchain,
        sizes: SizeReport,
        providers: Vec<Option<Provider>>,
    ) -> Self {
        let type_bytes = sizes.total * TYPE_BYTES_PER_BYTE + MORE_TYPE_BYTES;
        Self {
            module,
            toolchain,
            sizes,
            providers,
            type_bytes_left: Cell::new(type_bytes),
        }
    }

    fn imports(&self) -> impl Iterator<Item = (&Import, Option<Provider>)> {
        let imports = self.module.interface.imports.iter();
        imports.zip(self.providers.iter().copied())
    }

    /// The program's own functions: name, type, and Go declaration if that is known.
    fn declarations(&self) -> Vec<(&str, &FuncType, String)> {
        let functions = self.module.interface.exported_functions();
        let own: Vec<_> = functions.filter(|(name, _)| !is_plumbing(name)).collect();
        let names: Vec<_> = own.iter().map(|(name, _)| *name).collect();
        let signatures: HashMap<String, Rc<Signature>> = self.module.signatures(&names);
        let declared = own.into_iter().map(|(name, ty): (&str, &FuncType)| {
            let fits = |signature: &&Rc<Signature>| self.has_room(signature.text_bytes());
            let declared = match signatures.get(name).filter(fits) {
                Some(signature) => signature.declaration(name, ty),
                None => format!("{name} {}", self.func_type(ty)),
            };
            (name, ty, declared)
        });
        declared.collect()
    }

    /// The exported functions of TinyGo's runtime.
    fn runtime_exports(&self) -> Vec<&str> {
        let functions = self.module.interface.exported_functions();
        functions
            .map(|(name, _)| name)
            .filter(|name| is_plumbing(name))
            .collect()
    }

    /// A function's type. Many functions of a hostile module may share a long one, so the room for them is limited.
    fn func_type(&self, ty: &FuncType) -> String {
        match self.has_room(ty.text_bytes()) {
            true => ty.to_string(),
            false => {
                let (params, results) = (ty.params.len(), ty.results.len());
                format!("({params} values) -> ({results} values)")
            }
        }
    }

    /// Takes room for a type of so many bytes. Returns false if there is not enough.
    fn has_room(&self, bytes: usize) -> bool {
        let left = self.type_bytes_left.get().checked_sub(bytes);
        self.type_bytes_left.set(left.unwrap_or(0));
        left.is_some() || bytes <= MAX_SHORT_TYPE_BYTES
    }

    /// How many bytes a build with `-no-debug` would save.
    fn debug_bytes(&self) -> usize {
        self.sizes.of_sections(".debug_")
    }

    /// The size of the scheduler's own package; `None` if there is no scheduler.
    fn scheduler_bytes(&self) -> Option<usize> {
        if self.toolchain.scheduler != Some(Scheduler::Asyncify) {
            return None;
        }
        let packages = self.sizes.packages.iter();
        let tasks = packages.filter(|(name, _)| name == "internal/task");
        Some(tasks.map(|(_, size)| size).sum()).filter(|size| *size > 0)
    }
}

fn kind_name(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::Func(_) => "function",
        ExternType::Memory => "memory",
        ExternType::Table => "table",
        ExternType::Global => "global",
        ExternType::Tag => "tag",
    }
}
