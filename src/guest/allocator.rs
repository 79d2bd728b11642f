//! Copies arguments into the guest's memory with the functions that a module exports to allocate and to free memory. A
//! module can export any function under their names, so their types and results are checked.

use super::instance::Instance;
use super::lower::MemoryArg;
use super::memory_span::{self, MemorySpan};
use super::{Outcome, TrapSite};
use crate::error::Error;
use crate::go_literals::name;
use crate::module::{Compiler, FuncType, Module, Toolchain, ValueType, is_runtime_export};
use wasmi::Val;

/// The names in `--allocator`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllocatorNames {
    /// The function that allocates memory.
    pub alloc: String,
    /// The function that frees memory.
    pub free: Option<String>,
}

/// The pairs of names that are tried without `--allocator`. TinyGo's WASI programs export the first.
const PAIRS: [(&str, &str); 5] = [
    ("malloc", "free"),
    ("alloc", "dealloc"),
    ("alloc", "free"),
    ("allocate", "deallocate"),
    ("wasmAlloc", "wasmFree"),
];

/// The maximum number of exports in a hint.
const MAX_LISTED_EXPORTS: usize = 3;

/// The exports of a module that allocate and free memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allocator {
    alloc: String,
    free: Option<Free>,
}

/// The export that frees memory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Free {
    name: String,
    params: FreeParams,
}

/// The parameters of a function that frees memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FreeParams {
    /// The address.
    Address,
    /// The address and the size.
    AddressAndSize,
}

/// What a call needs the allocator for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Passing arguments or receiving a result in memory.
    Alloc,
    /// Freeing a result.
    Free,
}

impl Allocator {
    /// Finds the allocator of a module, by its names in `--allocator` if they are given.
    ///
    /// # Errors
    ///
    /// `CommandLine` if the named functions are not exported or have other types.
    pub(super) fn find(
        module: &Module,
        names: Option<&AllocatorNames>,
    ) -> Result<Option<Self>, Error> {
        let Some(AllocatorNames { alloc, free }) = names else {
            let pairs = PAIRS.iter();
            let mut fitting = pairs.filter_map(|(alloc, free)| Self::of(module, alloc, Some(free)));
            return Ok(fitting.next());
        };
        match Self::of(module, alloc, free.as_deref()) {
            Some(allocator) => Ok(Some(allocator)),
            None => Err(unusable(module, alloc, free.as_deref())),
        }
    }

    /// The allocator with these names; `None` if they are not exported or have other types.
    fn of(module: &Module, alloc: &str, free: Option<&str>) -> Option<Self> {
        let (ty, _) = module.interface.exported_function(alloc)?;
        if !allocates(ty) {
            return None;
        }
        let free = match free {
            None => None,
            Some(name) => {
                let (ty, _) = module.interface.exported_function(name)?;
                let params = free_params(ty)?;
                let name = name.to_owned();
                Some(Free { name, params })
            }
        };
        let alloc = alloc.to_owned();
        Some(Self { alloc, free })
    }

    /// Checks that memory can be freed.
    pub(super) fn frees(&self) -> bool {
        self.free.is_some()
    }

    /// Allocates memory at an address that is a multiple of `align`.
    ///
    /// # Errors
    ///
    /// `Failed` if it returns null; every outcome of the call except a return.
    pub(super) fn allocate(
        &self,
        instance: &mut Instance,
        length: u32,
        align: u32,
    ) -> Result<Allocation, Outcome> {
        let name = &self.alloc;
        let no_memory = || {
            let message = format!("the program's {name} cannot allocate {length} bytes");
            Outcome::Failed(Error::runner(message))
        };
        // The function may align memory less than the values need.
        let padded = length.checked_add(align - 1).ok_or_else(no_memory)?;
        let mut address = [Val::I32(0)];
        let site = TrapSite::Export(name.clone());
        instance.call(name, site, &[memory_span::word(padded)], &mut address)?;
        let address = match address {
            [Val::I32(address)] if address != 0 => address as u32,
            _ => return Err(no_memory()),
        };
        let aligned = address.checked_next_multiple_of(align);
        Ok(Allocation {
            whole: MemorySpan {
                address,
                length: padded,
            },
            used: MemorySpan {
                address: aligned.unwrap_or(address),
                length,
            },
        })
    }

    /// Frees memory that was allocated, or that the guest returned as owned.
    ///
    /// # Errors
    ///
    /// Every outcome of the call except a return.
    pub(super) fn free(&self, instance: &mut Instance, span: MemorySpan) -> Result<(), Outcome> {
        let Some(Free { name, params }) = &self.free else {
            return Ok(());
        };
        let values = [span.address_value(), memory_span::word(span.length)];
        let args = match params {
            FreeParams::Address => &values[..1],
            FreeParams::AddressAndSize => &values,
        };
        instance.call(name, TrapSite::Export(name.clone()), args, &mut [])
    }

    /// Copies an argument into newly allocated memory. Nothing is allocated for zero bytes.
    ///
    /// # Errors
    ///
    /// `Failed` if it cannot be read or there is no memory for it; every outcome of the allocation except a return.
    pub(super) fn put(
        &self,
        instance: &mut Instance,
        arg: &mut MemoryArg,
    ) -> Result<Allocation, Outcome> {
        let too_long =
            || Error::runner("an argument is larger than the program's memory can become");
        let length = arg.bytes.length().ok_or_else(too_long)?;
        let allocation = self.allocate(instance, length, arg.align)?;
        let address = allocation.used.address;
        let target = instance.bytes_mut(allocation.used).ok_or_else(|| {
            let name = &self.alloc;
            Error::runner(format!(
                "the program's {name} returned an address outside its memory"
            ))
        })?;
        arg.bytes.copy_to(target, address).map_err(Error::runner)?;
        Ok(allocation)
    }
}

/// Memory that was allocated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allocation {
    /// The memory to free.
    pub(super) whole: MemorySpan,
    /// The aligned part of it.
    pub(super) used: MemorySpan,
}

/// The error for a call that needs memory, where the module's memory or allocator cannot be used.
///
/// # Errors
///
/// `CommandLine`, with what is missing.
pub(super) fn require(
    module: &Module,
    allocator: Option<&Allocator>,
    need: Option<Need>,
) -> Result<(), Error> {
    let name = &module.name;
    if !module.interface.exports_memory() {
        let message = format!("{name} cannot take or return strings");
        return Err(Error::command_line(message).detail("it exports no memory"));
    }
    match (need, allocator) {
        (None, _) | (Some(Need::Alloc), Some(_)) => Ok(()),
        (Some(Need::Free), Some(allocator)) if allocator.frees() => Ok(()),
        (Some(Need::Free), _) => Err(no_allocator(
            module,
            format!("{name} exports no function that frees an owned result"),
        )),
        (Some(Need::Alloc), None) => Err(no_allocator(
            module,
            format!("{name} exports no function that allocates memory for strings and slices"),
        )),
    }
}

fn no_allocator(module: &Module, message: String) -> Error {
    let error = Error::command_line(message).details(wrongly_typed(module));
    let exports = module.interface.functions_to_suggest();
    let fitting = |fits: fn(&FuncType) -> bool| {
        let fitting = exports.iter().filter(move |(_, ty)| fits(ty));
        fitting
            .map(|(name, _)| *name)
            .filter(|name| !is_runtime_export(name))
    };
    let allocs = likely(fitting(allocates), &["alloc", "new", "reserve", "buffer"]);
    let frees = likely(
        fitting(|ty| free_params(ty).is_some()),
        &["free", "dealloc", "release", "drop", "delete"],
    );
    match (allocs.as_slice(), frees.as_slice()) {
        ([], _) => error.hint(build_hint(module)),
        ([alloc], [free]) => error.hint(format!(
            "if {} allocates memory and {} frees it, pass --allocator {alloc},{free}",
            name::quote(alloc),
            name::quote(free)
        )),
        ([alloc], _) => error.hint(format!(
            "if {} allocates memory, pass --allocator {alloc}[,FREE]",
            name::quote(alloc)
        )),
        (allocs, _) => {
            let listed = allocs
                .iter()
                .take(MAX_LISTED_EXPORTS)
                .map(|name| name::quote(name));
            let listed: Vec<_> = listed.collect();
            error.hint(format!(
                "if one of {} allocates memory, name it with --allocator ALLOC[,FREE]",
                listed.join(", ")
            ))
        }
    }
}

/// The exports whose names contain one of `parts`, or all exports if there are none.
fn likely<'a>(fitting: impl Iterator<Item = &'a str>, parts: &[&str]) -> Vec<&'a str> {
    let fitting: Vec<_> = fitting.collect();
    let is_named = |name: &&str| {
        let name = name.to_ascii_lowercase();
        parts.iter().any(|part| name.contains(part))
    };
    let named: Vec<_> = fitting.iter().copied().filter(is_named).collect();
    if named.is_empty() { fitting } else { named }
}

/// The exports with the name of an allocator and another type.
fn wrongly_typed(module: &Module) -> Vec<String> {
    let interface = &module.interface;
    let exported = |name: &'static str| interface.exported_function(name);
    let allocs = PAIRS.iter().map(|(alloc, _)| *alloc);
    let mut allocs = allocs.filter_map(|name| Some((name, exported(name)?.0)));
    let alloc = allocs.find(|(_, ty)| !allocates(ty));
    let alloc = alloc.map(|(name, ty)| format!("it exports {name} {ty}, not {name} (i32) -> i32"));
    alloc.into_iter().collect()
}

/// How a program of this compiler exports an allocator.
fn build_hint(module: &Module) -> &'static str {
    let compiler = match module.interface.compiler {
        // The debug information may name the compiler as well.
        Compiler::Other => Toolchain::detect(module).compiler,
        known => known,
    };
    match compiler {
        Compiler::TinyGo => {
            "TinyGo's WASI programs export malloc and free: build it with -target=wasip1"
        }
        Compiler::Go => {
            "export functions that allocate and free memory: //go:wasmexport alloc and dealloc, with parameters \
             (size uint32) and (pointer, size uint32)"
        }
        Compiler::Other => {
            "export functions that allocate and free memory, such as alloc(size) -> pointer and dealloc(pointer, size)"
        }
    }
}

/// The error for functions named in `--allocator` that cannot be used.
fn unusable(module: &Module, alloc: &str, free: Option<&str>) -> Error {
    let problem = |name: &str, is_fit: fn(&FuncType) -> bool, wanted: &str| {
        let exported = module.interface.exported_function(name);
        match exported {
            Some((ty, _)) if is_fit(ty) => None,
            Some((ty, _)) => Some(format!(
                "{} exports {} {ty}, which should be {wanted}",
                module.name,
                name::quote(name)
            )),
            None => Some(format!(
                "{} exports no function {}",
                module.name,
                name::quote(name)
            )),
        }
    };
    let problems = [
        problem(alloc, allocates, "(i32) -> i32"),
        free.and_then(|free| problem(free, |ty| free_params(ty).is_some(), "(i32) or (i32, i32)")),
    ];
    let names = free.map_or(alloc.to_owned(), |free| format!("{alloc},{free}"));
    Error::command_line(format!("--allocator {names} cannot be used"))
        .details(problems.into_iter().flatten())
}

/// Returns true for the type of a function that allocates memory: `(size) -> pointer`.
fn allocates(ty: &FuncType) -> bool {
    ty.params == [ValueType::I32] && ty.results == [ValueType::I32]
}

/// The parameters of a function that frees memory; `None` if it has another type.
fn free_params(ty: &FuncType) -> Option<FreeParams> {
    match (ty.params.as_slice(), ty.results.as_slice()) {
        ([ValueType::I32], []) => Some(FreeParams::Address),
        ([ValueType::I32, ValueType::I32], []) => Some(FreeParams::AddressAndSize),
        _ => None,
    }
}
