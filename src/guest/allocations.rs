//! Receives the calls with which an instrumented module reports its allocations.

use super::instance::MEMORY;
use super::shadow_stack::InstanceShadowStack;
use crate::error::Error;
use crate::host::Host;
use crate::instrument::{AllocationCalls, SizeArgument};
use wasmi::{Caller, Func, Instance, Memory, Nullable, Store};

/// Receives the slots of the shadow stack as in [`StackSnapshot`](super::StackSnapshot), and the size of the allocation
/// in bytes. The top slot is that of the function that called the allocating one.
pub type OnAllocation = Box<dyn Fn(&[u8], u64) + Send + Sync>;

/// The offset of a function's first argument from Go's stack pointer at the function's start, after the return address.
const GO_FIRST_ARGUMENT: usize = 8;

/// Provides the function that an instrumented module calls for each allocation.
///
/// # Errors
///
/// `Runner` if the instance has no table for this function.
pub(super) fn provide(
    calls: &AllocationCalls,
    store: &mut Store<Host>,
    instance: Instance,
    shadow_stack: InstanceShadowStack,
    on_allocation: Option<OnAllocation>,
) -> Result<(), Error> {
    let memory = instance.get_memory(&*store, MEMORY);
    let size = calls.size;
    let receive = move |caller: Caller<'_, Host>, argument: u32| {
        let bytes = match size {
            SizeArgument::Parameter => Some(argument.into()),
            SizeArgument::OnStack => {
                memory.and_then(|memory| size_on_stack(&caller, memory, argument))
            }
        };
        if let (Some(bytes), Some(on_allocation)) = (bytes, &on_allocation) {
            on_allocation(&shadow_stack.slots(&caller), bytes);
        }
    };
    let func = Func::wrap(&mut *store, receive);
    let table = instance.get_table(&*store, &calls.table);
    let set = table.map(|table| table.set(&mut *store, 0, Nullable::from(func).into()));
    match set {
        Some(Ok(())) => Ok(()),
        _ => Err(Error::runner(
            "the instrumented module cannot report allocations",
        )),
    }
}

/// The size that a function of official Go has as its first argument.
fn size_on_stack(caller: &Caller<'_, Host>, memory: Memory, stack_pointer: u32) -> Option<u64> {
    let argument = memory
        .data(caller)
        .get(stack_pointer as usize + GO_FIRST_ARGUMENT..)?;
    Some(u64::from_le_bytes(*argument.first_chunk()?))
}
