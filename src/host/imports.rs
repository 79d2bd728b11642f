//! Answering what a module imports. All that nobody provides is found before anything runs, and said
//! in one go; the imports by which other kinds of builds are known get their explanation instead.

use super::{Host, wasi};
use crate::error::Error;
use crate::module::{ExternType, FuncType, Import, Module, ValueType};
use wasmi::{Extern, Func, Store, ValType};

/// Finds what a module imports, in the order of its imports.
///
/// # Errors
///
/// `Module` where something that it imports is not to be had, or where it could not use WASI.
pub fn link(store: &mut Store<Host>, module: &Module) -> Result<Vec<Extern>, Error> {
    require_memory(module)?;
    let imports = &module.interface.imports;
    let mut found = Vec::with_capacity(imports.len());
    let mut missing = Vec::new();
    for import in imports {
        match answer(store, import) {
            Ok(func) => found.push(Extern::from(func)),
            Err(said) => missing.push(said),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let imports = match missing.len() {
        1 => "an import".to_owned(),
        count => format!("{count} imports"),
    };
    let message = format!("{} needs {imports} that nothing provides", module.name);
    Err(Error::module(message).details(missing))
}

/// The function that answers an import, or what to say of an import that nothing provides, or not
/// as the type that it is imported as.
fn answer(store: &mut Store<Host>, import: &Import) -> Result<Func, String> {
    let func = match import.module.as_str() {
        wasi::MODULE => wasi::function(store, &import.name),
        _ => None,
    };
    let func = func.ok_or_else(|| import.to_string())?;
    let ty = type_of(func, store);
    match &import.ty {
        ExternType::Func(wanted) if **wanted == ty => Ok(func),
        _ => Err(format!("{import}, where tinyrun has {ty}")),
    }
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
fn require_memory(module: &Module) -> Result<(), Error> {
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

fn type_of(func: Func, store: &Store<Host>) -> FuncType {
    let ty = func.ty(store);
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
