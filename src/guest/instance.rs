//! One instance of a module and the store it lives in: the place where the engine is spoken to.

use super::memory::Span;
use super::{Outcome, Plan, Site, native_stack};
use crate::cli::Size;
use crate::error::Error;
use crate::host::{self, Host, limits::MAX_TABLE_ELEMENTS};
use crate::module::Module;
use wasmi::errors::{ErrorKind, InstantiationError};
use wasmi::{Store, Val};

/// A module that was instantiated.
pub(super) struct Instance {
    store: Store<Host>,
    instance: wasmi::Instance,
}

impl Instance {
    /// Instantiates a module over `host`.
    ///
    /// # Errors
    ///
    /// `Failed` where it lacks an import or asks for more from the start than it may have; whatever
    /// its `start` function ends in, if that is not a return.
    pub(super) fn new(
        module: &Module,
        compiled: &wasmi::Module,
        host: Host,
        plan: &Plan,
    ) -> Result<Self, Outcome> {
        let mut store = Store::new(compiled.engine(), host);
        store
            .data_mut()
            .limits
            .allow_growths(native_stack::growths());
        refuse_excess(module, store.data())?;
        store.limiter(|host| &mut host.limits);
        if let Some(fuel) = plan.fuel {
            store
                .set_fuel(fuel)
                .map_err(|error| Error::runner("the engine does not count fuel").detail(error))?;
        }
        let imports = host::link(&mut store, module)?;
        match wasmi::Instance::new(&mut store, compiled, &imports) {
            Ok(instance) => Ok(Self { store, instance }),
            Err(error) => Err(not_instantiated(module, &error, store.data())),
        }
    }

    /// The bytes at `span` of the guest's memory, if it has them.
    pub(super) fn bytes(&self, span: Span) -> Option<&[u8]> {
        let memory = self.instance.get_memory(&self.store, "memory")?;
        memory.data(&self.store).get(range(span)?)
    }

    /// The same, to be written.
    pub(super) fn bytes_mut(&mut self, span: Span) -> Option<&mut [u8]> {
        let memory = self.instance.get_memory(&self.store, "memory")?;
        memory.data_mut(&mut self.store).get_mut(range(span)?)
    }

    /// Calls the function exported as `name`, whose type the caller has looked up in the module.
    ///
    /// # Errors
    ///
    /// Every way in which a call ends without returning.
    pub(super) fn call(
        &mut self,
        name: &str,
        site: Site,
        arguments: &[Val],
        results: &mut [Val],
    ) -> Result<(), Outcome> {
        let func = self
            .instance
            .get_func(&self.store, name)
            .ok_or_else(|| Error::runner(format!("the engine does not know the export {name}")))?;
        func.call(&mut self.store, arguments, results)
            .map_err(|error| Outcome::of_guest(&error, self.store.data(), site))
    }
}

fn range(span: Span) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(span.address).ok()?;
    Some(start..start.checked_add(usize::try_from(span.length).ok()?)?)
}

/// Refuses what the limiter would refuse, where the reason can still be told.
fn refuse_excess(module: &Module, host: &Host) -> Result<(), Error> {
    let name = &module.name;
    let asked = Size(module.interface.initial_memory);
    if let Some(allowed) = host.limits.max_memory().filter(|allowed| asked > *allowed) {
        let message =
            format!("{name} needs {asked} of memory from the start; --max-memory allows {allowed}");
        return Err(Error::module(message));
    }
    let elements = module.interface.initial_table;
    if elements > MAX_TABLE_ELEMENTS {
        let message = format!(
            "{name} needs tables of {elements} elements; tinyrun allows {MAX_TABLE_ELEMENTS}"
        );
        return Err(Error::module(message));
    }
    Ok(())
}

/// An instantiation fails by a trap of the guest's, or because the module asks for what it cannot
/// have.
fn not_instantiated(module: &Module, error: &wasmi::Error, host: &Host) -> Outcome {
    match error.kind() {
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
            Outcome::of_guest(error, host, Site::Instantiation)
        }
        ErrorKind::Instantiation(_) | ErrorKind::Linker(_) => Outcome::Failed(
            Error::module(format!("{} cannot be instantiated", module.name)).detail(error),
        ),
        _ => Outcome::of_guest(error, host, Site::Instantiation),
    }
}
