//! `--heap`: a larger linear memory from the start. TinyGo's runtime reads the end of its heap from `memory.size` when
//! it starts, and collects garbage whenever the heap is full:
//! <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/arch_tinygowasm.go>. With the two pages of memory that
//! its linker asks for, that is every few hundred allocations, and each time it marks all globals and stacks. What a
//! larger memory costs is the time to zero it.

use crate::host::Host;
use crate::module::Module;
use crate::size::Size;
use crate::stop::allocator;
use wasmi::{Instance, Store};

/// The memory that TinyGo programs start with at least: the largest size that does not slow down the start of a small
/// program, since fewer collections make up for zeroing it.
const DEFAULT_HEAP: Size = Size(1 << 20);

/// The size of a page of linear memory.
const PAGE_BYTES: u64 = 64 << 10;

/// Grows the memory of an instance that has not run yet to `heap`, or to the default if the module is TinyGo's. It grows
/// only as far as the limits and the memory's maximum allow. If the machine has no memory left, it stays as it is.
pub(super) fn enlarge(
    store: &mut Store<Host>,
    instance: Instance,
    module: &Module,
    heap: Option<Size>,
) {
    let interface = &module.interface;
    let wanted = match heap {
        Some(heap) => heap,
        None if interface.is_of_tinygo() => DEFAULT_HEAP,
        None => return,
    };
    let memory = interface.only_memory();
    let Some(memory) = memory.and_then(|name| instance.get_memory(&*store, name)) else {
        return;
    };
    let ty = memory.ty(&*store);
    let size = memory.size(&*store);
    let allowed = size + store.data().limits.memory_left() / PAGE_BYTES;
    let wanted = wanted.0.div_ceil(PAGE_BYTES);
    let pages = wanted.min(allowed).min(ty.maximum().unwrap_or(u64::MAX));
    if pages <= size {
        return;
    }
    store.data_mut().limits.begin_preparation();
    let grown = memory.grow(&mut *store, pages - size);
    allocator::forget_growth();
    store.data_mut().limits.end_preparation();
    if grown.is_ok() {
        log::info!(
            "{} starts with {} of memory",
            module.name,
            Size(pages * PAGE_BYTES)
        );
    }
}
