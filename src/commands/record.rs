//! What is known of a run while it goes on, so that whoever ends it can write the report: the run's own
//! thread, the deadline's, or the one that waits for signals.

use crate::cli::Run;
use crate::error::Error;
use crate::guest::{CallResult, Outcome};
use crate::host::PeakMemory;
use crate::insight::Backtrace;
use crate::report::{self, ExitStatus, Terms, Usage};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What is known of a run.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) terms: Terms,
    pub(super) peak_memory: PeakMemory,
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
            started,
            report: options.report.clone(),
            results: Arc::default(),
        }
    }

    /// Whether somebody wants to know how the run ended, however it does.
    pub(super) fn is_wanted(&self) -> bool {
        self.report.is_some()
    }

    /// Adds what came of a call.
    pub(super) fn add(&self, result: CallResult) {
        if let (true, Ok(mut results)) = (self.is_wanted(), self.results.lock()) {
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
