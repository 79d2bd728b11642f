//! Counting calls. The counts are the guest's thread's to raise and any thread's to read: whoever ends
//! the run may want to tell them, and must not have to wait for it.

use super::Counted;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The counts of a run, by function.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    /// Only held while a function is linked or the counts are read.
    by_name: Arc<Mutex<HashMap<String, Arc<Tally>>>>,
}

/// The counts of one function.
#[derive(Debug, Default)]
pub(super) struct Tally {
    calls: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
    nanoseconds: AtomicU64,
}

/// How often a function was called, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallCount {
    /// WASI's name, or `MODULE.NAME` for any other import.
    pub function: String,
    /// How often it was called, a call that is still under way included.
    pub calls: u64,
    /// How many calls answered with an error or ended the run.
    pub failed: u64,
    /// How many bytes the others read or wrote.
    pub bytes: u64,
    /// How long the calls took that came to an end.
    pub time: Duration,
}

impl Tallies {
    /// The counts of the function of this name, which two modules may import.
    pub(super) fn of(&self, name: &str) -> Arc<Tally> {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tally) = by_name.get(name) {
            return Arc::clone(tally);
        }
        let tally = Arc::new(Tally::default());
        by_name.insert(name.to_owned(), Arc::clone(&tally));
        tally
    }

    /// What was called up to now, the most called first.
    pub fn counts(&self) -> Vec<CallCount> {
        let by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = by_name.iter().map(|(name, tally)| tally.count(name));
        let mut counts: Vec<_> = counts.filter(|count| count.calls > 0).collect();
        counts.sort_by(|a, b| {
            let by_name = || a.function.cmp(&b.function);
            b.calls.cmp(&a.calls).then_with(by_name)
        });
        counts
    }
}

impl Tally {
    pub(super) fn begin(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self, counted: Counted, took: Duration) {
        match counted {
            Counted::Done { bytes } => self.bytes.fetch_add(bytes, Ordering::Relaxed),
            Counted::Failed => self.failed.fetch_add(1, Ordering::Relaxed),
        };
        // A run does not last for 500 years.
        let took = took.as_nanos() as u64;
        self.nanoseconds.fetch_add(took, Ordering::Relaxed);
    }

    fn count(&self, name: &str) -> CallCount {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        CallCount {
            function: name.to_owned(),
            calls: read(&self.calls),
            failed: read(&self.failed),
            bytes: read(&self.bytes),
            time: Duration::from_nanos(read(&self.nanoseconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counted, Tallies};
    use std::time::Duration;

    #[test]
    fn calls_are_counted_by_name_the_most_called_first() {
        let tallies = Tallies::default();
        for (name, counted) in [
            ("fd_read", Counted::Done { bytes: 7 }),
            ("fd_write", Counted::Done { bytes: 5 }),
            ("fd_write", Counted::Failed),
            ("clock_time_get", Counted::Done { bytes: 0 }),
        ] {
            let tally = tallies.of(name);
            tally.begin();
            tally.end(counted, Duration::from_nanos(3));
        }
        // Linked and never called; called and still under way.
        tallies.of("fd_seek");
        tallies.of("fd_read").begin();
        tallies.of("fd_read").begin();
        let counts = tallies.counts().into_iter();
        let counts: Vec<_> = counts
            .map(|count| {
                let time = count.time.as_nanos();
                (count.function, count.calls, count.failed, count.bytes, time)
            })
            .collect();
        let expected = [
            ("fd_read", 3, 0, 7, 3),
            ("fd_write", 2, 1, 5, 6),
            ("clock_time_get", 1, 0, 0, 3),
        ];
        let expected = expected.map(|(name, calls, failed, bytes, time)| {
            (name.to_owned(), calls, failed, bytes, time)
        });
        assert_eq!(counts, expected);
    }
}
