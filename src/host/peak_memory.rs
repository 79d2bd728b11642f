//! How much linear memory a run uses. The guest's thread counts; any thread reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest size of all linear memories together, and their growths.
#[derive(Clone, Debug, Default)]
pub struct PeakMemory(Arc<MemoryCounts>);

#[derive(Debug, Default)]
struct MemoryCounts {
    /// The largest size in bytes up to the last growth.
    peak_before_growth: AtomicU64,
    /// The current size in bytes.
    now: AtomicU64,
    growths: AtomicU64,
    refusals: AtomicU64,
}

/// The result of a guest's `memory.grow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrowthResult {
    Granted,
    Refused,
    /// Granted by the limit, but the machine did not have the memory.
    TakenBack,
}

impl PeakMemory {
    /// In bytes.
    pub fn bytes(&self) -> u64 {
        let before = self.0.peak_before_growth.load(Ordering::Relaxed);
        before.max(self.bytes_now())
    }

    /// The current size in bytes.
    pub fn bytes_now(&self) -> u64 {
        self.0.now.load(Ordering::Relaxed)
    }

    /// How many growths succeeded. A new memory's initial size does not count.
    pub fn growths(&self) -> u64 {
        self.0.growths.load(Ordering::Relaxed)
    }

    /// How many growths the limit or the machine refused.
    pub fn refusals(&self) -> u64 {
        self.0.refusals.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, result: GrowthResult) {
        match result {
            GrowthResult::Granted => self.0.growths.fetch_add(1, Ordering::Relaxed),
            GrowthResult::TakenBack => self.0.growths.fetch_sub(1, Ordering::Relaxed),
            GrowthResult::Refused => self.0.refusals.fetch_add(1, Ordering::Relaxed),
        };
    }

    /// Sets the current size, which a growth that fails may take back.
    pub(super) fn set(&self, bytes: u64) {
        self.0.now.store(bytes, Ordering::Relaxed);
    }

    /// Records that the last growth was not taken back.
    pub(super) fn keep(&self) {
        let now = self.0.now.load(Ordering::Relaxed);
        self.0.peak_before_growth.fetch_max(now, Ordering::Relaxed);
    }
}
