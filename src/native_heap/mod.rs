//! The runner's heap, in which the engine also allocates the guest's memories. The global allocator calls the system's
//! allocator, or on Linux [one that maps large blocks](large_blocks). If an allocation by the runner fails, it ends the
//! process with a report and its own exit status. The standard library would abort with SIGABRT, which looks like a trap
//! of the guest.
//!
//! A failed growth of guest memory is not a failure of the runner: the engine returns -1 to the guest. The allocator
//! cannot distinguish the two, so growths of guest memory are announced to it.

#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
mod large_blocks;
mod malloc;

pub use malloc::keep_blocks;

use crate::stop::emergency_exit::{self, Emergency};
#[cfg(all(target_os = "linux", not(tinyrun_portable)))]
use large_blocks::LargeBlocks as Blocks;
#[cfg(any(not(target_os = "linux"), tinyrun_portable))]
use std::alloc::System as Blocks;
use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The global allocator of the process.
#[derive(Debug)]
pub struct NativeAllocator;

/// The size in bytes of the announced growth, which may fail; `usize::MAX` if none is announced.
static ANNOUNCED: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Announces a growth of a memory or a table to `size` bytes, which may fail.
pub fn announce_growth(size: usize) {
    ANNOUNCED.store(size, Ordering::Relaxed);
}

/// Withdraws the announcement, after the guest has returned. A growth within the capacity of a block allocates nothing
/// and would leave the announcement set.
pub fn forget_growth() {
    ANNOUNCED.store(usize::MAX, Ordering::Relaxed);
}

// SAFETY: all calls go to the same allocator. The result is returned unchanged, or the call never returns.
unsafe impl GlobalAlloc for NativeAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the same contract.
        checked(unsafe { Blocks.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the same contract.
        checked(unsafe { Blocks.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the same contract.
        checked(unsafe { Blocks.realloc(block, layout, size) }, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the same contract.
        unsafe { Blocks.dealloc(block, layout) }
    }
}

#[inline]
fn checked(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() || size >= ANNOUNCED.load(Ordering::Relaxed) {
        check_slowly(block.is_null(), size);
    }
    block
}

/// Ends the process if an allocation failed that is not for the announced growth. A growth allocates its new size or,
/// if that is more, twice its old size.
#[cold]
fn check_slowly(has_failed: bool, size: usize) {
    let announced = ANNOUNCED.load(Ordering::Relaxed);
    if (announced..=announced.saturating_mul(2)).contains(&size) {
        forget_growth();
    } else if has_failed {
        emergency_exit::end(Emergency::OutOfMemory);
    }
}
