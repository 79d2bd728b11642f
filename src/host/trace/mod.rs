//! Observes the guest's calls of host functions: traces them, counts them, or both. Whether a function is observed is
//! decided when it is linked, so the calls of other functions are not slower.
//!
//! Functions of linked modules are not observed. A wasmi `Func` that calls another one passes no instance to it, and so
//! no memory: <https://github.com/wasmi-labs/wasmi/blob/v2.0.0/crates/wasmi/src/engine/executor/handler/func.rs>.

mod counts;
mod output;

pub use counts::{CallCount, CallCounts};
pub use output::{CallTimes, ExistingContent, Trace, TraceTarget};

use counts::FunctionCounts;
use output::TraceLine;
use std::sync::Arc;
use std::time::Instant;

/// The maximum number of bytes of data that a line of a trace prints.
pub(super) const MAX_DATA_BYTES: usize = 32;

/// Observes the calls of a run.
#[derive(Clone, Debug, Default)]
pub struct CallObserver {
    /// Prints each call.
    pub trace: Option<Trace>,
    /// Counts each call.
    pub counts: Option<CallCounts>,
}

impl CallObserver {
    /// Returns true if calls are observed at all.
    pub(super) fn is_on(&self) -> bool {
        self.trace.is_some() || self.counts.is_some()
    }

    /// The observer of the function with this name, if calls are observed.
    pub(super) fn function(&self, name: &str) -> Option<FunctionObserver> {
        self.is_on().then(|| FunctionObserver {
            trace: self.trace.clone(),
            counts: self.counts.as_ref().map(|counts| counts.function(name)),
        })
    }
}

/// Observes the calls of one function.
pub(super) struct FunctionObserver {
    trace: Option<Trace>,
    counts: Option<Arc<FunctionCounts>>,
}

/// When a call is printed, without its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineStart {
    /// Before the call, because it may block. The trace then shows which call blocks.
    BeforeCall,
    /// Together with the result, so that no other output appears between them.
    AfterCall,
}

/// A call that has begun.
pub(super) struct ObservedCall<'o> {
    line: Option<TraceLine<'o>>,
    counts: Option<&'o FunctionCounts>,
    start: Instant,
}

/// The outcome of a call, for its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallOutcome {
    /// It succeeded, and read or wrote this number of bytes.
    Success {
        bytes: u64,
    },
    Failure,
}

impl FunctionObserver {
    /// Returns true if the trace is written to standard output or standard error.
    pub(super) fn traces_to_stream(&self) -> bool {
        self.trace.as_ref().is_some_and(Trace::is_to_stream)
    }

    /// Begins a call. `text`, the call without its result, is evaluated only for a trace.
    pub(super) fn begin(
        &self,
        start: LineStart,
        text: impl FnOnce() -> String,
    ) -> ObservedCall<'_> {
        let line = self.trace.as_ref().map(|trace| trace.line(start, text()));
        let counts = self.counts.as_deref();
        if let Some(counts) = counts {
            counts.begin();
        }
        ObservedCall {
            line,
            counts,
            start: Instant::now(),
        }
    }
}

impl ObservedCall<'_> {
    /// Ends a call. `result` is evaluated only for a trace.
    pub(super) fn end(self, outcome: CallOutcome, result: impl FnOnce() -> String) {
        let time = self.start.elapsed();
        if let Some(counts) = self.counts {
            counts.end(outcome, time);
        }
        if let Some(line) = self.line {
            line.end(&result(), time);
        }
    }
}
