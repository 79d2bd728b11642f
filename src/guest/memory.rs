//! The guest's memory as TinyGo's programs offer it: `malloc` and `free`, and what lies between. What
//! they answer is checked: a module can export anything under these names.

use super::content::Content;
use super::instance::Instance;
use super::{Outcome, Site};
use crate::error::Error;
use crate::module::{FuncType, Module, ValueType};
use wasmi::Val;

const MALLOC: &str = "malloc";
const FREE: &str = "free";

/// What a call needs of a module besides its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Its memory, to read from.
    Memory,
    /// Room in it.
    Malloc,
    /// A way to give room back.
    Free,
}

/// Refuses a module that does not have what a call needs of it.
///
/// # Errors
///
/// `CommandLine`, with what is missing.
pub(super) fn require(module: &Module, need: Need) -> Result<(), Error> {
    let (name, results) = match need {
        Need::Memory if module.interface.exports_memory() => return Ok(()),
        Need::Memory => return Err(no_strings(module).detail("it exports no memory")),
        Need::Malloc => (MALLOC, vec![ValueType::I32]),
        Need::Free => (FREE, vec![]),
    };
    let wanted = FuncType {
        params: vec![ValueType::I32],
        results,
    };
    let said = match module.interface.exported_function(name) {
        Some((ty, _)) if *ty == wanted => return Ok(()),
        Some((ty, _)) => format!("it exports {name} {ty}, which should be {wanted}"),
        None => format!("it does not export {name} {wanted}"),
    };
    Err(no_strings(module).detail(said))
}

fn no_strings(module: &Module) -> Error {
    Error::command_line(format!(
        "{} cannot be given or asked for strings",
        module.name
    ))
    .hint("TinyGo's WASI programs can: build it with -target=wasip1")
}

/// An address in the guest's memory and a number of bytes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) address: u32,
    pub(super) length: u32,
}

impl Span {
    /// The values that a string is passed as.
    pub(super) fn values(self) -> [Val; 2] {
        // Addresses and lengths are unsigned; wasm's values do not say.
        [Val::I32(self.address as i32), Val::I32(self.length as i32)]
    }
}

/// Allocates memory in the guest.
///
/// # Errors
///
/// `Failed` where there is none to be had; every end that the guest can come to.
pub(super) fn allocate(instance: &mut Instance, length: u32) -> Result<Span, Outcome> {
    let mut address = [Val::I32(0)];
    let arguments = [Val::I32(length as i32)];
    instance.call(
        MALLOC,
        Site::Export(MALLOC.to_owned()),
        &arguments,
        &mut address,
    )?;
    match address {
        [Val::I32(address)] if address != 0 => Ok(Span {
            address: address as u32,
            length,
        }),
        _ => Err(Outcome::Failed(Error::runner(format!(
            "the program's malloc has no room for {length} bytes"
        )))),
    }
}

/// Frees what was allocated, or what the guest handed over.
///
/// # Errors
///
/// Every end that the guest can come to.
pub(super) fn free(instance: &mut Instance, address: u32) -> Result<(), Outcome> {
    let site = Site::Export(FREE.to_owned());
    instance.call(FREE, site, &[Val::I32(address as i32)], &mut [])
}

/// Puts content into the guest's memory; none of it takes no room.
///
/// # Errors
///
/// `Failed` where there is no room for it or it cannot be read; every end that the guest can come to.
pub(super) fn put(instance: &mut Instance, content: &mut Content) -> Result<Span, Outcome> {
    let too_long = || Error::runner("an argument is longer than a guest's memory");
    let length = content.length().ok_or_else(too_long)?;
    if length == 0 {
        return Ok(Span { address: 0, length });
    }
    let span = allocate(instance, length)?;
    let place = instance.bytes_mut(span).ok_or_else(|| {
        Error::runner("the program's malloc answered with memory that it does not have")
    })?;
    content.copy_to(place).map_err(Error::runner)?;
    Ok(span)
}
