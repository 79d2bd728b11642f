//! Reports a run that has ended: first the outcome, within bounded time, then the call stack, the profile and the
//! coverage, which may take longer.

use super::coverage;
use super::hints;
use super::results;
use super::run_record::RunRecord;
use super::symbolizer::StackReport;
use super::symbolizer_thread::{self, SymbolizerThread};
use crate::cli::Run;
use crate::console;
use crate::error::Error;
use crate::guest::Outcome;
use crate::report::atomic_file::OutputFile;
use crate::report::{self, ExitStatus};
use crate::size::Size;
use crate::stop::ExitClaim;

/// The percentage of the work done by the garbage collector from which a larger heap is suggested.
const MIN_HINTED_PERCENT: u64 = 34;

/// The smallest and the largest heap that a hint suggests, in bytes.
const MIN_HINTED_HEAP: u64 = 4 << 20;
const MAX_HINTED_HEAP: u64 = 1 << 30;

/// A run that has ended.
pub(super) struct Finished<'r> {
    pub(super) options: &'r Run,
    pub(super) record: &'r RunRecord,
    pub(super) claim: &'r ExitClaim,
    pub(super) outcome: Outcome,
    pub(super) fuel_left: Option<u64>,
    /// The thread that computes the call stack, the profile and the coverage.
    pub(super) symbolizer: Option<SymbolizerThread>,
}

impl Finished<'_> {
    /// Prints and writes everything that the options request. Returns the exit status.
    pub(super) fn report(mut self) -> ExitStatus {
        if matches!(self.outcome, Outcome::TimedOut | Outcome::Interrupted(_)) {
            console::set_nonblocking();
        }
        let symbolizer = self.symbolizer.as_ref();
        let stack = symbolizer.and_then(|symbolizer| symbolizer.stack_with_outcome(self.claim));
        let is_late = stack.is_none() && self.symbolizer.is_some();
        let mut errors = Vec::from_iter(self.report_outcome(stack));
        self.claim.set_reported();
        if is_late {
            errors.extend(self.report_late_stack());
        }
        let profile = self.record.profile.as_ref();
        errors.extend(profile.and_then(|profile| self.write_profile(profile)));
        let coverage = self.record.coverage.as_ref();
        errors.extend(coverage.and_then(|coverage| self.write_coverage(coverage)));
        let trace = self.record.trace.as_ref();
        if !matches!(self.outcome, Outcome::Failed(_)) {
            trace.iter().for_each(|trace| trace.begin());
        }
        errors.extend(trace.and_then(|trace| trace.written().err()));
        if !matches!(self.outcome, Outcome::Failed(_)) {
            let results = self.record.results_file.as_ref();
            errors.extend(results.and_then(|file| results::begin(file).err()));
        }
        errors.iter().for_each(report::print_error);
        if let Outcome::Interrupted(signal) = self.outcome {
            signal.raise();
        }
        if errors.is_empty() {
            ExitStatus::of(&self.outcome)
        } else {
            ExitStatus::RUNNER
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
        let symbolizer = self.symbolizer.as_ref()?;
        match symbolizer.late_stack(self.claim) {
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
                report::print_warning(&format!(
                    "cannot print the call stack: {}",
                    self.delay_reason()
                ));
                None
            }
        }
    }

    fn write_profile(&self, file: &OutputFile) -> Option<Error> {
        let profile = self.symbolizer.as_ref()?.profile(self.claim);
        let unwritten = |cause: anyhow::Error| Some(file.content_error(cause));
        match profile {
            Some(Ok(profile)) => {
                self.hint_larger_heap(profile.collector_percent);
                file.write(&profile.content).err()
            }
            Some(Err(error)) => unwritten(error.into()),
            None => unwritten(anyhow::Error::msg(self.delay_reason())),
        }
    }

    fn write_coverage(&self, file: &OutputFile) -> Option<Error> {
        let format = self.options.coverage.as_ref()?.format;
        match self.symbolizer.as_ref()?.coverage(self.claim) {
            Some(Some(coverage)) => coverage::write(&coverage, file, format).err(),
            Some(None) => None,
            None => Some(file.content_error(anyhow::Error::msg(self.delay_reason()))),
        }
    }

    /// Suggests a larger heap if the garbage collector did much of the work and `--max-memory` allows that heap. The
    /// collector runs less often in a larger heap.
    fn hint_larger_heap(&self, collector_percent: u64) {
        let size = self.record.peak_memory.bytes().saturating_mul(4);
        let heap = Size(
            size.next_power_of_two()
                .clamp(MIN_HINTED_HEAP, MAX_HINTED_HEAP),
        );
        if collector_percent >= MIN_HINTED_PERCENT
            && self.options.heap.is_none_or(|current| current < heap)
            && self.options.max_memory.is_none_or(|limit| heap <= limit)
        {
            report::print_hint(&format!(
                "the garbage collector did {collector_percent} % of the work: try --heap {}MiB",
                heap.0 >> 20
            ));
        }
    }

    fn delay_reason(&self) -> String {
        let (module, limit) = (
            &self.record.context.module,
            symbolizer_thread::TIMEOUT.as_secs(),
        );
        if self.claim.is_hurried() {
            format!("a signal arrived while the debug information of {module} was read")
        } else {
            format!("reading the debug information of {module} took longer than {limit} s")
        }
    }

    /// The fuel that the run has used, if `--fuel` was given.
    fn fuel_used(&self) -> Option<u64> {
        let fuel = self.options.fuel?;
        match self.outcome {
            Outcome::OutOfFuel => Some(fuel),
            _ => self.fuel_left.map(|left| fuel.saturating_sub(left)),
        }
    }
}

/// Prints the counts for `--stats`; without it, logs the time of each phase. A run that failed before the program was
/// started has neither.
fn print_stats(record: &RunRecord, outcome: &Outcome, fuel_used: Option<u64>) {
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
