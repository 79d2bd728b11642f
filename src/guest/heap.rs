//! `--heap`: a larger initial linear memory. TinyGo's runtime reads the end of its heap from `memory.size` when
//! it starts, and collects garbage whenever the heap is full:
//! <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/arch_tinygowasm.go>. With the two pages of memory
//! that its linker requests, it collects every few hundred allocations, and each time it marks all globals and stacks.
//! The cost of a larger memory is the time to zero it.

use crate::host::Host;
use crate::module::Module;
use crate::native_heap;
use crate::size::{PAGE_BYTES, Size};
use wasmi::{Instance, Store};

/// The minimum memory of a TinyGo program at its start: the largest size that does not slow down a small program. It is
/// one huge page where the kernel has huge pages, so less would use no less of the host's memory.
const DEFAULT_HEAP: Size = Size(2 << 20);

/// The maximum number of pages to grow to, one less than 4 GiB: the end address of a 4 GiB memory wraps to zero in 32
/// bits, which allocators treat as a full memory.
const MAX_PAGES: u64 = (1 << 16) - 1;

/// Grows the memory of an instance that has not run yet to `heap`, or to the default if the module is TinyGo's. It
/// grows only as far as the limits and the memory's maximum allow, and not at all if the machine has too little memory.
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
    native_heap::forget_growth();
    store.data_mut().limits.end_preparation();
    if grown.is_ok() {
        log::info!(
            "{} starts with {} of memory",
            module.name,
            Size(pages * PAGE_BYTES)
        );
    }
}

/// The number of pages to start with, in a memory of `size` pages that should have at least `wanted` and may have at
/// most `bound`.
///
/// A program grows its memory by doubling it: from 3 pages to 24, but from 16 to 32. If `bound` is between 24 and 31, a
/// start with 16 pages would leave the program less memory, so the result is then a size that it reaches by doubling.
fn initial_pages(size: u64, wanted: u64, bound: u64) -> u64 {
    let pages = wanted.min(bound).min(MAX_PAGES);
    let doublings = |size: u64| bound.checked_div(size).and_then(u64::checked_ilog2);
    let reach = |size: u64| doublings(size).map_or(size, |count| size << count);
    if bound > MAX_PAGES || pages <= size || reach(pages) >= reach(size) {
        return pages;
    }
    let needed = pages.div_ceil(size).next_power_of_two().ilog2();
    size << doublings(size).map_or(0, |max| max.min(needed))
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
