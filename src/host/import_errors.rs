//! Errors about imports.

use super::import_rules::{ImportOptions, ImportRule, UnknownImports};
use super::linker::Mismatch;
use super::wasi;
use crate::error::Error;
use crate::module::{ExternType, Import, Module};
use crate::nearest;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// The maximum number of lines that list imports. With a line for the rest, an error has 100 lines, the maximum of a
/// message.
const MAX_LISTED: usize = 99;

/// The maximum number of missing functions of one module that have a line each.
const MAX_UNGROUPED: usize = 4;

/// The maximum number of functions that are named in one line.
const MAX_NAMED: usize = 10;

/// An import that nothing provides with the right type.
pub(super) struct MissingImport<'m> {
    pub(super) import: &'m Import,
    pub(super) mismatch: Option<Mismatch>,
}

impl MissingImport<'_> {
    /// Returns true if the import is a function, and nothing has its name.
    fn is_unknown_function(&self) -> bool {
        self.mismatch.is_none() && matches!(self.import.ty, ExternType::Func(_))
    }
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
    let is_bridge = |missing: &MissingImport<'_>| missing.import.is_browser_bridge();
    let (mut error, hint) = if missing.iter().any(is_bridge) {
        (browser_build(module), None)
    } else {
        let count = match missing.len() {
            1 => "an import".to_owned(),
            count => format!("{count} imports"),
        };
        let message = format!("{} needs {count} that nothing provides", module.name);
        (Error::module(message), hint(missing))
    };
    let lines = lines(missing);
    error = error.details(lines.iter().take(MAX_LISTED).map(|line| &line.text));
    let more = lines.iter().skip(MAX_LISTED).map(|line| line.imports);
    if let more @ 1.. = more.sum::<usize>() {
        error = error.detail(format!("and {more} more"));
    }
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// A line that lists imports.
struct ImportLine {
    text: String,
    imports: usize,
}

/// Lists imports in order. Many functions of one module are one line.
fn lines(missing: &[MissingImport<'_>]) -> Vec<ImportLine> {
    let mut by_module: HashMap<&str, Vec<&str>> = HashMap::new();
    for MissingImport { import, .. } in missing.iter().filter(|each| each.is_unknown_function()) {
        by_module
            .entry(&import.module)
            .or_default()
            .push(&import.name);
    }
    by_module.retain(|_, names| names.len() > MAX_UNGROUPED);
    let mut lines = Vec::new();
    let mut listed = HashSet::new();
    for each in missing {
        let module = &*each.import.module;
        match by_module.get(module) {
            Some(names) if each.is_unknown_function() => {
                if listed.insert(module) {
                    lines.push(group_line(module, names));
                }
            }
            _ => lines.push(ImportLine {
                text: each.to_string(),
                imports: 1,
            }),
        }
    }
    lines
}

/// Lists the functions of one module in one line.
fn group_line(module: &str, names: &[&str]) -> ImportLine {
    let (named, rest) = names.split_at(names.len().min(MAX_NAMED));
    let more = match rest.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    ImportLine {
        text: format!("{module}: {}{more}", named.join(", ")),
        imports: names.len(),
    }
}

/// What the user can do about missing imports.
fn hint(missing: &[MissingImport<'_>]) -> Option<String> {
    let is_function = |import: &&Import| matches!(import.ty, ExternType::Func(_));
    let unknown = missing.iter().filter(|each| each.mismatch.is_none());
    let unknown: Vec<_> = unknown.map(|each| each.import).collect();
    let function = unknown.iter().copied().find(is_function);
    Some(match (&*unknown, function) {
        ([], _) => {
            let mut imports = missing.iter().map(|each| each.import);
            let Import { module, name, .. } = imports.find(is_function)?;
            format!("to replace a function of another type, use --import {module}.{name}=zero")
        }
        ([_], Some(Import { module, name, .. })) => format!(
            "provide it with --import {module}.{name}=zero, link a module that has it with \
             --preload {module}=FILE, or pass --unknown-imports trap"
        ),
        ([import], None) => hint_for_object(import),
        (_, Some(Import { module, name, .. })) => format!(
            "provide all of them with --unknown-imports trap (or zero, or trace), one with \
             --import {module}.{name}=zero, or link a module that has them with --preload {module}=FILE"
        ),
        ([first, ..], None) => format!(
            "link a module that has them with --preload {}=FILE, or pass --unknown-imports zero to create \
             them as small as their types allow",
            first.module
        ),
    })
}

/// What the user can do about a missing memory, table or global.
pub(super) fn hint_for_object(import: &Import) -> String {
    format!(
        "link a module that has it with --preload {}=FILE, or pass --unknown-imports zero to create it as \
         small as its type allows",
        import.module
    )
}

/// Explains the error for a linked module if it imports a memory that no module before it exports: most likely the main
/// module's, which does not exist yet.
pub(super) fn explain_circle(error: Error, linked: &str, memory: &Import, main: &Module) -> Error {
    let name = &main.name;
    let mut imports = main.interface.imports.iter();
    let takes_string = |import: &&Import| {
        let ExternType::Func(ty) = &import.ty else {
            return false;
        };
        import.module == linked && ty.params.len() > 1
    };
    let function = match imports.find(takes_string) {
        Some(import) => &import.name,
        None => "NAME",
    };
    error
        .detail(format!(
            "it is linked before {name}, so {} cannot be the memory of {name}",
            memory.full_name()
        ))
        .hint(format!(
            "tinyrun itself can print what {name} passes, with --import {linked}.{function}=print; another \
             memory can come from --preload {}=FILE",
            memory.module
        ))
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
    let others = imports().filter(|import| !wasi::is_module(&import.module));
    let names: Vec<_> = others.map(Import::full_name).collect();
    if let Some(near) = nearest::to(&unused.import, &names, |name| name).first() {
        return Err(error.hint(format!("did you mean {near}?")));
    }
    let (named, rest) = names.split_at(names.len().min(MAX_NAMED));
    Err(match (named, rest.len()) {
        ([], _) => error,
        (_, 0) => error.hint(format!("the imports are {}", named.join(", "))),
        (_, more) => error.hint(format!(
            "the imports are {} and {more} more",
            named.join(", ")
        )),
    })
}

/// Refuses a module that was built for the browser, unless the options provide its imports from there.
///
/// # Errors
///
/// `Module`, with a hint how to build it.
pub fn refuse_browser_build(
    module: &Module,
    options: &ImportOptions,
    linked: &[&str],
) -> Result<(), Error> {
    if options.unknown != UnknownImports::Error {
        return Ok(());
    }
    let has_rule = |import: &Import| {
        let name = import.full_name();
        options.rules.iter().any(|rule| rule.import == name)
    };
    let mut imports = module.interface.imports.iter();
    let is_missing = |import: &Import| {
        import.is_browser_bridge() && !linked.contains(&&*import.module) && !has_rule(import)
    };
    match imports.any(is_missing) {
        true => Err(browser_build(module)),
        false => Ok(()),
    }
}

fn browser_build(module: &Module) -> Error {
    Error::module(format!("{} was built for the browser", module.name))
        .detail("it imports the JavaScript bridge of -target=wasm or GOOS=js")
        .hint("rebuild it with -target=wasip1 (TinyGo) or GOOS=wasip1 GOARCH=wasm (Go)")
}
