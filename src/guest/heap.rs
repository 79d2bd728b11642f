//! `--heap`: a larger linear memory before the program starts. TinyGo takes the end of its heap from
//! `memory.size` when its runtime starts, and collects garbage whenever the heap is full; with the two pages
//! that its linker asks for, that is every few hundred allocations, each time over all globals and stacks. A
//! larger memory costs the start what it takes to write zeros over it.

use crate::host::Host;
use crate::module::Module;
use crate::size::Size;
use crate::stop::allocator;
use wasmi::{Instance, Store};

/// What programs of TinyGo start with at least: the most that the start of a small program does not
/// notice, since a few collections fewer pay for the zeros.
const DEFAULT: Size = Size(1 << 20);

/// A page of linear memory, in bytes.
const PAGE: u64 = 64 << 10;

/// Grows the memory of an instance that has not run yet to `heap`, or to the default where the module is
/// TinyGo's. What the limits or the memory's own maximum do not allow is left out; a growth that the
/// machine refuses is one that nothing asked for.
pub(super) fn enlarge(
    store: &mut Store<Host>,
    instance: Instance,
    module: &Module,
    heap: Option<Size>,
) {
    let interface = &module.interface;
    let wanted = match heap {
        Some(heap) => heap,
        None if interface.is_of_tinygo() => DEFAULT,
        None => return,
    };
    let memory = interface.only_memory();
    let Some(memory) = memory.and_then(|name| instance.get_memory(&*store, name)) else {
        return;
    };
    let ty = memory.ty(&*store);
    let size = memory.size(&*store);
    let allowed = size + store.data().limits.memory_left() / PAGE;
    let wanted = wanted.0.div_ceil(PAGE);
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
            Size(pages * PAGE)
        );
    }
}
