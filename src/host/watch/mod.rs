//! Watching what a guest asks of the host: each call as a line of a trace, counted, or both. Whether a
//! function is watched is settled when it is linked, so that one which is not is as it ever was. Only
//! functions of the host's own are watched: one that a linked module brings along cannot be, since a
//! call of it through another function would lose the caller's memory.

pub(super) mod quote;
mod tally;
mod trace;

pub use tally::{CallCount, Tallies};
pub use trace::{Content, Target, Timing, Trace};

use std::sync::Arc;
use std::time::Instant;
use tally::Tally;
use trace::Line;

/// What is watched of a run's calls.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Where each is shown, if anywhere.
    pub trace: Option<Trace>,
    /// Where each is counted, if anywhere.
    pub tallies: Option<Tallies>,
}

impl Watch {
    /// Whether anything is watched.
    pub(super) fn is_on(&self) -> bool {
        self.trace.is_some() || self.tallies.is_some()
    }

    /// How a function of this name is watched, if it is.
    pub(super) fn of(&self, name: &str) -> Option<Watched> {
        self.is_on().then(|| Watched {
            trace: self.trace.clone(),
            tally: self.tallies.as_ref().map(|tallies| tallies.of(name)),
        })
    }
}

/// How one function is watched.
pub(super) struct Watched {
    trace: Option<Trace>,
    tally: Option<Arc<Tally>>,
}

/// When a line of the trace is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// Before the call, which may wait for long: whoever looks on sees for what.
    Before,
    /// With its end, so that nothing comes in between.
    AtEnd,
}

/// A call that is under way.
pub(super) struct Watching<'w> {
    line: Option<Line<'w>>,
    tally: Option<&'w Tally>,
    began: Instant,
}

/// What a call has come to, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// It did what it was asked to, and moved so many bytes.
    Done { bytes: u64 },
    /// It did not.
    Failed,
}

impl Watched {
    /// Whether what is shown comes among the guest's own output.
    pub(super) fn is_among_output(&self) -> bool {
        self.trace.as_ref().is_some_and(Trace::is_among_output)
    }

    /// A call begins. `call` is its name with what it is given, which is asked for only where it is shown.
    pub(super) fn begin(&self, begin: Begin, call: impl FnOnce() -> String) -> Watching<'_> {
        let line = self.trace.as_ref().map(|trace| trace.line(begin, call()));
        let tally = self.tally.as_deref();
        if let Some(tally) = tally {
            tally.begin();
        }
        Watching {
            line,
            tally,
            began: Instant::now(),
        }
    }
}

impl Watching<'_> {
    /// The call has ended. `result` is asked for only where it is shown.
    pub(super) fn end(self, counted: Counted, result: impl FnOnce() -> String) {
        let took = self.began.elapsed();
        if let Some(tally) = self.tally {
            tally.end(counted, took);
        }
        if let Some(line) = self.line {
            line.end(&result(), took);
        }
    }
}
