//! The end of a run: its outcome is printed and reported first, within bounded time, and what takes long
//! follows.

use super::hints;
use super::insight::{StackFound, Symbols};
use super::record::Record;
use super::symbols;
use crate::cli::Run;
use crate::console;
use crate::error::Error;
use crate::guest::Outcome;
use crate::report::atomic_file::OutputFile;
use crate::report::{self, ExitStatus};
use crate::size::Size;
use crate::stop::ExitClaim;

/// From which share of the work on the collector is worth a hint, in percent.
const MIN_HINTED_PERCENT: u64 = 34;

/// The smallest and the largest heap that is hinted at, in bytes.
const MIN_HINTED_HEAP: u64 = 4 << 20;
const MAX_HINTED_HEAP: u64 = 1 << 30;

/// A run that is over.
pub(super) struct Finished<'r> {
    pub(super) options: &'r Run,
    pub(super) record: &'r Record,
    pub(super) claim: &'r ExitClaim,
    pub(super) outcome: Outcome,
    pub(super) fuel_left: Option<u64>,
    /// What is being read for the call stack and the profile.
    pub(super) symbols: Option<Symbols>,
}

impl Finished<'_> {
    /// Prints and writes all that was asked for, and returns the exit status.
    pub(super) fn report(mut self, profile: Option<&OutputFile>) -> ExitStatus {
        if matches!(self.outcome, Outcome::TimedOut | Outcome::Interrupted(_)) {
            console::set_nonblocking();
        }
        let symbols = self.symbols.as_ref();
        let stack = symbols.and_then(|symbols| symbols.stack_in_time(self.claim));
        let is_late = stack.is_none() && self.symbols.is_some();
        let mut failures = Vec::from_iter(self.report_outcome(stack));
        self.claim.set_reported();
        if is_late {
            failures.extend(self.report_late_stack());
        }
        failures.extend(profile.and_then(|profile| self.write_profile(profile)));
        let trace = self.record.trace.as_ref();
        if !matches!(self.outcome, Outcome::Failed(_)) {
            trace.iter().for_each(|trace| trace.begin());
        }
        failures.extend(trace.and_then(|trace| trace.written().err()));
        failures.iter().for_each(report::print_error);
        if let Outcome::Interrupted(signal) = self.outcome {
            signal.raise();
        }
        match failures.as_slice() {
            [] => ExitStatus::of(&self.outcome),
            _ => ExitStatus::RUNNER,
        }
    }

    /// Writes the report and prints the outcome with its call stack, hints and counts below it.
    fn report_outcome(&mut self, stack: Option<StackFound>) -> Option<Error> {
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
        // A file is written at once; a stream may wait for its reader.
        let written = if record.is_replaceable() {
            let written = write();
            print();
            written
        } else {
            print();
            write()
        };
        hints::print(options, &self.outcome, record);
        sum_up(record, &self.outcome, fuel_used);
        written.err()
    }

    /// Prints a call stack that was not read in time to be printed with the outcome, and adds it to the report.
    fn report_late_stack(&self) -> Option<Error> {
        let symbols = self.symbols.as_ref()?;
        match symbols.late_stack(self.claim) {
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
                report::print_warning(&format!("gave up the call stack: {}", self.too_slow()));
                None
            }
        }
    }

    fn write_profile(&self, file: &OutputFile) -> Option<Error> {
        let profile = self.symbols.as_ref()?.profile(self.claim);
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

    /// A larger heap is collected less often.
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
        let (module, limit) = (&self.record.context.module, symbols::LIMIT.as_secs());
        match self.claim.is_hurried() {
            true => format!("a signal came while the debug information of {module} was read"),
            false => {
                format!("reading the debug information of {module} took longer than {limit} s")
            }
        }
    }

    /// How much fuel the run has used, where that is known.
    fn fuel_used(&self) -> Option<u64> {
        let fuel = self.options.fuel?;
        match self.outcome {
            Outcome::OutOfFuel => Some(fuel),
            _ => self.fuel_left.map(|left| fuel.saturating_sub(left)),
        }
    }
}

/// Prints the counts where they were asked for, and else logs where the time went: of a run that was no
/// failure from the start.
fn sum_up(record: &Record, outcome: &Outcome, fuel_used: Option<u64>) {
    let Some(spent) = record.stages.spent() else {
        return;
    };
    if spent.run.is_none() && matches!(outcome, Outcome::Failed(_)) {
        return;
    }
    match record.stats(fuel_used) {
        Some(stats) => report::print_stats(&stats),
        None => log::info!("the run took {}", report::time_text(&spent)),
    }
}
