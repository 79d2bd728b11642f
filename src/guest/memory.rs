//! Copies arguments into the guest's memory with the `malloc` and `free` that TinyGo's WASI programs export. A module
//! can export any function under these names, so their types and results are checked.

use super::arg_bytes::ArgBytes;
use super::instance::Instance;
use super::{Outcome, TrapSite};
use crate::error::Error;
use crate::module::{FuncType, Module, ValueType};
use wasmi::Val;

const MALLOC: &str = "malloc";
const FREE: &str = "free";

/// An export that a call needs in addition to its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NeededExport {
    /// The memory.
    Memory,
    /// `malloc`.
    Malloc,
    /// `free`.
    Free,
}

/// Checks that a module exports what a call needs.
///
/// # Errors
///
/// `CommandLine`, with what is missing.
pub(super) fn require(module: &Module, need: NeededExport) -> Result<(), Error> {
    let (name, results) = match need {
        NeededExport::Memory if module.interface.exports_memory() => return Ok(()),
        NeededExport::Memory => return Err(no_strings(module).detail("it exports no memory")),
        NeededExport::Malloc => (MALLOC, vec![ValueType::I32]),
        NeededExport::Free => (FREE, vec![]),
    };
    let wanted = FuncType {
        params: vec![ValueType::I32],
        results,
    };
    let problem = match module.interface.exported_function(name) {
        Some((ty, _)) if *ty == wanted => return Ok(()),
        Some((ty, _)) => format!("it exports {name} {ty}, which should be {wanted}"),
        None => format!("it does not export {name} {wanted}"),
    };
    Err(no_strings(module).detail(problem))
}

fn no_strings(module: &Module) -> Error {
    let message = format!("{} cannot take or return strings", module.name);
    Error::command_line(message).hint("TinyGo's WASI programs can: build it with -target=wasip1")
}

/// An address in the guest's memory and a number of bytes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemorySpan {
    pub(super) address: u32,
    pub(super) length: u32,
}

impl MemorySpan {
    /// The two values with which a string is passed.
    pub(super) fn values(self) -> [Val; 2] {
        // The casts wrap unsigned values into wasm's signed ones.
        [Val::I32(self.address as i32), Val::I32(self.length as i32)]
    }
}

/// Calls `malloc`.
///
/// # Errors
///
/// `Failed` if it returns null; every outcome of the call except a return.
pub(super) fn allocate(instance: &mut Instance, length: u32) -> Result<MemorySpan, Outcome> {
    let mut address = [Val::I32(0)];
    let args = [Val::I32(length as i32)];
    let site = TrapSite::Export(MALLOC.to_owned());
    instance.call(MALLOC, site, &args, &mut address)?;
    match address {
        [Val::I32(address)] if address != 0 => Ok(MemorySpan {
            address: address as u32,
            length,
        }),
        _ => Err(Outcome::Failed(Error::runner(format!(
            "the program's malloc cannot allocate {length} bytes"
        )))),
    }
}

/// Calls `free` for memory that was allocated or that the guest returned as owned.
///
/// # Errors
///
/// Every outcome of the call except a return.
pub(super) fn free(instance: &mut Instance, address: u32) -> Result<(), Outcome> {
    let site = TrapSite::Export(FREE.to_owned());
    instance.call(FREE, site, &[Val::I32(address as i32)], &mut [])
}

/// Copies bytes into newly allocated memory. Nothing is allocated for zero bytes.
///
/// # Errors
///
/// `Failed` if they cannot be read or there is no memory for them; every outcome of `malloc` except a
/// return.
pub(super) fn put(instance: &mut Instance, bytes: &mut ArgBytes) -> Result<MemorySpan, Outcome> {
    let too_long = || Error::runner("an argument is larger than the program's memory can become");
    let length = bytes.length().ok_or_else(too_long)?;
    if length == 0 {
        return Ok(MemorySpan { address: 0, length });
    }
    let span = allocate(instance, length)?;
    let target = instance.bytes_mut(span).ok_or_else(|| {
        Error::runner("the program's malloc returned an address outside its memory")
    })?;
    bytes.copy_to(target).map_err(Error::runner)?;
    Ok(span)
}
