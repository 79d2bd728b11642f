//! How much linear memory a run has used, counted by the guest's thread and read from any.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most that all linear memories together have come to, to be read from any thread.
#[derive(Clone, Debug, Default)]
pub struct PeakMemory(Arc<Peak>);

#[derive(Debug, Default)]
struct Peak {
    /// The most there has been up to the last growth.
    before: AtomicU64,
    /// What there is now.
    now: AtomicU64,
    growths: AtomicU64,
    refusals: AtomicU64,
}

impl PeakMemory {
    /// In bytes.
    pub fn bytes(&self) -> u64 {
        let Peak { before, now, .. } = &*self.0;
        before
            .load(Ordering::Relaxed)
            .max(now.load(Ordering::Relaxed))
    }

    /// What there is now, in bytes.
    pub fn bytes_now(&self) -> u64 {
        self.0.now.load(Ordering::Relaxed)
    }

    /// How often a memory that had a size has grown.
    pub fn growths(&self) -> u64 {
        self.0.growths.load(Ordering::Relaxed)
    }

    /// How often a growth was refused, by the limit or by the machine.
    pub fn refusals(&self) -> u64 {
        self.0.refusals.load(Ordering::Relaxed)
    }

    /// A memory with a size of its own is to grow, or must not.
    pub(super) fn count(&self, growth: Growth) {
        let (count, by) = match growth {
            Growth::Granted => (&self.0.growths, 1),
            Growth::Refused => (&self.0.refusals, 1),
            Growth::TakenBack => (&self.0.growths, u64::MAX),
        };
        // Adding the largest number takes one away.
        count.fetch_add(by, Ordering::Relaxed);
    }

    /// What there is now, which a growth that fails takes back.
    pub(super) fn set(&self, bytes: u64) {
        self.0.now.store(bytes, Ordering::Relaxed);
    }

    /// What there is now will not be taken back.
    pub(super) fn keep(&self) {
        self.0
            .before
            .fetch_max(self.0.now.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// What came of a request for more memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    Granted,
    Refused,
    /// Granted, but not to be had.
    TakenBack,
}
