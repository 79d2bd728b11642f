//! The data of a run that its report and its messages need. The thread that ends the run reads them: the run's own, the
//! `deadline` thread, the `signals` thread or the `emergency` thread.

use super::outputs::Outputs;
use super::path_lookup::PathLookup;
use super::results::ResultsFile;
use super::stopped_stack::StackSource;
use crate::error::Error;
use crate::guest::{InvocationResult, Outcome, Phases};
use crate::host::trace::{CallCounts, Trace};
use crate::host::{FailedLookups, PeakMemory};
use crate::insight::Backtrace;
use crate::report::atomic_file::OutputFile;
use crate::report::{self, RunContext, Stats, Usage};
use crate::temporary_dir::TemporaryDir;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

/// The data of a run.
pub(super) struct RunRecord {
    /// The values that messages about the run contain.
    pub(super) context: RunContext,
    pub(super) peak_memory: PeakMemory,
    pub(super) phases: Phases,
    /// The mounts of the program and the record of its failed look-ups, set when the host is created.
    pub(super) lookups: OnceLock<(PathLookup, FailedLookups)>,
    /// The data for the call stack of a guest that computes when the run is stopped, if a call stack is requested.
    pub(super) stack_source: OnceLock<StackSource>,
    /// The directory of `--tmp`, once it is created.
    pub(super) temporary_dir: OnceLock<TemporaryDir>,
    /// A call that is among the program's arguments, as an option of tinyrun.
    pub(super) misplaced_call: OnceLock<String>,
    /// The counts of calls for `--stats`.
    pub(super) call_counts: Option<CallCounts>,
    /// The number of garbage collections, if they were counted, once the run has ended.
    pub(super) collections: OnceLock<u32>,
    /// The trace for `--trace`.
    pub(super) trace: Option<Trace>,
    /// The file of `--results`.
    pub(super) results_file: Option<ResultsFile>,
    /// The file of `--profile`.
    pub(super) profile: Option<OutputFile>,
    /// The file of `--coverage`.
    pub(super) coverage: Option<OutputFile>,
    /// The file of `--report`.
    report: Option<OutputFile>,
    started: Instant,
    /// The results for the report. Locked only while one is added or the report is written.
    results: Mutex<Vec<InvocationResult>>,
}

impl RunRecord {
    /// Creates the record of a run. `started` is when the process started.
    pub(super) fn new(context: RunContext, outputs: Outputs, started: Instant) -> Self {
        let is_timed = outputs.call_counts.is_some() || log::log_enabled!(log::Level::Info);
        Self {
            context,
            peak_memory: PeakMemory::default(),
            phases: if is_timed {
                Phases::since(started)
            } else {
                Phases::default()
            },
            lookups: OnceLock::new(),
            stack_source: OnceLock::new(),
            misplaced_call: OnceLock::new(),
            temporary_dir: OnceLock::new(),
            call_counts: outputs.call_counts,
            collections: OnceLock::new(),
            trace: outputs.trace,
            results_file: outputs.results.map(|file| Arc::new(Mutex::new(file))),
            profile: outputs.profile,
            coverage: outputs.coverage,
            report: outputs.report,
            started,
            results: Mutex::default(),
        }
    }

    /// Whether something must be written for every outcome.
    pub(super) fn is_wanted(&self) -> bool {
        self.report.is_some()
            || self.call_counts.is_some()
            || self.trace.is_some()
            || self.results_file.is_some()
    }

    /// Whether a second report can replace the first.
    pub(super) fn is_replaceable(&self) -> bool {
        let report = self.report.as_ref();
        report.is_some_and(|report| !report.is_stream())
    }

    /// The path of the report, for messages.
    pub(super) fn report_path(&self) -> Option<&Path> {
        self.report.as_ref().map(|report| report.path())
    }

    /// The counts of the run so far, for `--stats`.
    pub(super) fn stats(&self, fuel_used: Option<u64>) -> Option<Stats> {
        let call_counts = self.call_counts.as_ref()?;
        Some(Stats {
            phases: self.phases.times().unwrap_or_default(),
            fuel_used,
            peak_memory: self.peak_memory.bytes(),
            final_memory: self.peak_memory.bytes_now(),
            growths: self.peak_memory.growths(),
            refusals: self.peak_memory.refusals(),
            collections: self.collections.get().copied(),
            calls: call_counts.sorted(),
        })
    }

    /// Adds the result of a call.
    pub(super) fn add(&self, result: InvocationResult) {
        if self.report.is_some()
            && let Ok(mut results) = self.results.lock()
        {
            results.push(result);
        }
    }

    /// Writes the report, if there is one.
    ///
    /// # Errors
    ///
    /// `Runner` if it cannot be written.
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
        let results = self.results.lock();
        let results = results.map(|results| results.clone()).unwrap_or_default();
        let text = report::encode_report(outcome, backtrace, &results, &self.context, usage)?;
        report.write(&text)
    }
}
