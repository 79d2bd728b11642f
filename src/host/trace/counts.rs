//! Counts calls. Only the guest's thread counts. Any thread can read the counts without waiting for the guest's thread,
//! because another thread may end the run.

use super::CallOutcome;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The counts of a run, by function.
#[derive(Clone, Debug, Default)]
pub struct CallCounts {
    /// Locked only while a function is linked or the counts are read.
    by_name: Arc<Mutex<HashMap<String, Arc<FunctionCounts>>>>,
}

/// The counts of one function.
#[derive(Debug, Default)]
pub(super) struct FunctionCounts {
    calls: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
    nanoseconds: AtomicU64,
}

/// The counts of one function at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallCount {
    /// The name of a WASI function, or `MODULE.NAME` of any other import.
    pub function: String,
    /// The number of calls, including one that has not ended.
    pub calls: u64,
    /// The number of calls that returned an error or ended the run.
    pub failed: u64,
    /// The number of bytes that the other calls read or wrote.
    pub bytes: u64,
    /// The total time of the calls that have ended.
    pub time: Duration,
}

impl CallCounts {
    /// The counts of the function with this name. Several modules may import it.
    pub(super) fn function(&self, name: &str) -> Arc<FunctionCounts> {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counts) = by_name.get(name) {
            return Arc::clone(counts);
        }
        let counts = Arc::new(FunctionCounts::default());
        by_name.insert(name.to_owned(), Arc::clone(&counts));
        counts
    }

    /// The functions that were called, the most called one first.
    pub fn sorted(&self) -> Vec<CallCount> {
        let by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = by_name.iter().map(|(name, counts)| counts.read(name));
        let mut counts: Vec<_> = counts.filter(|count| count.calls > 0).collect();
        counts.sort_by(|a, b| {
            let by_name = || a.function.cmp(&b.function);
            b.calls.cmp(&a.calls).then_with(by_name)
        });
        counts
    }
}

impl FunctionCounts {
    pub(super) fn begin(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self, outcome: CallOutcome, time: Duration) {
        match outcome {
            CallOutcome::Success { bytes } => self.bytes.fetch_add(bytes, Ordering::Relaxed),
            CallOutcome::Failure => self.failed.fetch_add(1, Ordering::Relaxed),
        };
        // 64 bits last for 500 years.
        let nanoseconds = time.as_nanos() as u64;
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    fn read(&self, name: &str) -> CallCount {
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
    use super::{CallCounts, CallOutcome};
    use std::time::Duration;

    #[test]
    fn the_most_called_function_is_first() {
        let counts = CallCounts::default();
        for (name, outcome) in [
            ("fd_read", CallOutcome::Success { bytes: 7 }),
            ("fd_write", CallOutcome::Success { bytes: 5 }),
            ("fd_write", CallOutcome::Failure),
            ("clock_time_get", CallOutcome::Success { bytes: 0 }),
        ] {
            let function = counts.function(name);
            function.begin();
            function.end(outcome, Duration::from_nanos(3));
        }
        // Linked and never called; called and not ended.
        counts.function("fd_seek");
        counts.function("fd_read").begin();
        counts.function("fd_read").begin();
        let sorted = counts.sorted().into_iter().map(|count| {
            let time = count.time.as_nanos();
            (count.function, count.calls, count.failed, count.bytes, time)
        });
        let expected = [
            ("fd_read", 3, 0, 7, 3),
            ("fd_write", 2, 1, 5, 6),
            ("clock_time_get", 1, 0, 0, 3),
        ];
        let expected = expected.map(|(name, calls, failed, bytes, time)| {
            (name.to_owned(), calls, failed, bytes, time)
        });
        assert_eq!(sorted.collect::<Vec<_>>(), expected);
    }
}
