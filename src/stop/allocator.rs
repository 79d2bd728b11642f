//! The allocator of the program: the system's, but that the runner's own want of memory ends the run with a report
//! and a status of its own. The standard library would abort, by SIGABRT, which reads as a trap of the guest's.
//!
//! The guest's want of memory is its own matter: the engine asks for a growth in a way that can fail, and the guest
//! sees -1. A request alone does not show which it is, so a growth is announced to the allocator.

use super::emergency::{self, Cause};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The allocator.
#[derive(Debug)]
pub struct Allocator;

/// The size in bytes of the growth that was announced, whose request may fail; the largest number where there is
/// none.
static MAY_FAIL: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Announces a growth of a memory or a table to this size in bytes, which may fail.
pub fn announce_growth(size: usize) {
    MAY_FAIL.store(size, Ordering::Relaxed);
}

/// Takes the announcement back, once the guest does not run any more: a growth within a block's capacity makes no
/// request.
pub fn forget_growth() {
    MAY_FAIL.store(usize::MAX, Ordering::Relaxed);
}

// SAFETY: all of it is the system's, and what fails either says so or does not return.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps to the same contract.
        checked(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps to the same contract.
        checked(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps to the same contract.
        checked(unsafe { System.realloc(block, layout, size) }, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps to the same contract.
        unsafe { System.dealloc(block, layout) }
    }
}

#[inline]
fn checked(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() || size >= MAY_FAIL.load(Ordering::Relaxed) {
        settle(block.is_null(), size);
    }
    block
}

/// Ends the run where a request failed that is not the announced growth's. A growth asks for its size or, where that
/// is more, for twice the size before it.
#[cold]
fn settle(has_failed: bool, size: usize) {
    let announced = MAY_FAIL.load(Ordering::Relaxed);
    if (announced..=announced.saturating_mul(2)).contains(&size) {
        MAY_FAIL.store(usize::MAX, Ordering::Relaxed);
    } else if has_failed {
        emergency::end(Cause::Memory);
    }
}
