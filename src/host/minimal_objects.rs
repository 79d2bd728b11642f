//! Creates the memories, tables and globals that `--unknown-imports` provides: as small as their types allow, and filled
//! with zeros or nulls.

use super::limits::MAX_TABLE_ELEMENTS;
use super::value_types::zero_of;
use super::{Host, Refusal};
use crate::error::Error;
use crate::module::{Import, Module};
use wasmi::{Extern, ExternType, Global, Memory, Ref, Store, Table};

/// Creates what an import of this type needs.
///
/// # Errors
///
/// `Module` if it exceeds a limit; `Runner` if the machine does not have the memory.
pub(super) fn create(
    store: &mut Store<Host>,
    module: &Module,
    import: &Import,
    ty: &ExternType,
) -> Result<Extern, Error> {
    let created = match ty {
        ExternType::Memory(ty) => Memory::new(&mut *store, *ty).map(Extern::from),
        ExternType::Table(ty) => {
            let null = Ref::default_for_ty(ty.element());
            Table::new(&mut *store, *ty, null).map(Extern::from)
        }
        ExternType::Global(ty) => {
            let global = Global::new(&mut *store, zero_of(ty.content()), ty.mutability());
            return Ok(global.into());
        }
        // `Linker::resolve` provides a stub for each function.
        ExternType::Func(_) => return Err(Error::runner(format!("{import} has no stub"))),
    };
    created.map_err(|error| {
        let name = &module.name;
        let refusal = store.data().limits.last_refusal();
        match (ty, refusal) {
            (ExternType::Table(_), _) => Error::module(format!(
                "{name} needs the import {import}; tinyrun allows {MAX_TABLE_ELEMENTS} elements in all tables"
            )),
            (_, Some(Refusal::Limit { asked, allowed })) => Error::module(format!(
                "{name} needs {asked} of initial memory; --max-memory allows {allowed}"
            ))
            .detail(format!("it imports {import}")),
            _ => Error::runner(format!("cannot create {import} for {name}")).caused_by(error),
        }
    })
}
