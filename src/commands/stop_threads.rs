//! Starts the threads that can end a run, and reports a run that one of them ends. The guest's thread may be blocked at
//! that time, so each step has a timeout.

use super::diagnostics::Diagnostics;
use super::results;
use super::run_record::RunRecord;
use super::stopped_stack::StackSource;
use crate::error::Error;
use crate::guest::Outcome;
use crate::insight::Backtrace;
use crate::report::{self, ExitStatus, RunContext};
use crate::stop::{
    self, Emergency, ExitClaim, FinalReport, GuestThread, Signal, StopReason, Stopper, cleanup,
    quit_handler,
};
use std::io;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long writing the report may take: longer than its own timeout for a full pipe.
const REPORT_TIMEOUT: Duration = Duration::from_secs(4);

/// How long writing the end of the trace may take.
const TRACE_TIMEOUT: Duration = Duration::from_millis(500);

/// Starts the threads that a run needs: one for `--timeout`, and those for emergencies and signals if something must be
/// written or removed when the run ends.
///
/// # Errors
///
/// `Runner` if a thread cannot be started.
pub(super) fn start(
    record: &Arc<RunRecord>,
    claim: &ExitClaim,
    diagnostics: &Diagnostics,
    started: Instant,
) -> Result<(), Error> {
    // The run of an instrumented module can end by itself with a call stack.
    let guest = diagnostics.are_wanted().then(GuestThread::current);
    let stopper = Stopper::new(claim.clone(), guest, Arc::clone(record));
    let error = |message: &'static str| move |cause| Error::runner(message).caused_by(cause);
    if let Some(timeout) = record.context.timeout {
        let started = stopper.stop_at_deadline(started, timeout);
        started.map_err(error("cannot start the thread for --timeout"))?;
    }
    if record.is_wanted() {
        let started = stopper.stop_at_emergency();
        started.map_err(error(
            "cannot start the thread for --report, --results, --stats and --trace",
        ))?;
    }
    let is_default_action_enough = !stop::is_first_process() && !cleanup::is_started();
    if record.is_wanted() || diagnostics.are_wanted() || !is_default_action_enough {
        stop::exit_on_panic({
            let record = Arc::clone(record);
            move |panic| record.report_panic(panic)
        });
        let started = stopper.stop_at_signals();
        started.map_err(error("cannot handle signals"))?;
    } else {
        quit_handler::install();
    }
    Ok(())
}

impl FinalReport for Arc<RunRecord> {
    fn report_stop(&self, reason: StopReason) -> i32 {
        let source = self.stack_source.get();
        let stack = source.and_then(StackSource::backtrace);
        self.report_end(&reason.into(), stack.map(Arc::new), &self.context)
    }

    fn report_emergency(&self, emergency: Emergency) -> i32 {
        self.report_end(
            &emergency.into(),
            None,
            &report::without_backtrace_hint(&self.context),
        )
    }

    fn signal_status(signal: Signal) -> i32 {
        ExitStatus::of(&Outcome::Interrupted(signal)).code()
    }
}

impl RunRecord {
    fn report_panic(&self, panic: &PanicHookInfo<'_>) -> i32 {
        let error = report::panic_error(panic);
        let _ = self.write(&Outcome::Failed(error.clone()), None, None);
        report::print_final_error(&error);
        ExitStatus::RUNNER.code()
    }

    /// Ends the trace, writes the report and prints the outcome. Returns the exit status.
    fn report_end(
        self: &Arc<Self>,
        outcome: &Outcome,
        stack: Option<Arc<Backtrace>>,
        context: &RunContext,
    ) -> i32 {
        let results = self.results_file.as_ref().map_or(Ok(()), results::begin);
        let errors: Vec<_> = [
            self.end_trace(),
            results,
            self.write_within_timeout(outcome, stack.clone()),
        ]
        .into_iter()
        .filter_map(Result::err)
        .collect();
        let stats = self.stats(None);
        let stack = stack.as_deref();
        report::print_final_message(outcome, stack, context, stats.as_ref(), &errors).code()
    }

    fn end_trace(&self) -> Result<(), Error> {
        let Some(trace) = self.trace.clone() else {
            return Ok(());
        };
        // If no process reads the trace, its end is lost.
        let _ = stop::within(TRACE_TIMEOUT, {
            let trace = trace.clone();
            move || trace.finish()
        });
        trace.written()
    }

    fn write_within_timeout(
        self: &Arc<Self>,
        outcome: &Outcome,
        stack: Option<Arc<Backtrace>>,
    ) -> Result<(), Error> {
        let Some(path) = self.report_path() else {
            return Ok(());
        };
        let written = stop::within(REPORT_TIMEOUT, {
            let (record, outcome) = (Arc::clone(self), outcome.clone());
            move || record.write(&outcome, stack.as_deref(), None)
        });
        written.unwrap_or_else(|error| {
            let path = path.display();
            Err(match error.kind() {
                io::ErrorKind::TimedOut => Error::runner(format!(
                    "cannot write the report to {path} within {} s",
                    REPORT_TIMEOUT.as_secs()
                )),
                _ => Error::runner(format!("cannot write the report to {path}")).caused_by(error),
            })
        })
    }
}
