//! The output of `tinyrun inspect`, as text and as JSON.

mod json;
mod text;

pub(super) use text::grouped;

use crate::go_literals::name;
use crate::host::Availability;
use crate::module::{
    ExternType, FuncType, Import, Module, ModuleSizes, Scheduler, Signature, Toolchain,
    is_runtime_export,
};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

/// The facts about a module.
pub struct Inspection<'a> {
    module: &'a Module,
    toolchain: Toolchain,
    sizes: ModuleSizes,
    /// What provides each import.
    availability: Vec<Availability>,
    /// The number of bytes of long types that can still be printed.
    type_bytes_left: Cell<usize>,
}

/// The bytes of long types that are printed for each byte of the module, and for any module.
const TYPE_BYTES_PER_BYTE: usize = 2;
const BASE_TYPE_BYTES: usize = 1 << 20;

/// The maximum size of types that are always printed.
const MAX_SHORT_TYPE_BYTES: usize = 100;

impl<'a> Inspection<'a> {
    /// Creates an inspection. `availability` has an item for each import.
    pub fn new(
        module: &'a Module,
        toolchain: Toolchain,
        sizes: ModuleSizes,
        availability: Vec<Availability>,
    ) -> Self {
        let type_bytes = sizes.total * TYPE_BYTES_PER_BYTE + BASE_TYPE_BYTES;
        Self {
            module,
            toolchain,
            sizes,
            availability,
            type_bytes_left: Cell::new(type_bytes),
        }
    }

    fn imports(&self) -> impl Iterator<Item = (&Import, &Availability)> {
        let imports = self.module.interface.imports.iter();
        imports.zip(&self.availability)
    }

    /// The imports that nothing provides, by module.
    fn missing_imports(&self) -> Vec<(&str, Vec<&Import>)> {
        let mut modules: Vec<(&str, Vec<&Import>)> = Vec::new();
        let mut indices = HashMap::new();
        let is_missing = |(_, available): &(_, &Availability)| **available == Availability::Missing;
        for (import, _) in self.imports().filter(is_missing) {
            let module = import.module.as_str();
            let index = *indices.entry(module).or_insert(modules.len());
            match modules.get_mut(index) {
                Some((_, imports)) => imports.push(import),
                None => modules.push((module, vec![import])),
            }
        }
        modules
    }

    /// The exported functions that can be called, without those of TinyGo's runtime: name, type, and Go declaration if
    /// it is known.
    fn declarations(&self) -> Vec<(&str, &FuncType, String)> {
        let functions = self.module.callable_functions().into_iter();
        let own: Vec<_> = functions
            .filter(|(name, _)| !is_runtime_export(name))
            .collect();
        let names: Vec<_> = own.iter().map(|(name, _)| *name).collect();
        let signatures: HashMap<String, Rc<Signature>> = self.module.signatures(&names);
        let declared = own.into_iter().map(|(name, ty): (&str, &FuncType)| {
            let fits = |signature: &&Rc<Signature>| {
                signature.fits(ty) && self.take_type_bytes(signature.text_bytes())
            };
            let declared = match signatures.get(name).filter(fits) {
                Some(signature) => signature.declaration(name, ty),
                None => format!("{} {}", name::quote(name), self.func_type(ty)),
            };
            (name, ty, declared)
        });
        declared.collect()
    }

    /// The exported functions that cannot be called from outside.
    fn uncallable_exports(&self) -> Vec<Cow<'_, str>> {
        if !self.module.is_command() {
            return Vec::new();
        }
        let wrappers = self.module.wasmexport_wrappers();
        let functions = self.module.interface.exported_functions();
        let names = functions.map(|(name, _)| name);
        let uncallable = names.filter(|name| wrappers.contains(name));
        uncallable.map(name::quote).collect()
    }

    /// The exported functions of TinyGo's runtime.
    fn runtime_exports(&self) -> Vec<&str> {
        let functions = self.module.interface.exported_functions();
        functions
            .map(|(name, _)| name)
            .filter(|name| is_runtime_export(name))
            .collect()
    }

    /// Formats a function's type. The size of all long types is limited, since many functions of a hostile module can
    /// share a long type.
    fn func_type(&self, ty: &FuncType) -> String {
        if self.take_type_bytes(ty.text_bytes()) {
            return ty.to_string();
        }
        let (params, results) = (ty.params.len(), ty.results.len());
        format!("({params} values) -> ({results} values)")
    }

    /// Counts the bytes of a type that is about to be printed. Returns false if they exceed the limit.
    fn take_type_bytes(&self, bytes: usize) -> bool {
        let left = self.type_bytes_left.get().checked_sub(bytes);
        self.type_bytes_left.set(left.unwrap_or(0));
        left.is_some() || bytes <= MAX_SHORT_TYPE_BYTES
    }

    /// The number of bytes that a build with `-no-debug` would save.
    fn debug_bytes(&self) -> usize {
        self.sizes.sections_with_prefix(".debug_")
    }

    /// The size of the scheduler's package; `None` if there is no scheduler.
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
        ExternType::Memory(_) => "memory",
        ExternType::Table(_) => "table",
        ExternType::Global(_) => "global",
        ExternType::Tag => "tag",
    }
}
