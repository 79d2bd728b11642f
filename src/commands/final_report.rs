//! What is written and printed of a run that is ended from outside. The run's own thread may be anywhere meanwhile, so
//! each step has a timeout.

use super::record::Record;
use crate::error::Error;
use crate::guest::Outcome;
use crate::report::{self, ExitStatus, RunContext};
use crate::stop::{self, Emergency, FinalReport, Signal, StopReason};
use std::io;
use std::time::Duration;

/// How long writing the report may take: longer than it waits for a pipe that is not read.
const REPORT_TIMEOUT: Duration = Duration::from_secs(4);

/// How long writing the end of the trace may take.
const TRACE_TIMEOUT: Duration = Duration::from_millis(500);

impl FinalReport for Record {
    fn report_stop(&self, reason: StopReason) -> i32 {
        self.report_end(&reason.into(), &self.context)
    }

    fn report_emergency(&self, emergency: Emergency) -> i32 {
        self.report_end(
            &emergency.into(),
            &report::without_backtrace_hint(&self.context),
        )
    }

    fn signal_status(signal: Signal) -> i32 {
        ExitStatus::of(&Outcome::Interrupted(signal)).code()
    }
}

impl Record {
    /// Ends the trace, writes the report and prints the outcome. Returns the exit status.
    fn report_end(&self, outcome: &Outcome, context: &RunContext) -> i32 {
        let errors: Vec<_> = [self.end_trace(), self.write_report(outcome)]
            .into_iter()
            .filter_map(Result::err)
            .collect();
        let stats = self.stats(None);
        report::print_final_message(outcome, context, stats.as_ref(), &errors).code()
    }

    fn end_trace(&self) -> Result<(), Error> {
        let Some(trace) = self.trace.clone() else {
            return Ok(());
        };
        // If nothing reads the trace, the rest of it is lost.
        let _ = stop::within(TRACE_TIMEOUT, {
            let trace = trace.clone();
            move || trace.finish()
        });
        trace.written()
    }

    fn write_report(&self, outcome: &Outcome) -> Result<(), Error> {
        let Some(path) = self.path() else {
            return Ok(());
        };
        let written = stop::within(REPORT_TIMEOUT, {
            let (record, outcome) = (self.clone(), outcome.clone());
            move || record.write(&outcome, None, None)
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
