//! What is known of a run while it goes on, so that whoever ends it can write the report: the run's own
//! thread, the deadline's, or the one that waits for signals.

use super::mount_hints::MountHints;
use crate::cli::Run;
use crate::error::Error;
use crate::guest::{CallResult, Outcome, Stages};
use crate::host::PeakMemory;
use crate::host::watch::{Tallies, Trace};
use crate::insight::Backtrace;
use crate::report::atomic_file::OutputFile;
use crate::report::{self, RunContext, Stats, Usage};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What is known of a run.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) context: RunContext,
    pub(super) peak_memory: PeakMemory,
    pub(super) stages: Stages,
    /// What the program can see of the host's files, and what it did not find.
    pub(super) mounts: MountHints,
    /// The counts of calls, where they are to be summed up.
    pub(super) tallies: Option<Tallies>,
    /// Where calls are shown, if that was asked for.
    pub(super) trace: Option<Trace>,
    started: Instant,
    /// Where the report is written, if that was asked for.
    report: Option<Arc<OutputFile>>,
    /// Only held while a result is added or the report is written.
    results: Arc<Mutex<Vec<CallResult>>>,
}

impl Record {
    pub(super) fn new(
        options: &Run,
        context: RunContext,
        started: Instant,
        report: Option<OutputFile>,
        trace: Option<Trace>,
    ) -> Self {
        Self {
            context,
            peak_memory: PeakMemory::default(),
            stages: match options.stats || log::log_enabled!(log::Level::Info) {
                true => Stages::since(started),
                false => Stages::default(),
            },
            mounts: MountHints::default(),
            tallies: options.stats.then(Tallies::default),
            trace,
            started,
            report: report.map(Arc::new),
            results: Arc::default(),
        }
    }

    /// Whether there is something to write however the run ends.
    pub(super) fn is_wanted(&self) -> bool {
        self.is_reported() || self.tallies.is_some() || self.trace.is_some()
    }

    /// Whether there is a report to write.
    pub(super) fn is_reported(&self) -> bool {
        self.report.is_some()
    }

    /// Whether the report can be written again, in place of the first.
    pub(super) fn is_replaceable(&self) -> bool {
        let report = self.report.as_ref();
        report.is_some_and(|report| !report.is_stream())
    }

    /// Where the report is written, for messages.
    pub(super) fn path(&self) -> Option<&Path> {
        self.report.as_ref().map(|report| report.path())
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
        let Some(report) = &self.report else {
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
        let text = report::encode_json(outcome, backtrace, &results, &self.context, usage)?;
        report.write(&text)
    }
}
