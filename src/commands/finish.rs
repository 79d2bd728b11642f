//! What is printed and written after a run. The outcome comes first, within bounded time; what takes long follows.

use super::diagnostics::{PendingReports, StackReport};
use super::hints;
use super::pending_diagnostics;
use super::record::Record;
use crate::cli::Run;
use crate::console;
use crate::error::Error;
use crate::guest::Outcome;
use crate::report::atomic_file::OutputFile;
use crate::report::{self, ExitStatus};
use crate::size::Size;
use crate::stop::ExitClaim;

/// The share of the garbage collector in the work from which a larger heap is worth a hint, in percent.
const MIN_HINTED_PERCENT: u64 = 34;

/// The smallest and the largest heap to hint at, in bytes.
const MIN_HINTED_HEAP: u64 = 4 << 20;
const MAX_HINTED_HEAP: u64 = 1 << 30;

/// A run that has ended.
pub(super) struct Finished<'r> {
    pub(super) options: &'r Run,
    pub(super) record: &'r Record,
    pub(super) claim: &'r ExitClaim,
    pub(super) outcome: Outcome,
    pub(super) fuel_left: Option<u64>,
    /// The call stack and the profile, which are being made.
    pub(super) pending: Option<PendingReports>,
}

impl Finished<'_> {
    /// Prints and writes all that the options ask for. Returns the exit status.
    pub(super) fn report(mut self) -> ExitStatus {
        if matches!(self.outcome, Outcome::TimedOut | Outcome::Interrupted(_)) {
            console::set_nonblocking();
        }
        let pending = self.pending.as_ref();
        let stack = pending.and_then(|pending| pending.stack_with_outcome(self.claim));
        let is_late = stack.is_none() && self.pending.is_some();
        let mut errors = Vec::from_iter(self.report_outcome(stack));
        self.claim.set_reported();
        if is_late {
            errors.extend(self.report_late_stack());
        }
        let profile = self.record.profile.as_ref();
        errors.extend(profile.and_then(|profile| self.write_profile(profile)));
        let trace = self.record.trace.as_ref();
        if !matches!(self.outcome, Outcome::Failed(_)) {
            trace.iter().for_each(|trace| trace.begin());
        }
        errors.extend(trace.and_then(|trace| trace.written().err()));
        errors.iter().for_each(report::print_error);
        if let Outcome::Interrupted(signal) = self.outcome {
            signal.raise();
        }
        match errors.as_slice() {
            [] => ExitStatus::of(&self.outcome),
            _ => ExitStatus::RUNNER,
        }
    }

    /// Writes the report and prints the outcome, then its call stack, hints and counts.
    fn report_outcome(&mut self, stack: Option<StackReport>) -> Option<Error> {
        let (options, record) = (self.options, self.record);
        if let (Some(stack), Outcome::Trapped(trap)) = (&stack, &mut self.outcome)
            && stack.is_own_stack_full
        {
            trap.blame_own_stack();
        }
        let backtrace = stack.and_then(|stack| stack.backtrace);
        let backtrace = backtrace.as_ref();
        let fuel_used = self.fuel_used();
        let write = || record.write(&self.outcome, backtrace, fuel_used);
        let print = || report::print_outcome(&self.outcome, backtrace, &record.context);
        // Writing to a stream may block, so the outcome is printed first.
        let written = if record.is_replaceable() {
            let written = write();
            print();
            written
        } else {
            print();
            write()
        };
        hints::print(options, &self.outcome, record);
        print_stats(record, &self.outcome, fuel_used);
        written.err()
    }

    /// Prints a call stack that was not ready with the outcome, and adds it to the report.
    fn report_late_stack(&self) -> Option<Error> {
        let pending = self.pending.as_ref()?;
        match pending.late_stack(self.claim) {
            Some(stack) => {
                let backtrace = stack.backtrace?;
                report::print_late_backtrace(&backtrace, &self.record.context);
                let is_replaceable = self.record.is_replaceable();
                let write = || {
                    self.record
                        .write(&self.outcome, Some(&backtrace), self.fuel_used())
                };
                is_replaceable.then(write)?.err()
            }
            None => {
                report::print_warning(&format!("there is no call stack: {}", self.too_slow()));
                None
            }
        }
    }

    fn write_profile(&self, file: &OutputFile) -> Option<Error> {
        let profile = self.pending.as_ref()?.profile(self.claim);
        let unmade = |cause: anyhow::Error| Some(file.content_error(cause));
        match profile {
            Some(Ok(profile)) => {
                self.hint_at_heap(profile.collector_percent);
                file.write(&profile.content).err()
            }
            Some(Err(error)) => unmade(error.into()),
            None => unmade(anyhow::Error::msg(self.too_slow())),
        }
    }

    /// Prints a hint at a larger heap if the garbage collector, which runs less often then, did much of the work.
    fn hint_at_heap(&self, collector_percent: u64) {
        let size = self.record.peak_memory.bytes().saturating_mul(4);
        let heap = Size(
            size.next_power_of_two()
                .clamp(MIN_HINTED_HEAP, MAX_HINTED_HEAP),
        );
        if collector_percent >= MIN_HINTED_PERCENT
            && self.options.heap.is_none_or(|asked| asked < heap)
        {
            report::print_hint(&format!(
                "the garbage collector did {collector_percent} % of the work: try --heap {}MiB",
                heap.0 >> 20
            ));
        }
    }

    fn too_slow(&self) -> String {
        let (module, limit) = (
            &self.record.context.module,
            pending_diagnostics::TIMEOUT.as_secs(),
        );
        match self.claim.is_hurried() {
            true => format!("a signal came while the debug information of {module} was read"),
            false => {
                format!("reading the debug information of {module} took longer than {limit} s")
            }
        }
    }

    /// How much fuel the run has used, if it was counted.
    fn fuel_used(&self) -> Option<u64> {
        let fuel = self.options.fuel?;
        match self.outcome {
            Outcome::OutOfFuel => Some(fuel),
            _ => self.fuel_left.map(|left| fuel.saturating_sub(left)),
        }
    }
}

/// Prints the counts for `--stats`; without it, logs how the time was spent. A run that failed before the program was
/// started has neither.
fn print_stats(record: &Record, outcome: &Outcome, fuel_used: Option<u64>) {
    let Some(times) = record.phases.times() else {
        return;
    };
    if times.run.is_none() && matches!(outcome, Outcome::Failed(_)) {
        return;
    }
    match record.stats(fuel_used) {
        Some(stats) => report::print_stats(&stats),
        None => log::info!("the run took {}", report::time_text(&times)),
    }
}
