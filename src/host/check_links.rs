//! Checks that modules can be linked to each other before any of them runs, so that no `start` function is called if
//! an import is missing. The engine checks what is known only at run time, such as the current size of a memory.

use super::import_errors::explain_circle;
use super::import_rules::ImportOptions;
use super::linker::{Linker, Mismatch, Provider, scratch_store};
use super::value_types::func_type;
use crate::error::Error;
use crate::module::{self, Import, Module};
use std::collections::HashMap;
use wasmi::{ExternType, MemoryType, TableType};

/// A module to link.
pub struct ModuleToLink<'a> {
    /// The module name in the imports of other modules; empty for the main module, which comes last.
    pub name: &'a str,
    /// The module.
    pub module: &'a Module,
    /// The compiled module.
    pub compiled: &'a wasmi::Module,
}

/// Checks the imports of modules, each of which may import from those before it.
///
/// # Errors
///
/// As for `link`, for the first module with a missing import.
pub fn check_links(modules: &[ModuleToLink<'_>], options: &ImportOptions) -> Result<(), Error> {
    let linker = Linker::new(options);
    let mut exports = Exports::new();
    for linked in modules {
        let imported: Vec<_> = linked.compiled.imports().collect();
        let export = |_: &_, index: usize, import: &Import| {
            let export = exports.get(&(&*import.module, &*import.name))?;
            Some(check_type(imported.get(index)?.ty(), export))
        };
        let resolved = linker.resolve_all(&mut scratch_store()?, linked.module, export);
        resolved.map_err(|error| {
            match (modules.last(), missing_memory(linked.module, &exports)) {
                (Some(main), Some(memory)) if !linked.name.is_empty() => {
                    explain_circle(error, linked.name, memory, main.module)
                }
                _ => error,
            }
        })?;
        let own = linked.compiled.exports();
        exports.extend(own.map(|export| ((linked.name, export.name()), export.ty().clone())));
    }
    Ok(())
}

/// The exports of the modules before one, by module name and name.
type Exports<'a> = HashMap<(&'a str, &'a str), ExternType>;

/// The first memory that a module imports and no module before it exports.
fn missing_memory<'a>(module: &'a Module, exports: &Exports<'_>) -> Option<&'a Import> {
    let is_missing = |import: &&Import| {
        let name = (&*import.module, &*import.name);
        matches!(import.ty, module::ExternType::Memory(_)) && !exports.contains_key(&name)
    };
    module.interface.imports.iter().find(is_missing)
}

/// Checks that an export has the imported type. A memory or table passes if it can grow to the imported minimum size.
fn check_type(wanted: &ExternType, export: &ExternType) -> Result<(), Mismatch> {
    use ExternType::{Func, Global, Memory, Table};
    let memory = |ty: &MemoryType| (ty.minimum(), ty.maximum());
    let table = |ty: &TableType| (ty.minimum(), ty.maximum());
    let ty = match (wanted, export) {
        (Func(wanted), Func(export)) if wanted == export => return Ok(()),
        (_, Func(export)) => func_type(export).to_string(),
        (Global(wanted), Global(export)) if wanted == export => return Ok(()),
        (Global(_), Global(_)) => "a global of another type".to_owned(),
        (_, Global(_)) => "a global".to_owned(),
        (Memory(wanted), Memory(export)) if limits_may_match(memory(wanted), memory(export)) => {
            return Ok(());
        }
        (Memory(_), Memory(_)) => "a memory with other limits".to_owned(),
        (_, Memory(_)) => "a memory".to_owned(),
        (Table(wanted), Table(export))
            if wanted.element() == export.element()
                && limits_may_match(table(wanted), table(export)) =>
        {
            return Ok(());
        }
        (Table(_), Table(_)) => "a table of another type or with other limits".to_owned(),
        (_, Table(_)) => "a table".to_owned(),
    };
    Err(Mismatch {
        provider: Provider::LinkedModule,
        ty,
    })
}

/// Returns true if a memory or table can grow to the wanted minimum, and not beyond the wanted maximum. The limits are
/// a minimum and a maximum.
fn limits_may_match(wanted: (u64, Option<u64>), export: (u64, Option<u64>)) -> bool {
    let can_be_large_enough = export.1.is_none_or(|maximum| maximum >= wanted.0);
    let is_bounded = match (wanted.1, export.1) {
        (None, _) => true,
        (Some(wanted), Some(export)) => export <= wanted,
        (Some(_), None) => false,
    };
    can_be_large_enough && is_bounded
}
