//! What is known of a run while it goes on, so that whoever ends it can write the report: the run's own
//! thread, the deadline's, or the one that waits for signals.

use super::mount_hints::MountHints;
use crate::cli::Run;
use crate::error::Error;
use crate::guest::{CallResult, Outcome, Stages};
use crate::host::PeakMemory;
use crate::host::watch::{Tallies, Trace};
use crate::insight::Backtrace;
use crate::report::{self, ExitStatus, Stats, Terms, Usage};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

/// What is known of a run.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) terms: Terms,
    pub(super) peak_memory: PeakMemory,
    pub(super) stages: Stages,
    /// What the program can see of the host's files, and what it did not find.
    pub(super) mounts: MountHints,
    /// The counts of calls, where they are to be summed up.
    pub(super) tallies: Option<Tallies>,
    /// Where calls are shown, if that was asked for and once it is open.
    trace: Option<Arc<OnceLock<Trace>>>,
    started: Instant,
    /// Where the report goes, where one was asked for.
    report: Option<PathBuf>,
    /// Only held while a result is added or the report is written.
    results: Arc<Mutex<Vec<CallResult>>>,
}

impl Record {
    pub(super) fn new(options: &Run, terms: Terms, started: Instant) -> Self {
        Self {
            terms,
            peak_memory: PeakMemory::default(),
            stages: match options.stats || log::log_enabled!(log::Level::Info) {
                true => Stages::since(started),
                false => Stages::default(),
            },
            mounts: MountHints::default(),
            tallies: options.stats.then(Tallies::default),
            trace: options.trace.as_ref().map(|_| Arc::default()),
            started,
            report: options.report.clone(),
            results: Arc::default(),
        }
    }

    /// Whether somebody wants to know how the run ended, however it does.
    pub(super) fn is_wanted(&self) -> bool {
        self.is_reported() || self.tallies.is_some() || self.trace.is_some()
    }

    /// Whether there is a report to write.
    pub(super) fn is_reported(&self) -> bool {
        self.report.is_some()
    }

    /// Shows calls there from now on.
    pub(super) fn trace_to(&self, open: Trace) {
        if let Some(trace) = &self.trace {
            // It is opened once.
            let _ = trace.set(open);
        }
    }

    /// Where calls are shown, if anywhere.
    pub(super) fn trace(&self) -> Option<&Trace> {
        self.trace.as_ref()?.get()
    }

    /// What the run has come to so far, where that is to be summed up.
    pub(super) fn stats(&self, fuel_used: Option<u64>) -> Option<Stats> {
        let tallies = self.tallies.as_ref()?;
        Some(Stats {
            spent: self.stages.spent().unwrap_or_default(),
            fuel_used,
            peak_memory: self.peak_memory.bytes(),
            final_memory: self.peak_memory.bytes_now(),
            growths: self.peak_memory.growths(),
            refusals: self.peak_memory.refusals(),
            calls: tallies.counts(),
        })
    }

    /// Adds what came of a call.
    pub(super) fn add(&self, result: CallResult) {
        if let (true, Ok(mut results)) = (self.is_reported(), self.results.lock()) {
            results.push(result);
        }
    }

    /// Writes the report, where one was asked for.
    ///
    /// # Errors
    ///
    /// `Runner` where it cannot be written.
    pub(super) fn write(
        &self,
        outcome: &Outcome,
        backtrace: Option<&Backtrace>,
        fuel_used: Option<u64>,
    ) -> Result<(), Error> {
        let Some(path) = &self.report else {
            return Ok(());
        };
        let usage = Usage {
            duration: self.started.elapsed(),
            fuel_used,
            peak_memory: self.peak_memory.bytes(),
            stats: self.stats(fuel_used),
        };
        let results = self
            .results
            .lock()
            .map(|results| results.clone())
            .unwrap_or_default();
        report::write_json(path, outcome, backtrace, &results, &self.terms, usage)
    }
}

/// Writes the report on a command line that is wrong, and answers with the exit status.
pub(super) fn write_failure(path: PathBuf, failure: Error, started: Instant) -> ExitStatus {
    let record = Record {
        terms: Terms::default(),
        peak_memory: PeakMemory::default(),
        stages: Stages::default(),
        mounts: MountHints::default(),
        tallies: None,
        trace: None,
        started,
        report: Some(path),
        results: Arc::default(),
    };
    let status = ExitStatus::of_fault(failure.fault);
    match record.write(&Outcome::Failed(failure), None, None) {
        Ok(()) => status,
        Err(failure) => {
            report::error(&failure);
            ExitStatus::of_fault(failure.fault)
        }
    }
}
