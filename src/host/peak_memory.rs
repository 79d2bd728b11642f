//! The linear memory that a run uses. The guest's thread updates it, and any thread can read it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The peak size of all linear memories together, and how often they grew.
#[derive(Clone, Debug, Default)]
pub struct PeakMemory(Arc<MemoryCounts>);

#[derive(Debug, Default)]
struct MemoryCounts {
    /// The peak size in bytes before the last growth.
    peak_before_growth: AtomicU64,
    /// The current size in bytes.
    current: AtomicU64,
    growths: AtomicU64,
    refusals: AtomicU64,
}

/// The result of a guest's `memory.grow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrowthResult {
    Granted,
    Refused,
    /// The limit had granted it, but the engine could not allocate the memory.
    RolledBack,
}

impl PeakMemory {
    /// The peak size in bytes.
    pub fn bytes(&self) -> u64 {
        let before = self.0.peak_before_growth.load(Ordering::Relaxed);
        before.max(self.bytes_now())
    }

    /// The current size in bytes.
    pub fn bytes_now(&self) -> u64 {
        self.0.current.load(Ordering::Relaxed)
    }

    /// The number of growths that succeeded, without the initial sizes of memories.
    pub fn growths(&self) -> u64 {
        self.0.growths.load(Ordering::Relaxed)
    }

    /// The number of growths that the limit or the machine refused.
    pub fn refusals(&self) -> u64 {
        self.0.refusals.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, result: GrowthResult) {
        match result {
            GrowthResult::Granted => self.0.growths.fetch_add(1, Ordering::Relaxed),
            GrowthResult::RolledBack => self.0.growths.fetch_sub(1, Ordering::Relaxed),
            GrowthResult::Refused => self.0.refusals.fetch_add(1, Ordering::Relaxed),
        };
    }

    /// Sets the current size. The peak includes it only until the next `set`, unless `confirm_growth` is called.
    pub(super) fn set(&self, bytes: u64) {
        self.0.current.store(bytes, Ordering::Relaxed);
    }

    /// Records that the last growth was not rolled back.
    pub(super) fn confirm_growth(&self) {
        let current = self.0.current.load(Ordering::Relaxed);
        self.0
            .peak_before_growth
            .fetch_max(current, Ordering::Relaxed);
    }
}
