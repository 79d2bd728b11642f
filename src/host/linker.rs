//! Resolves the imports of a module. One function, `Linker::resolve`, decides what provides an import: from first to
//! last a rule of `--import`, a linked module, WASI, the functions that TinyGo programs expect from any host, and
//! `--unknown-imports`.

use super::import_errors::{MissingImport, missing_imports, require_memory};
use super::import_rules::{ImportOptions, StubImport, UnknownImports};
use super::value_types::func_type;
use super::{Host, HostConfig, Limits, PeakMemory, stub_imports, wasi};
use crate::error::Error;
use crate::module::{ExternType, Import, Module};
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use wasmi::{Engine, Extern, Func, Instance, Store};

/// An instance whose exports other modules can import.
pub struct LinkedModule {
    /// The name that others import it by.
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

/// What an import is linked to: a function of the host, or an export of a linked module.
pub(super) enum Linked<E> {
    Function(Func),
    Export(E),
}

/// The result of looking for an import. `E` stands for an export of a linked module.
enum Resolution<E> {
    Provided(Provider, Linked<E>),
    /// Something else has the name of the import.
    Mismatch(Mismatch),
    Missing,
}

/// What has the name of an import and cannot be linked to it.
pub(super) struct Mismatch {
    pub(super) provider: Provider,
    /// Its type.
    pub(super) ty: String,
}

/// Returns what a module imports, in the order in which the engine takes it.
///
/// # Errors
///
/// `Module` if an import is missing or the module cannot use WASI; `CommandLine` if a rule does not fit its import.
pub fn link(
    store: &mut Store<Host>,
    module: &Module,
    options: &ImportOptions,
    linked: &[LinkedModule],
) -> Result<Vec<Extern>, Error> {
    let export = |store: &Store<Host>, _: usize, import: &Import| {
        let modules = linked.iter().rev();
        let mut modules = modules.filter(|linked| linked.name == import.module);
        // The types were compared before any module was instantiated.
        modules.find_map(|linked| linked.instance.get_export(store, &import.name).map(Ok))
    };
    let provided = Linker::new(options).resolve_all(store, module, export)?;
    let mut by_wasi = 0;
    for (import, provider, _) in &provided {
        if *provider == Provider::Wasi {
            by_wasi += 1;
            log::debug!("{import} is provided by {provider}");
        } else {
            log::info!("{import} is provided by {provider}");
        }
    }
    if by_wasi > 0 {
        log::info!("{}: imports provided by WASI: {by_wasi}", module.name);
    }
    let external = |(_, _, linked)| match linked {
        Linked::Function(func) => Extern::Func(func),
        Linked::Export(export) => export,
    };
    Ok(provided.into_iter().map(external).collect())
}

/// Returns what provides each of these imports if no option is given.
///
/// # Errors
///
/// If there is no host to ask.
pub fn providers(imports: &[Import]) -> Result<Vec<Option<Provider>>, Error> {
    let options = ImportOptions::default();
    let linker = Linker::new(&options);
    let mut store = scratch_store()?;
    let mut provider = |import: &Import| {
        let resolution = linker.resolve::<Infallible>(&mut store, import, None)?;
        Ok(match resolution {
            Resolution::Provided(provider, _) => Some(provider),
            Resolution::Mismatch(_) | Resolution::Missing => None,
        })
    };
    imports.iter().map(&mut provider).collect()
}

/// Creates a store in which nothing runs, to look up what the host provides.
pub(super) fn scratch_store() -> Result<Store<Host>, Error> {
    let host = Host::new(
        &HostConfig::default(),
        Limits::new(None, PeakMemory::default()),
    )?;
    Ok(Store::new(&Engine::default(), host))
}

/// The import options, prepared for looking up imports.
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

    /// Resolves the imports of a module, in the order in which the engine takes them. `export` looks up an import,
    /// the nth in that order, among the linked modules; it returns an error if the types do not match.
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

    /// Decides what provides an import. `export` is what the linked modules have under its name.
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
        let built_in = match import.module.as_str() {
            wasi::MODULE => (wasi::function(store, &import.name), Provider::Wasi),
            _ => (stub_imports::built_in(store, import), Provider::Tinyrun),
        };
        if let (Some(func), provider) = built_in {
            let ty = func_type(&func.ty(&*store));
            return Ok(match &import.ty {
                ExternType::Func(wanted) if **wanted == ty => {
                    Resolution::Provided(provider, Linked::Function(func))
                }
                _ => Resolution::Mismatch(Mismatch {
                    provider,
                    ty: ty.to_string(),
                }),
            });
        }
        let stub = match (self.unknown, &import.ty) {
            (UnknownImports::Trap, ExternType::Func(_)) => StubImport::Trap,
            (UnknownImports::Zero, ExternType::Func(_)) => StubImport::Zero,
            _ => return Ok(Resolution::Missing),
        };
        let func = stub_imports::function(store, import, &stub)?;
        let linked = Linked::Function(func);
        Ok(Resolution::Provided(Provider::UnknownImports, linked))
    }

    /// The rule for an import. Their names are joined only if there are rules.
    fn rule(&self, import: &Import) -> Option<&'o StubImport> {
        match self.rules.is_empty() {
            true => None,
            false => self.rules.get(&*import.full_name()).copied(),
        }
    }
}

/// The place of a kind of import in the engine's order, whatever order the module has them in.
fn engine_order(ty: &ExternType) -> u8 {
    match ty {
        ExternType::Func(_) => 0,
        ExternType::Table => 1,
        ExternType::Memory => 2,
        ExternType::Global | ExternType::Tag => 3,
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
