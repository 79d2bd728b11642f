//! The global allocator. It calls the system's allocator, or maps [large blocks](large_blocks). If an allocation by the
//! runner fails, it ends the process with a report and its own exit status. The standard library would abort with
//! SIGABRT, which looks like a trap of the guest.
//!
//! A failed growth of guest memory is not a failure of the runner: the engine returns -1 to the guest. The allocator
//! cannot distinguish the two, so growths of guest memory are announced to it.

use super::emergency_exit::{self, Emergency};
use super::large_blocks::{self, is_large};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The global allocator of the process.
#[derive(Debug)]
pub struct Allocator;

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

// SAFETY: a block is allocated, resized and freed by the same allocator, which its layout determines. The result is
// returned unchanged, or the call never returns.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = if is_large(layout) {
            large_blocks::allocate(layout.size())
        } else {
            // SAFETY: the caller keeps the same contract.
            unsafe { System.alloc(layout) }
        };
        checked(block, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_large(layout) {
            // SAFETY: the caller keeps the same contract. Large blocks are zeros.
            return unsafe { self.alloc(layout) };
        }
        // SAFETY: the caller keeps the same contract.
        checked(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller guarantees that the new layout is valid too.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the caller keeps the same contract, and the old layout determines the allocator of the block.
        let moved = unsafe {
            match (is_large(layout), is_large(new)) {
                (false, false) => System.realloc(block, layout, size),
                (true, true) => large_blocks::reallocate(block, layout.size(), size),
                _ => return self.copy(block, layout, new),
            }
        };
        checked(moved, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the same contract.
        unsafe {
            if is_large(layout) {
                large_blocks::free(block, layout.size());
            } else {
                System.dealloc(block, layout);
            }
        }
    }
}

impl Allocator {
    /// Moves a block to the allocator of another size.
    ///
    /// # Safety
    ///
    /// As for `realloc`.
    unsafe fn copy(&self, block: *mut u8, old: Layout, new: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the same contract, and both blocks have the copied bytes.
        unsafe {
            let copy = self.alloc(new);
            if !copy.is_null() {
                copy.copy_from_nonoverlapping(block, old.size().min(new.size()));
                self.dealloc(block, old);
            }
            copy
        }
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
