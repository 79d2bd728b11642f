//! Answering what a module imports: by a rule, by a module that was linked before, by WASI, by what
//! TinyGo's programs expect of any host, and for the rest as the command line says. All that nobody
//! provides is found before anything runs, and said in one go.

use super::import_rules::{ImportOptions, ImportRule, StubImport, UnknownImports};
use super::{Host, Limits, PeakMemory, World, stub_imports, wasi};
use crate::error::Error;
use crate::module::{ExternType, FuncType, Import, Module, ValueType};
use std::collections::{HashMap, HashSet};
use std::fmt;
use wasmi::{Engine, Extern, Func, Instance, Store, ValType};

/// What messages call WASI.
pub(super) const WASI: &str = "WASI";

/// A module that was linked, under the name that others import it by.
pub type Linked = (String, Instance);

/// Finds what a module imports, in the order in which the engine takes it.
///
/// # Errors
///
/// `Module` where something that it imports is not to be had, or where it could not use WASI;
/// `CommandLine` where a rule does not fit the import that it is for.
pub fn link(
    store: &mut Store<Host>,
    module: &Module,
    options: &ImportOptions,
    linked: &[Linked],
) -> Result<Vec<Extern>, Error> {
    let imports = &module.interface.imports;
    let mut found = Vec::with_capacity(imports.len());
    let mut missing = Vec::new();
    let rules = Rules::new(&options.rules);
    let (mut by_wasi, mut uses_wasi) = (0, false);
    for import in imports {
        match answer(store, import, &rules, options.unknown, linked)? {
            Answer::Found(external, by) => {
                found.push((engine_order(&import.ty), external));
                if by == WASI {
                    log::debug!("{import} is answered by {by}");
                    by_wasi += 1;
                    uses_wasi |= import.name != "proc_exit";
                } else {
                    log::info!("{import} is answered by {by}");
                }
            }
            Answer::Missing(provided) => missing.push(Missing { import, provided }),
        }
    }
    found.sort_by_key(|(order, _)| *order);
    let found = found.into_iter().map(|(_, external)| external).collect();
    if missing.is_empty() {
        if uses_wasi {
            require_memory(module)?;
        }
        if by_wasi > 0 {
            log::info!("{}: imports that {WASI} answers: {by_wasi}", module.name);
        }
        return Ok(found);
    }
    Err(lacking_error(module, &missing))
}

/// Where the engine has imports of a kind: it takes and lists them by kind, whatever order the module has them in.
pub(super) fn engine_order(ty: &ExternType) -> u8 {
    match ty {
        ExternType::Func(_) => 0,
        ExternType::Table => 1,
        ExternType::Memory => 2,
        ExternType::Global | ExternType::Tag => 3,
    }
}

/// An import that nothing provides, or not as what it is imported as.
pub(super) struct Missing<'m> {
    pub(super) import: &'m Import,
    pub(super) provided: Option<Provided>,
}

impl fmt::Display for Missing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.import.fmt(f)?;
        match &self.provided {
            Some(Provided { by, what }) => write!(f, ", where {by} has {what}"),
            None => Ok(()),
        }
    }
}

/// How many imports an error lists: with a line for the others, as many lines as a message may have.
const MAX_LISTED: usize = 99;

/// The error of a module that lacks these imports.
pub(super) fn lacking_error(module: &Module, missing: &[Missing<'_>]) -> Error {
    let count = match missing.len() {
        1 => "an import".to_owned(),
        count => format!("{count} imports"),
    };
    let is_function = |import: &&Import| matches!(import.ty, ExternType::Func(_));
    let hint = missing
        .iter()
        .map(|missing| missing.import)
        .find(is_function)
        .map(|import| {
            let Import { module, name, .. } = import;
            format!(
                "answer it with --import {module}.{name}=zero, link a module that has it with \
             --preload {module}=FILE, or pass --unknown-imports trap"
            )
        });
    let message = format!("{} needs {count} that nothing provides", module.name);
    let listed = missing.iter().take(MAX_LISTED);
    let error = Error::module(message).details(listed);
    let mut error = match missing.len().saturating_sub(MAX_LISTED) {
        0 => error,
        more => error.detail(format!("and {more} more")),
    };
    error.hint = hint;
    error
}

/// Refuses rules for imports that no module has: they are most likely misspelled.
///
/// # Errors
///
/// `CommandLine`, with the imports that there are.
pub fn refuse_idle_rules(rules: &[ImportRule], modules: &[&Module]) -> Result<(), Error> {
    if rules.is_empty() {
        return Ok(());
    }
    let imports = || modules.iter().flat_map(|module| &module.interface.imports);
    let names: HashSet<String> = imports().map(full_name).collect();
    let Some(idle) = rules.iter().find(|rule| !names.contains(&rule.import)) else {
        return Ok(());
    };
    let error = Error::command_line(format!("--import {}: there is no such import", idle.import));
    let names: Vec<_> = imports()
        .filter(|import| import.module != wasi::MODULE)
        .map(full_name)
        .take(MAX_LISTED)
        .collect();
    Err(match names.is_empty() {
        true => error,
        false => error.hint(format!("there are {}", names.join(", "))),
    })
}

/// Who would answer an import without being asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// WASI.
    Wasi,
    /// tinyrun, since TinyGo's programs expect it of any host.
    Tinyrun,
    /// Nobody.
    Nobody,
}

/// Who would answer each of these imports, as what it is imported as.
///
/// # Errors
///
/// Where no host can be had.
pub fn providers(imports: &[Import]) -> Result<Vec<Provider>, Error> {
    let mut store = scratch_store()?;
    let mut provider = |import: &Import| match built_in(&mut store, import) {
        Some(Answer::Found(_, WASI)) => Provider::Wasi,
        Some(Answer::Found(..)) => Provider::Tinyrun,
        Some(Answer::Missing(_)) | None => Provider::Nobody,
    };
    Ok(imports.iter().map(&mut provider).collect())
}

/// A store in which nothing runs, for looking at what the host has.
pub(super) fn scratch_store() -> Result<Store<Host>, Error> {
    let host = Host::new(&World::default(), Limits::new(None, PeakMemory::default()))?;
    Ok(Store::new(&Engine::default(), host))
}

pub(super) enum Answer {
    /// What answers the import, and who that is.
    Found(Extern, &'static str),
    /// Nothing provides it, or only as something else.
    Missing(Option<Provided>),
}

/// What is provided in place of what is imported, and by what.
pub(super) struct Provided {
    pub(super) by: &'static str,
    pub(super) what: String,
}

/// The rules for single imports, by the imports' full names.
pub(super) struct Rules<'r>(HashMap<&'r str, &'r StubImport>);

impl<'r> Rules<'r> {
    /// Of several rules for the same import the last one counts.
    pub(super) fn new(rules: &'r [ImportRule]) -> Self {
        let named = rules.iter().map(|rule| (rule.import.as_str(), &rule.stub));
        Self(named.collect())
    }

    pub(super) fn of(&self, import: &Import) -> Option<&'r StubImport> {
        match self.0.is_empty() {
            true => None,
            false => self.0.get(full_name(import).as_str()).copied(),
        }
    }
}

fn full_name(import: &Import) -> String {
    format!("{}.{}", import.module, import.name)
}

fn answer(
    store: &mut Store<Host>,
    import: &Import,
    rules: &Rules<'_>,
    unknown: UnknownImports,
    linked: &[Linked],
) -> Result<Answer, Error> {
    if let Some(rule) = rules.of(import) {
        let func = by_rule(store, import, rule)?;
        return Ok(Answer::Found(func.into(), "a rule"));
    }
    let linked = linked
        .iter()
        .rev()
        .filter(|(name, _)| *name == import.module);
    let mut exports = linked.filter_map(|(_, instance)| instance.get_export(&*store, &import.name));
    if let Some(external) = exports.next() {
        return Ok(fitting(store, import, external, "a linked module"));
    }
    if let Some(answer) = built_in(store, import) {
        return Ok(answer);
    }
    match unknown_rule(unknown, import) {
        Some(rule) => {
            let func = by_rule(store, import, &rule)?;
            Ok(Answer::Found(func.into(), "--unknown-imports"))
        }
        None => Ok(Answer::Missing(None)),
    }
}

/// What the host has for an import, unasked.
pub(super) fn built_in(store: &mut Store<Host>, import: &Import) -> Option<Answer> {
    let (func, by) = match import.module.as_str() {
        wasi::MODULE => (wasi::function(store, &import.name), WASI),
        _ => (stub_imports::built_in(store, import), "tinyrun"),
    };
    func.map(|func| fitting(store, import, func.into(), by))
}

/// The rule for an import that nothing has.
pub(super) fn unknown_rule(unknown: UnknownImports, import: &Import) -> Option<StubImport> {
    if !matches!(import.ty, ExternType::Func(_)) {
        return None;
    }
    match unknown {
        UnknownImports::Error => None,
        UnknownImports::Trap => Some(StubImport::Trap),
        UnknownImports::Zero => Some(StubImport::Zero),
    }
}

pub(super) fn by_rule(
    store: &mut Store<Host>,
    import: &Import,
    rule: &StubImport,
) -> Result<Func, Error> {
    let misfit = |said: String| {
        Error::command_line(format!("the rule does not fit the import {import}")).detail(said)
    };
    match &import.ty {
        ExternType::Func(ty) => stub_imports::of_rule(store, import, ty, rule).map_err(misfit),
        _ => Err(misfit("rules answer functions only".to_owned())),
    }
}

/// What is provided, if it is of the type that it is imported as.
fn fitting(store: &Store<Host>, import: &Import, external: Extern, by: &'static str) -> Answer {
    let what = match external {
        Extern::Func(func) => {
            let ty = func_type(&func.ty(store));
            if matches!(&import.ty, ExternType::Func(wanted) if **wanted == ty) {
                return Answer::Found(external, by);
            }
            ty.to_string()
        }
        // The engine compares the rest, with limits and all.
        Extern::Memory(_) if import.ty == ExternType::Memory => return Answer::Found(external, by),
        Extern::Table(_) if import.ty == ExternType::Table => return Answer::Found(external, by),
        Extern::Global(_) if import.ty == ExternType::Global => return Answer::Found(external, by),
        Extern::Memory(_) => "a memory".to_owned(),
        Extern::Table(_) => "a table".to_owned(),
        Extern::Global(_) => "a global".to_owned(),
    };
    Answer::Missing(Some(Provided { by, what }))
}

/// Explains a module that was built for something else than WASI preview 1.
///
/// # Errors
///
/// `Module`, with the way to build it.
pub fn refuse_other_builds(module: &Module) -> Result<(), Error> {
    let imports_from = |names: &[&str]| {
        let imports = &module.interface.imports;
        imports
            .iter()
            .any(|import| names.contains(&import.module.as_str()))
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

/// WASI functions write to the guest's memory, which they find by its name.
pub(super) fn require_memory(module: &Module) -> Result<(), Error> {
    let in_need = |import: &&Import| import.module == wasi::MODULE && import.name != "proc_exit";
    match module.interface.imports.iter().find(in_need) {
        Some(import) if !module.interface.exports_memory() => {
            Err(
                Error::module(format!("{} exports no memory", module.name)).detail(format!(
                    "it imports {import}, which needs one named `memory`"
                )),
            )
        }
        _ => Ok(()),
    }
}

/// A function's type, as the engine has it.
pub(super) fn func_type(ty: &wasmi::FuncType) -> FuncType {
    let types = |types: &[ValType]| types.iter().copied().map(value_type).collect();
    FuncType {
        params: types(ty.params()),
        results: types(ty.results()),
    }
}

fn value_type(ty: ValType) -> ValueType {
    match ty {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        ValType::V128 => ValueType::V128,
        ValType::FuncRef => ValueType::FuncRef,
        ValType::ExternRef => ValueType::ExternRef,
    }
}
