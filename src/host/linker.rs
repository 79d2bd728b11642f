//! Resolves the imports of a module. An import is provided by the first of these that has it: a rule of `--import`, a
//! linked module, WASI, the functions that TinyGo programs expect from any host, and `--unknown-imports`.

use super::import_errors::{MissingImport, missing_imports, require_memory};
use super::import_rules::{ImportOptions, StubImport, UnknownImports};
use super::value_types::func_type;
use super::{Host, HostConfig, Limits, PeakMemory, minimal_objects, stub_imports, wasi};
use crate::error::Error;
use crate::module::{ExternType, Import, Module};
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use wasmi::{Engine, Extern, Func, Instance, Store};

/// An instance whose exports other modules can import.
pub struct LinkedModule {
    /// The module name in the imports of other modules.
    pub name: String,
    /// The instance.
    pub instance: Instance,
}

/// What provides an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// A rule of `--import`.
    Rule,
    /// A module of `--preload`.
    LinkedModule,
    /// WASI preview 1.
    Wasi,
    /// tinyrun itself: a function that TinyGo programs expect from any host.
    Tinyrun,
    /// `--unknown-imports`.
    UnknownImports,
}

/// What an import is linked to: a function of the host, an export of a linked module, or a memory, table or global that
/// is created when the module is linked.
pub(super) enum Linked<E> {
    Function(Func),
    Export(E),
    MinimalObject,
}

/// The result of resolving an import. `E` is the type of a linked module's export.
enum Resolution<E> {
    Provided(Provider, Linked<E>),
    /// The name is found, but with another type.
    Mismatch(Mismatch),
    Missing,
}

/// A function or export that has the name of an import, but another type.
pub(super) struct Mismatch {
    pub(super) provider: Provider,
    /// The type that it has, as a message prints it.
    pub(super) ty: String,
}

/// Returns the values of a module's imports, in the order in which the engine expects them.
///
/// # Errors
///
/// `Module` if an import is missing or exceeds a limit, or the module cannot use WASI; `CommandLine` if a rule does not
/// match its import.
pub fn link(
    store: &mut Store<Host>,
    module: &Module,
    compiled: &wasmi::Module,
    options: &ImportOptions,
    linked: &[LinkedModule],
) -> Result<Vec<Extern>, Error> {
    let export = |store: &Store<Host>, _: usize, import: &Import| {
        let modules = linked.iter().rev();
        let mut modules = modules.filter(|linked| linked.name == import.module);
        // `check_links` has compared the types.
        modules.find_map(|linked| linked.instance.get_export(store, &import.name).map(Ok))
    };
    let provided = Linker::new(options).resolve_all(store, module, export)?;
    let mut wasi_count = 0;
    for (import, provider, _) in &provided {
        if *provider == Provider::Wasi {
            wasi_count += 1;
            log::debug!("{import} is provided by {provider}");
        } else {
            log::info!("{import} is provided by {provider}");
        }
    }
    if wasi_count > 0 {
        log::info!("{}: imports provided by WASI: {wasi_count}", module.name);
    }
    let imports = provided.into_iter().zip(compiled.imports());
    let externals = imports.map(|((import, _, linked), compiled)| match linked {
        Linked::Function(func) => Ok(Extern::Func(func)),
        Linked::Export(export) => Ok(export),
        Linked::MinimalObject => minimal_objects::create(store, module, import, compiled.ty()),
    });
    externals.collect()
}

/// What provides an import without any options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Something provides it.
    Provided(Provider),
    /// WASI has the name of the import, but with this other type, so only a rule can provide it.
    OtherType(Provider, String),
    /// Nothing provides it.
    Missing,
}

/// Returns what provides each import without any options.
///
/// # Errors
///
/// If a host cannot be created.
pub fn availability(imports: &[Import]) -> Result<Vec<Availability>, Error> {
    let options = ImportOptions::default();
    let linker = Linker::new(&options);
    let mut store = scratch_store()?;
    let mut available = |import: &Import| {
        let resolution = linker.resolve::<Infallible>(&mut store, import, None)?;
        Ok(match resolution {
            Resolution::Provided(provider, _) => Availability::Provided(provider),
            Resolution::Mismatch(Mismatch { provider, ty }) if provider == Provider::Wasi => {
                Availability::OtherType(provider, ty)
            }
            Resolution::Mismatch(_) | Resolution::Missing => Availability::Missing,
        })
    };
    imports.iter().map(&mut available).collect()
}

/// Creates a store to look up what the host provides. Nothing runs in it.
pub(super) fn scratch_store() -> Result<Store<Host>, Error> {
    let host = Host::new(
        &HostConfig::default(),
        Limits::new(None, PeakMemory::default()),
    )?;
    Ok(Store::new(&Engine::default(), host))
}

/// The import options, indexed by import name.
pub(super) struct Linker<'o> {
    rules: HashMap<&'o str, &'o StubImport>,
    unknown: UnknownImports,
}

/// The imports of a module, and what provides them.
pub(super) type Provided<'m, E> = Vec<(&'m Import, Provider, Linked<E>)>;

impl<'o> Linker<'o> {
    pub(super) fn new(options: &'o ImportOptions) -> Self {
        let rules = options.rules.iter();
        Self {
            rules: rules.map(|rule| (&*rule.import, &rule.stub)).collect(),
            unknown: options.unknown,
        }
    }

    /// Resolves the imports of a module, in the order in which the engine expects them. `export` looks up an import
    /// among the exports of linked modules. It gets the import's index in that order, and returns an error if the types
    /// do not match.
    ///
    /// # Errors
    ///
    /// As for `link`.
    pub(super) fn resolve_all<'m, E>(
        &self,
        store: &mut Store<Host>,
        module: &'m Module,
        export: impl Fn(&Store<Host>, usize, &Import) -> Option<Result<E, Mismatch>>,
    ) -> Result<Provided<'m, E>, Error> {
        let mut imports: Vec<_> = module.interface.imports.iter().enumerate().collect();
        imports.sort_by_key(|(_, import)| engine_order(&import.ty));
        let mut provided = Vec::with_capacity(imports.len());
        let mut missing = Vec::new();
        for (index, (position, import)) in imports.into_iter().enumerate() {
            let export = export(store, index, import);
            let mismatch = match self.resolve(store, import, export)? {
                Resolution::Provided(provider, linked) => {
                    provided.push((import, provider, linked));
                    continue;
                }
                Resolution::Mismatch(mismatch) => Some(mismatch),
                Resolution::Missing => None,
            };
            missing.push((position, MissingImport { import, mismatch }));
        }
        if !missing.is_empty() {
            missing.sort_by_key(|(position, _)| *position);
            let missing: Vec<_> = missing.into_iter().map(|(_, missing)| missing).collect();
            return Err(missing_imports(module, &missing));
        }
        let mut imports = provided.iter();
        let uses_memory = |(import, provider, _): &&(&Import, Provider, _)| {
            *provider == Provider::Wasi && import.name != "proc_exit"
        };
        match imports.find(uses_memory) {
            Some((import, ..)) => require_memory(module, import).map(|()| provided),
            None => Ok(provided),
        }
    }

    /// Decides what provides an import. `export` is the export of a linked module that has its name.
    fn resolve<E>(
        &self,
        store: &mut Store<Host>,
        import: &Import,
        export: Option<Result<E, Mismatch>>,
    ) -> Result<Resolution<E>, Error> {
        if let Some(stub) = self.rule(import) {
            let func = stub_imports::function(store, import, stub)?;
            return Ok(Resolution::Provided(Provider::Rule, Linked::Function(func)));
        }
        match export {
            Some(Ok(export)) => {
                let linked = Linked::Export(export);
                return Ok(Resolution::Provided(Provider::LinkedModule, linked));
            }
            Some(Err(mismatch)) => return Ok(Resolution::Mismatch(mismatch)),
            None => {}
        }
        let built_in = match wasi::function(store, &import.module, &import.name) {
            Some(func) => (Some(func), Provider::Wasi),
            None => (stub_imports::built_in(store, import), Provider::Tinyrun),
        };
        if let (Some(func), provider) = built_in {
            let ty = func_type(&func.ty(&*store));
            let fits = matches!(&import.ty, ExternType::Func(wanted) if **wanted == ty);
            if fits {
                return Ok(Resolution::Provided(provider, Linked::Function(func)));
            }
            // Any host may have a function with the name of one of tinyrun's.
            if provider == Provider::Wasi || self.unknown == UnknownImports::Error {
                let ty = ty.to_string();
                return Ok(Resolution::Mismatch(Mismatch { provider, ty }));
            }
        }
        let linked = match (self.unknown.stub(), &import.ty) {
            (None, _) | (_, ExternType::Tag) => return Ok(Resolution::Missing),
            (Some(stub), ExternType::Func(_)) => {
                Linked::Function(stub_imports::function(store, import, &stub)?)
            }
            (Some(_), _) => Linked::MinimalObject,
        };
        Ok(Resolution::Provided(Provider::UnknownImports, linked))
    }

    /// The rule for an import.
    fn rule(&self, import: &Import) -> Option<&'o StubImport> {
        // `full_name` allocates, so skip it in the usual case.
        if self.rules.is_empty() {
            return None;
        }
        self.rules.get(&*import.full_name()).copied()
    }
}

/// The sort key for the engine's order of imports: by kind, then in the module's order.
fn engine_order(ty: &ExternType) -> u8 {
    match ty {
        ExternType::Func(_) => 0,
        ExternType::Table(_) => 1,
        ExternType::Memory(_) => 2,
        ExternType::Global(_) | ExternType::Tag => 3,
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rule => "--import",
            Self::LinkedModule => "a linked module",
            Self::Wasi => "WASI",
            Self::Tinyrun => "tinyrun",
            Self::UnknownImports => "--unknown-imports",
        })
    }
}
