//! `--heap`: a larger linear memory from the start. TinyGo's runtime reads the end of its heap from `memory.size` when
//! it starts, and collects garbage whenever the heap is full:
//! <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/arch_tinygowasm.go>. With the two pages of memory that
//! its linker asks for, that is every few hundred allocations, and each time it marks all globals and stacks. What a
//! larger memory costs is the time to zero it.

use crate::host::Host;
use crate::module::Module;
use crate::size::{PAGE_BYTES, Size};
use crate::stop::allocator;
use wasmi::{Instance, Store};

/// The memory that TinyGo programs start with at least: the largest size that does not slow down the start of a small
/// program, since fewer collections make up for zeroing it.
const DEFAULT_HEAP: Size = Size(1 << 20);

/// The number of pages to grow to at most, one less than 4 GiB: the end of a memory of 4 GiB is address zero in 32
/// bits, which allocators take for a full memory.
const MAX_PAGES: u64 = (1 << 16) - 1;

/// Grows the memory of an instance that has not run yet to `heap`, or to the default if the module is TinyGo's. It grows
/// only as far as the limits and the memory's maximum allow. If the machine has no memory left, it stays as it is.
pub(super) fn enlarge(
    store: &mut Store<Host>,
    instance: Instance,
    module: &Module,
    heap: Option<Size>,
) {
    let interface = &module.interface;
    let heap = match heap {
        Some(heap) => heap,
        None if interface.is_likely_tinygo() => DEFAULT_HEAP,
        None => return,
    };
    let memory = interface.only_memory();
    let Some(memory) = memory.and_then(|name| instance.get_memory(&*store, name)) else {
        return;
    };
    let size = memory.size(&*store);
    let limit = size.saturating_add(store.data().limits.memory_left() / PAGE_BYTES);
    let maximum = memory.ty(&*store).maximum().unwrap_or(u64::MAX);
    let pages = initial_pages(size, heap.0.div_ceil(PAGE_BYTES), limit.min(maximum));
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

/// The number of pages to start with, in a memory of `size` pages that should have at least `wanted` and may have
/// `bound`.
///
/// By doubling its memory a program gets from 3 pages to 24, but from 16 only to 32. Where 32 are too many, starting
/// with 16 would take memory away, so the size is then one that the program could have grown to itself.
fn initial_pages(size: u64, wanted: u64, bound: u64) -> u64 {
    let pages = wanted.min(bound).min(MAX_PAGES);
    let doublings = |size: u64| bound.checked_div(size).and_then(u64::checked_ilog2);
    let reach = |size: u64| doublings(size).map_or(size, |count| size << count);
    if bound > MAX_PAGES || pages <= size || reach(pages) >= reach(size) {
        return pages;
    }
    let needed = pages.div_ceil(size).next_power_of_two().ilog2();
    size << doublings(size).map_or(0, |most| most.min(needed))
}

#[cfg(test)]
mod tests {
    use super::initial_pages;

    #[test]
    fn a_program_can_grow_as_far_as_before() {
        for (size, wanted, bound, pages) in [
            (2, 0, u64::MAX, 0),
            (2, 16, u64::MAX, 16),
            (2, 16, 32, 16),
            (2, 16, 4, 4),
            (2, 16, 7, 7),
            (3, 16, u64::MAX, 16),
            (3, 16, 32, 16),
            (3, 16, 24, 24),
            (3, 16, 31, 24),
            (3, 16, 22, 16),
            (5, 16, 20, 20),
            (5, 16, 19, 16),
            (0, 16, 20, 16),
            (2, 65_536, u64::MAX, 65_535),
            (70_000, 65_536, u64::MAX, 65_535),
        ] {
            assert_eq!(
                initial_pages(size, wanted, bound),
                pages,
                "{size} {wanted} {bound}"
            );
        }
    }
}
