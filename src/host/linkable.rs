//! Whether modules can be linked to each other, found before any of them runs: no `start` function is called where
//! another module lacks something. What only a run can show, as the size that a memory has grown to, is left to the
//! engine.

use super::import_rules::{ImportOptions, UnknownImports};
use super::linker::{
    Answer, Missing, Provided, Rules, WASI, built_in, by_rule, engine_order, func_type,
    lacking_error, require_memory, scratch_store, unknown_rule,
};
use crate::error::Error;
use crate::module::Module;
use std::collections::HashMap;
use wasmi::ExternType;

/// A module that is about to be linked.
pub struct Candidate<'a> {
    /// The name that others import it by; empty for the main module, which is the last.
    pub name: &'a str,
    /// The module.
    pub module: &'a Module,
    /// The same, as the engine has it.
    pub compiled: &'a wasmi::Module,
}

/// The types of what was linked before, by the names of module and export.
type Linked<'a> = HashMap<(&'a str, &'a str), ExternType>;

/// Refuses modules, each of which may import from those before it, where one imports something that nothing will
/// have, or not as what it is imported as.
///
/// # Errors
///
/// `Module`, with all that the first such module lacks; `CommandLine` where a rule does not fit its import.
pub fn refuse_unlinkable(
    candidates: &[Candidate<'_>],
    options: &ImportOptions,
) -> Result<(), Error> {
    let mut linked = Linked::new();
    let rules = Rules::new(&options.rules);
    for candidate in candidates {
        refuse_lacking(candidate, &linked, &rules, options.unknown)?;
        let exports = candidate.compiled.exports();
        linked.extend(exports.map(|export| ((candidate.name, export.name()), export.ty().clone())));
    }
    Ok(())
}

fn refuse_lacking(
    candidate: &Candidate<'_>,
    linked: &Linked<'_>,
    rules: &Rules<'_>,
    unknown: UnknownImports,
) -> Result<(), Error> {
    let Candidate {
        module, compiled, ..
    } = candidate;
    let mut store = scratch_store()?;
    let mut lacking = Vec::new();
    let mut uses_wasi = false;
    // The engine lists them by kind.
    let mut imports: Vec<_> = module.interface.imports.iter().enumerate().collect();
    imports.sort_by_key(|(_, import)| engine_order(&import.ty));
    for ((at, import), wanted) in imports.into_iter().zip(compiled.imports()) {
        let provided = if let Some(rule) = rules.of(import) {
            by_rule(&mut store, import, rule)?;
            continue;
        } else if let Some(linked) = linked.get(&(&*import.module, &*import.name)) {
            match misfit(wanted.ty(), linked) {
                None => continue,
                provided => provided,
            }
        } else {
            match built_in(&mut store, import) {
                Some(Answer::Found(_, by)) => {
                    uses_wasi |= by == WASI && import.name != "proc_exit";
                    continue;
                }
                Some(Answer::Missing(provided)) => provided,
                None if unknown_rule(unknown, import).is_some() => continue,
                None => None,
            }
        };
        lacking.push((at, Missing { import, provided }));
    }
    match lacking.is_empty() {
        true if uses_wasi => require_memory(module),
        true => Ok(()),
        false => {
            lacking.sort_by_key(|(at, _)| *at);
            let lacking: Vec<_> = lacking.into_iter().map(|(_, missing)| missing).collect();
            Err(lacking_error(module, &lacking))
        }
    }
}

/// What a linked module has under an import's name, where that is not what is imported.
fn misfit(wanted: &ExternType, linked: &ExternType) -> Option<Provided> {
    use ExternType::{Func, Global, Memory, Table};
    let what = match (wanted, linked) {
        (Func(wanted), Func(linked)) if wanted == linked => return None,
        (Global(wanted), Global(linked)) if wanted == linked => return None,
        (Memory(wanted), Memory(linked))
            if may_fit(
                (wanted.minimum(), wanted.maximum()),
                (linked.minimum(), linked.maximum()),
            ) =>
        {
            return None;
        }
        (Table(wanted), Table(linked))
            if wanted.element() == linked.element()
                && may_fit(
                    (wanted.minimum(), wanted.maximum()),
                    (linked.minimum(), linked.maximum()),
                ) =>
        {
            return None;
        }
        (Global(_), Global(_)) => "a global of another type".to_owned(),
        (Memory(_), Memory(_)) => "a memory of another size".to_owned(),
        (Table(_), Table(_)) => "a table of another type or size".to_owned(),
        (_, Func(linked)) => func_type(linked).to_string(),
        (_, Global(_)) => "a global".to_owned(),
        (_, Memory(_)) => "a memory".to_owned(),
        (_, Table(_)) => "a table".to_owned(),
    };
    Some(Provided {
        by: "a linked module",
        what,
    })
}

/// Whether something with a minimal and a maximal size can have grown to what is wanted.
fn may_fit(wanted: (u64, Option<u64>), linked: (u64, Option<u64>)) -> bool {
    let is_large_enough = linked.1.is_none_or(|maximum| maximum >= wanted.0);
    let is_small_enough = match (wanted.1, linked.1) {
        (None, _) => true,
        (Some(wanted), Some(linked)) => linked <= wanted,
        (Some(_), None) => false,
    };
    is_large_enough && is_small_enough
}
