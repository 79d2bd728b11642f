//! Copies the guest's shadow stack while the guest computes. A signal interrupts the guest's thread, and its handler copies
//! the slots, so they do not change meanwhile. A process has one guest, so everything here is a static.

use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

/// The maximum number of slots: one WebAssembly page, which is the initial size of the shadow stack.
const MAX_SLOTS: usize = 16 << 10;

/// The slots; null while they cannot be read.
static SLOTS: AtomicPtr<u32> = AtomicPtr::new(ptr::null_mut());

/// The number of slots.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The name of the export that was called; `None` for the module's `start` function. It is locked only before a call and
/// after the copy.
static EXPORT: Mutex<Option<String>> = Mutex::new(None);

static COPY: [AtomicU32; MAX_SLOTS] = [const { AtomicU32::new(0) }; MAX_SLOTS];

/// The number of slots in the copy; `NONE` until it is complete.
static COPIED: AtomicUsize = AtomicUsize::new(NONE);
const NONE: usize = usize::MAX;

/// The shadow stack of a guest that was interrupted.
pub struct StackCopy {
    /// The slots, outermost first, in the bytes of the guest's memory.
    pub slots: Vec<u8>,
    /// The export that was called; `None` for the module's `start` function.
    pub export: Option<String>,
}

/// Allows copies of the slots, which end at the first 0, during a call of `export`.
///
/// # Safety
///
/// The calling thread is the guest's. The slots must not be moved or freed before [`forbid`] is called.
pub unsafe fn allow(slots: &[u8], export: Option<&str>) {
    // A copy was made in an earlier call.
    if COPIED.load(Ordering::Acquire) != NONE {
        return;
    }
    if let Ok(mut name) = EXPORT.lock() {
        *name = export.map(str::to_owned);
    }
    let count = (slots.len() / size_of::<u32>()).min(MAX_SLOTS);
    let slots = slots.as_ptr().cast_mut().cast::<u32>();
    // A memory is aligned, although the engine does not promise it.
    if slots.is_aligned() {
        COUNT.store(count, Ordering::Relaxed);
        SLOTS.store(slots, Ordering::Release);
    }
}

/// Forbids copies from now on. The guest's thread calls this after a call, and before the slots are moved.
pub fn forbid() {
    SLOTS.store(ptr::null_mut(), Ordering::Release);
}

/// Whether the stack can be copied now.
pub(super) fn is_allowed() -> bool {
    !SLOTS.load(Ordering::Acquire).is_null()
}

/// Copies the slots, if that is allowed and there is no copy yet. This is async-signal-safe.
///
/// # Safety
///
/// The calling thread is the guest's.
pub(super) unsafe fn copy() {
    let slots = SLOTS.load(Ordering::Acquire);
    if slots.is_null() || COPIED.load(Ordering::Relaxed) != NONE {
        return;
    }
    let mut copied = 0;
    for copy in COPY.iter().take(COUNT.load(Ordering::Relaxed)) {
        // SAFETY: `allow` was called for at least `COUNT` aligned slots, and only this thread writes, moves or frees them.
        let slot = unsafe { slots.add(copied).read_volatile() };
        if slot == 0 {
            break;
        }
        copy.store(slot, Ordering::Relaxed);
        copied += 1;
    }
    COPIED.store(copied, Ordering::Release);
}

/// The copy, if there is one.
pub fn copied() -> Option<StackCopy> {
    let copied = COPIED.load(Ordering::Acquire);
    let slots = COPY.get(..copied)?.iter();
    Some(StackCopy {
        slots: slots
            .flat_map(|slot| slot.load(Ordering::Relaxed).to_ne_bytes())
            .collect(),
        export: EXPORT.lock().ok()?.clone(),
    })
}
