//! What ends a run from outside, on threads of their own: the deadline, and signals where there is
//! something to write before they do their work. The run's own thread may be anywhere then, so that nothing
//! here waits for it without a limit.

use super::record::Record;
use crate::error::Error;
use crate::guest::deadline::GuestThread;
use crate::guest::ending::{Ending, Taken};
use crate::guest::interrupt::Signal;
use crate::guest::{Outcome, deadline, interrupt};
use crate::host::due::Why;
use crate::report::{ExitStatus, last_word};
use crate::stop::emergency::{self, Cause};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// How long writing the report may take here: longer than a pipe that is not read is waited for.
const WRITE_LIMIT: Duration = Duration::from_secs(4);

/// How long the run's thread may take to print and report the outcome, and how long to finish after that.
/// It ends sooner by limits of its own, unless standard error is a pipe that is full and not read.
const REPORT_LIMIT: Duration = Duration::from_secs(5);
const FINISH_LIMIT: Duration = Duration::from_secs(15);

/// Ends the run when its time is up, if it has a `--timeout`. A guest that runs in slices is asked to end by
/// itself first, since its thread knows where it was.
///
/// # Errors
///
/// `Runner` where the machine has no thread to spare.
pub(super) fn deadline(
    record: &Record,
    ending: &Ending,
    started: Instant,
    guest: Option<GuestThread>,
) -> Result<(), Error> {
    let Some(limit) = record.terms.timeout else {
        return Ok(());
    };
    let (record, ending) = (record.clone(), ending.clone());
    let end = move || {
        if let Some(guest) = guest {
            guest.ask_to_end(Why::Time, &ending);
        }
        match ending.claim() {
            Ok(()) => {
                let outcome = Outcome::TimedOut;
                let failures = write_last(&record, &outcome);
                last_word::end_with(
                    &outcome,
                    &record.terms,
                    record.stats(None).as_ref(),
                    &failures,
                )
            }
            Err(Taken::ByRun { status }) => {
                wait_for_run(&ending);
                last_word::leave(status)
            }
            Err(Taken::FromOutside) => {}
        }
    };
    deadline::set(started, limit, end)
        .map_err(|error| Error::runner("--timeout needs a thread").caused_by(error))
}

/// Writes what there is to write when a signal ends the run, and then lets the signal do its work.
///
/// # Errors
///
/// `Runner` where the machine has no thread to spare.
pub(super) fn signals(
    record: &Record,
    ending: &Ending,
    guest: Option<GuestThread>,
) -> Result<(), Error> {
    let (record, ending) = (record.clone(), ending.clone());
    let first = move |signal: Signal| {
        let was_running = ending.is_open();
        if let Some(guest) = guest {
            guest.ask_to_end(Why::Signal(signal.number()), &ending);
        }
        match ending.claim() {
            Ok(()) => {
                let failures = write_last(&record, &Outcome::Interrupted(signal));
                record.stats(None).iter().for_each(last_word::tell_stats);
                last_word::print_failures(&failures);
            }
            // The signal has ended the run, whose thread raises it again when it has finished.
            Err(_) if was_running => wait_for_run(&ending),
            Err(_) => {
                ending.hurry();
                ending.wait_until_reported(REPORT_LIMIT);
            }
        }
    };
    let end = |signal: Signal| {
        signal.raise();
        last_word::leave(ExitStatus::of(&Outcome::Interrupted(signal)).code())
    };
    interrupt::watch(first, end)
        .map_err(|error| Error::runner("signals cannot be waited for").caused_by(error))
}

/// Writes what there is to write where the run's thread cannot go on.
///
/// # Errors
///
/// `Runner` where the machine has no thread to spare.
pub(super) fn emergency(record: &Record, ending: &Ending) -> Result<(), Error> {
    let (record, ending) = (record.clone(), ending.clone());
    let end = move |cause: Cause| {
        // A run that is over may run out of memory while it reports its outcome.
        if ending.claim() != Err(Taken::FromOutside) {
            let outcome = Outcome::of_emergency(cause);
            let failures = write_last(&record, &outcome);
            let terms = last_word::without_stack(&record.terms);
            last_word::end_with(&outcome, &terms, record.stats(None).as_ref(), &failures)
        }
    };
    emergency::watch(end).map_err(|error| {
        Error::runner("--report, --stats and --trace need a thread").caused_by(error)
    })
}

/// Waits until the thread of a run that is over ends the process, or does not come to it.
fn wait_for_run(ending: &Ending) {
    if ending.wait_until_reported(REPORT_LIMIT) {
        thread::sleep(FINISH_LIMIT);
    }
}

/// Ends the trace and writes the report, and returns what failed.
fn write_last(record: &Record, outcome: &Outcome) -> Vec<Error> {
    let mut failures = Vec::new();
    if let Some(trace) = record.trace.clone() {
        // A trace that takes no more is of no use to wait for.
        let _ = last_word::without_waiting(last_word::PATIENCE, {
            let trace = trace.clone();
            move || trace.finish()
        });
        failures.extend(trace.written().err());
    }
    if let Some(path) = record.path() {
        let written = last_word::without_waiting(WRITE_LIMIT, {
            let (record, outcome) = (record.clone(), outcome.clone());
            move || record.write(&outcome, None, None)
        });
        let unwritten = |error: io::Error| {
            let path = path.display();
            match error.kind() {
                io::ErrorKind::TimedOut => Error::runner(format!(
                    "cannot write the report to {path} within {} s",
                    WRITE_LIMIT.as_secs()
                )),
                _ => Error::runner(format!("cannot write the report to {path}")).caused_by(error),
            }
        };
        failures.extend(written.map_err(unwritten).and_then(|written| written).err());
    }
    failures
}
