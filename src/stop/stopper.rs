//! Ends the run at the deadline, a signal or an emergency, each from its own thread. The run's thread may be blocked
//! meanwhile, so every wait for it has a timeout.

use super::request::{GuestThread, StopReason};
use super::signals::{self, Signal};
use super::{ClaimedBy, Emergency, ExitClaim, deadline, emergency_exit, exit_now};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// How long the run's thread may take to print and report the outcome. Its own timeouts are shorter, unless standard
/// error is a full pipe that no process reads.
const REPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the run's thread may take to exit after that.
const EXIT_TIMEOUT: Duration = Duration::from_secs(15);

/// Prints the outcome of a run that another thread ends, and writes its report, within bounded time.
pub trait FinalReport: Clone + Send + 'static {
    /// Reports a stopped run and returns the exit status.
    fn report_stop(&self, reason: StopReason) -> i32;

    /// Reports a run whose thread cannot continue and returns the exit status.
    fn report_emergency(&self, emergency: Emergency) -> i32;

    /// The exit status for a signal that does not end the process itself.
    fn signal_status(signal: Signal) -> i32;
}

/// Ends a run from another thread.
#[derive(Clone)]
pub struct Stopper<R> {
    claim: ExitClaim,
    /// The guest's thread, if the module is instrumented, so that the run can end with a call stack.
    guest: Option<GuestThread>,
    report: R,
}

impl<R: FinalReport> Stopper<R> {
    /// Creates a stopper that shares `claim` with the run's thread. `guest` is that thread, if the module is
    /// instrumented, so that the run can end with a call stack.
    pub fn new(claim: ExitClaim, guest: Option<GuestThread>, report: R) -> Self {
        Self {
            claim,
            guest,
            report,
        }
    }

    /// Ends the run `timeout` after `started`.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub fn stop_at_deadline(&self, started: Instant, timeout: Duration) -> io::Result<()> {
        let stopper = self.clone();
        deadline::set(started, timeout, move || stopper.stop_for_deadline())
    }

    /// Ends the run at a signal.
    ///
    /// # Errors
    ///
    /// If the handlers cannot be installed or the thread cannot be started.
    pub fn stop_at_signals(&self) -> io::Result<()> {
        let stopper = self.clone();
        let end = |signal: Signal| {
            signal.raise();
            exit_now(R::signal_status(signal))
        };
        signals::watch(move |signal| stopper.stop_for_signal(signal), end)
    }

    /// Reports and ends the run when its thread is out of native stack or memory.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started or its reserve cannot be mapped.
    pub fn stop_at_emergency(&self) -> io::Result<()> {
        let stopper = self.clone();
        emergency_exit::watch(move |emergency| stopper.stop_for_emergency(emergency))
    }

    fn stop_for_deadline(&self) {
        self.request_stop(StopReason::Deadline);
        match self.claim.claim() {
            Ok(()) => exit_now(self.report.report_stop(StopReason::Deadline)),
            Err(ClaimedBy::Run { status }) => {
                self.wait_for_exit();
                exit_now(status)
            }
            Err(ClaimedBy::Stop) => {}
        }
    }

    /// Reports the run. The caller then ends the process by the signal.
    fn stop_for_signal(&self, signal: Signal) {
        let was_running = self.claim.is_open();
        self.request_stop(StopReason::Signal(signal));
        match self.claim.claim() {
            Ok(()) => {
                self.report.report_stop(StopReason::Signal(signal));
            }
            // The stop request ended the run. Its thread reports the outcome and then raises the signal.
            Err(_) if was_running => self.wait_for_exit(),
            // The run ended before the signal. Its thread must now only report the outcome.
            Err(_) => {
                self.claim.hurry();
                self.claim.wait_until_reported(REPORT_TIMEOUT);
            }
        }
    }

    fn stop_for_emergency(&self, emergency: Emergency) {
        // A finished run may run out of memory while it reports its outcome, so a claim by the run is ignored.
        if self.claim.claim() != Err(ClaimedBy::Stop) {
            exit_now(self.report.report_emergency(emergency))
        }
    }

    fn request_stop(&self, reason: StopReason) {
        if let Some(guest) = self.guest {
            guest.request_stop(reason, &self.claim);
        }
    }

    /// Waits for the thread of a finished run to end the process. Returns after a timeout.
    fn wait_for_exit(&self) {
        if self.claim.wait_until_reported(REPORT_TIMEOUT) {
            thread::sleep(EXIT_TIMEOUT);
        }
    }
}
