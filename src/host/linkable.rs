//! Checks that modules can be linked to each other before any of them runs: no `start` function is called if another
//! module lacks an import. What only a run can show, such as the size that a memory has grown to, is left to the engine.

use super::import_rules::ImportOptions;
use super::linker::{Linker, Mismatch, Provider, scratch_store};
use super::value_types::func_type;
use crate::error::Error;
use crate::module::{Import, Module};
use std::collections::HashMap;
use wasmi::ExternType;

/// A module that is about to be linked.
pub struct Candidate<'a> {
    /// The name that others import it by; empty for the main module, which is the last.
    pub name: &'a str,
    /// The module.
    pub module: &'a Module,
    /// The same module, compiled.
    pub compiled: &'a wasmi::Module,
}

/// Checks the imports of modules, each of which may import from those before it.
///
/// # Errors
///
/// As for `link`, for the first module with a missing import.
pub fn check_links(candidates: &[Candidate<'_>], options: &ImportOptions) -> Result<(), Error> {
    let linker = Linker::new(options);
    let mut exports = HashMap::new();
    for candidate in candidates {
        let wanted: Vec<_> = candidate.compiled.imports().collect();
        let export = |_: &_, index: usize, import: &Import| {
            let export = exports.get(&(&*import.module, &*import.name))?;
            Some(compare(wanted.get(index)?.ty(), export))
        };
        linker.resolve_all(&mut scratch_store()?, candidate.module, export)?;
        let own = candidate.compiled.exports();
        exports.extend(own.map(|export| ((candidate.name, export.name()), export.ty().clone())));
    }
    Ok(())
}

/// Checks that an export of a linked module has, or can have, the type that is imported.
fn compare(wanted: &ExternType, export: &ExternType) -> Result<(), Mismatch> {
    use ExternType::{Func, Global, Memory, Table};
    let fits = match (wanted, export) {
        (Func(wanted), Func(export)) => wanted == export,
        (Global(wanted), Global(export)) => wanted == export,
        (Memory(wanted), Memory(export)) => may_fit(
            (wanted.minimum(), wanted.maximum()),
            (export.minimum(), export.maximum()),
        ),
        (Table(wanted), Table(export)) => {
            wanted.element() == export.element()
                && may_fit(
                    (wanted.minimum(), wanted.maximum()),
                    (export.minimum(), export.maximum()),
                )
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let ty = match (wanted, export) {
        (Global(_), Global(_)) => "a global of another type".to_owned(),
        (Memory(_), Memory(_)) => "a memory of another size".to_owned(),
        (Table(_), Table(_)) => "a table of another type or size".to_owned(),
        (_, Func(export)) => func_type(export).to_string(),
        (_, Global(_)) => "a global".to_owned(),
        (_, Memory(_)) => "a memory".to_owned(),
        (_, Table(_)) => "a table".to_owned(),
    };
    Err(Mismatch {
        provider: Provider::LinkedModule,
        ty,
    })
}

/// Checks that a memory or table can have grown to the wanted size. Each size is a minimum and a maximum.
fn may_fit(wanted: (u64, Option<u64>), export: (u64, Option<u64>)) -> bool {
    let can_be_large_enough = export.1.is_none_or(|maximum| maximum >= wanted.0);
    let is_bounded = match (wanted.1, export.1) {
        (None, _) => true,
        (Some(wanted), Some(export)) => export <= wanted,
        (Some(_), None) => false,
    };
    can_be_large_enough && is_bounded
}
