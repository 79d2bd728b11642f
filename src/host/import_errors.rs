//! Errors about imports.

use super::import_rules::ImportRule;
use super::linker::Mismatch;
use super::wasi;
use crate::error::Error;
use crate::module::{ExternType, Import, Module};
use std::collections::HashSet;
use std::fmt;

/// The maximum number of imports that an error lists. With a line for the rest, it has 100 lines, the maximum of a
/// message.
const MAX_LISTED: usize = 99;

/// An import that nothing provides with the right type.
pub(super) struct MissingImport<'m> {
    pub(super) import: &'m Import,
    pub(super) mismatch: Option<Mismatch>,
}

impl fmt::Display for MissingImport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.import.fmt(f)?;
        match &self.mismatch {
            Some(Mismatch { provider, ty }) => write!(f, ", but {provider} has {ty}"),
            None => Ok(()),
        }
    }
}

/// The error for a module with missing imports.
pub(super) fn missing_imports(module: &Module, missing: &[MissingImport<'_>]) -> Error {
    let count = match missing.len() {
        1 => "an import".to_owned(),
        count => format!("{count} imports"),
    };
    let message = format!("{} needs {count} that nothing provides", module.name);
    let mut error = Error::module(message).details(missing.iter().take(MAX_LISTED));
    if let Some(more @ 1..) = missing.len().checked_sub(MAX_LISTED) {
        error = error.detail(format!("and {more} more"));
    }
    let mut imports = missing.iter().map(|missing| missing.import);
    match imports.find(|import| matches!(import.ty, ExternType::Func(_))) {
        Some(Import { module, name, .. }) => error.hint(format!(
            "provide it with --import {module}.{name}=zero, link a module that has it with \
             --preload {module}=FILE, or pass --unknown-imports trap"
        )),
        None => error,
    }
}

/// Refuses a module that imports a WASI function that accesses the caller's memory, unless it exports a memory.
///
/// # Errors
///
/// `Module`.
pub(super) fn require_memory(module: &Module, import: &Import) -> Result<(), Error> {
    if module.interface.exports_memory() {
        return Ok(());
    }
    let error = Error::module(format!("{} exports no memory", module.name));
    Err(error.detail(format!(
        "it imports {import}, which needs one named `memory`"
    )))
}

/// Refuses rules for imports that no module has. Most likely their names are misspelled.
///
/// # Errors
///
/// `CommandLine`, with a list of the existing imports.
pub fn refuse_unused_rules(rules: &[ImportRule], modules: &[&Module]) -> Result<(), Error> {
    if rules.is_empty() {
        return Ok(());
    }
    let imports = || modules.iter().flat_map(|module| &module.interface.imports);
    let names: HashSet<String> = imports().map(Import::full_name).collect();
    let Some(unused) = rules.iter().find(|rule| !names.contains(&rule.import)) else {
        return Ok(());
    };
    let error = Error::command_line(format!(
        "--import {}: there is no such import",
        unused.import
    ));
    let others = imports().filter(|import| import.module != wasi::MODULE);
    let names: Vec<_> = others.map(Import::full_name).take(MAX_LISTED).collect();
    if names.is_empty() {
        return Err(error);
    }
    Err(error.hint(format!("the imports are {}", names.join(", "))))
}

/// Refuses a module that was built for something other than WASI preview 1.
///
/// # Errors
///
/// `Module`, with a hint how to build it.
pub fn refuse_other_builds(module: &Module) -> Result<(), Error> {
    let imports_from = |names: &[&str]| {
        let mut imports = module.interface.imports.iter();
        imports.any(|import| names.contains(&&*import.module))
    };
    let name = &module.name;
    if imports_from(&["gojs", "go"]) {
        return Err(Error::module(format!("{name} was built for the browser"))
            .detail("it imports the JavaScript bridge of -target=wasm or GOOS=js")
            .hint("rebuild it with -target=wasip1 (TinyGo) or GOOS=wasip1 GOARCH=wasm (Go)"));
    }
    if imports_from(&["wasi_unstable"]) {
        return Err(
            Error::module(format!("{name} was built for an old version of WASI"))
                .detail("it imports wasi_unstable, the predecessor of wasi_snapshot_preview1")
                .hint("rebuild it with a TinyGo of 2020 or later"),
        );
    }
    Ok(())
}
