//! `tinyrun run`: from the options to the exit status, along the road.

use super::insight::{Insight, Seen};
use super::logging::{self, Verbosity};
use super::lookup::{Lookup, Rules};
use super::record::Record;
use super::{go_names, settle};
use crate::cli::{Run, slip};
use crate::error::{Error, Fault};
use crate::guest::deadline::GuestThread;
use crate::guest::ending::{Ending, Taken};
use crate::guest::interrupt::Signal;
use crate::guest::{
    self, CallResult, DEFAULT_STACK, Ended, Outcome, Pace, deadline, interrupt, native_heap,
    native_stack,
};
use crate::host::due::Why;
use crate::host::watch::{Timing, Trace, Watch};
use crate::host::{Host, Limits, World, file_size};
use crate::module::{self, Module, Part};
use crate::report::{self, Depth, ExitStatus, Terms, last_word};
use std::path::Path;
use std::time::Instant;

/// Runs a module as `options` say.
pub(super) fn run(options: &Run, started: Instant) -> ExitStatus {
    logging::start(match options.verbose {
        true => Verbosity::Verbose,
        false => Verbosity::Quiet,
    });
    let insight = Insight::of(options);
    let terms = Terms {
        module: module::name_of(options.module()),
        max_stack: options.max_stack.unwrap_or(DEFAULT_STACK),
        fuel: options.fuel,
        timeout: options.timeout,
        stack: insight.stack,
        depth: match options.verbose {
            true => Depth::Runtime,
            false => Depth::Program,
        },
    };
    native_heap::keep_blocks();
    native_stack::guard(ExitStatus::TRAPPED.code());
    file_size::report_excess();
    let record = Record::new(options, terms, started);
    let ending = Ending::default();

    let ended = watch(&record, &ending, started, insight.pace())
        .and_then(|()| to_the_end(options, &record, &insight, &ending));
    let (ended, seen) = match ended {
        Ok((ended, seen)) => (ended, seen),
        Err(failure) => {
            let ended = Ended::before_it_ran(failure);
            ending.settle(ExitStatus::of(&ended.outcome).code());
            (ended, Seen::default())
        }
    };
    let Ended {
        outcome, fuel_left, ..
    } = ended;
    let fuel_used = fuel_used(options, &outcome, fuel_left);
    let traced = record.trace().map_or(Ok(()), Trace::written);
    let backtrace = seen.backtrace.as_ref();
    let written = record.write(&outcome, backtrace, fuel_used);
    report::tell(&outcome, backtrace, &record.terms);
    if may_miss_an_option(&outcome) {
        hint_at_misplaced_option(options, &record.terms.module);
        record.mounts.print(options, &outcome);
    }
    sum_up(&record, &outcome, fuel_used);
    let written = written.and(traced).and(seen.written);
    if let Err(failure) = &written {
        report::error(failure);
    }
    match (written, &outcome) {
        (Err(failure), _) => ExitStatus::of_fault(failure.fault),
        (Ok(()), Outcome::Interrupted(signal)) => {
            signal.raise();
            ExitStatus::of(&outcome)
        }
        (Ok(()), _) => ExitStatus::of(&outcome),
    }
}

/// The road, from the world that the guest may see to its end.
fn to_the_end(
    options: &Run,
    record: &Record,
    insight: &Insight,
    ending: &Ending,
) -> Result<(Ended, Seen), Error> {
    if let Some(path) = &options.trace {
        record.trace_to(open_trace(path.as_deref(), options)?);
    }
    let progress = report::progress();
    let (plan, mut world) = settle::settle(options, &record.stages, progress)?;
    let path = options.module();
    // Only calls have a use for names and debug information before the run.
    let part = match options.calls.is_empty() {
        true => Part::Program,
        false => Part::Whole,
    };
    let mut module =
        module::load(path, part, progress).map_err(|error| explain_module(error, options))?;
    log::info!("loaded {}, {} bytes", module.name, module.wasm.len());
    let limits = Limits::new(options.max_memory, record.peak_memory.clone());
    let mut host = open_world(&mut world, &module, limits, record)?;
    host.watch = Watch {
        trace: record.trace().cloned(),
        tallies: record.tallies.clone(),
    };
    let mut on_result = |result: CallResult| {
        report::print_results(&result.results)?;
        record.add(result);
        Ok(())
    };
    let mut tracking = insight.rewrite(&module, &plan)?;
    let mut ended = insight.run(&mut tracking, |track| {
        guest::run(&mut module, host, &plan, track, &mut on_result)
    });
    // How it ended is settled, however long it takes to tell of it.
    ending.settle(ExitStatus::of(&ended.outcome).code());
    let seen = insight.tell(tracking.as_ref(), &mut ended, &module, path);
    Ok((ended, seen))
}

/// Opens the world to a module, whose compiler decides how it looks for paths.
fn open_world(
    world: &mut World,
    module: &Module,
    limits: Limits,
    record: &Record,
) -> Result<Host, Error> {
    let typed = Lookup {
        rules: Rules::of(module),
        mounts: world.mounts.clone(),
        pwd: world.variable("PWD").map(str::to_owned),
    };
    if typed.rules == Rules::Go {
        go_names::make_absolute(&mut world.mounts, typed.pwd.as_deref());
    }
    let host = Host::new(world, limits)?;
    record.mounts.watch(typed, host.missed_paths());
    Ok(host)
}

fn open_trace(path: Option<&Path>, options: &Run) -> Result<Trace, Error> {
    let timing = match options.verbose {
        true => Timing::Shown,
        false => Timing::Hidden,
    };
    Trace::to(path, timing)
}

/// Says the sums where they were asked for, and else where the time went: of a run that was no failure
/// from the start.
fn sum_up(record: &Record, outcome: &Outcome, fuel_used: Option<u64>) {
    let Some(spent) = record.stages.spent() else {
        return;
    };
    if spent.run.is_none() && matches!(outcome, Outcome::Failed(_)) {
        return;
    }
    match record.stats(fuel_used) {
        Some(stats) => report::tell_stats(&stats),
        None => log::info!("the run took {}", report::time_in_words(&spent)),
    }
}

/// Sets what may end the run from outside: the deadline, and signals where there is a report to write
/// before they do their work.
fn watch(record: &Record, ending: &Ending, started: Instant, pace: Pace) -> Result<(), Error> {
    // A run that goes in slices can end by itself, and tell where it was.
    let guest = (pace != Pace::Free).then(GuestThread::current);
    if let Some(limit) = record.terms.timeout {
        let (record, ending) = (record.clone(), ending.clone());
        let end = move || {
            if let Some(guest) = guest {
                guest.ask_to_end(Why::Time, &ending);
            }
            match ending.claim() {
                Ok(()) => {
                    let outcome = write_last(&record, Outcome::TimedOut);
                    last_word::end_with(&outcome, &record.terms, record.stats(None).as_ref())
                }
                Err(Taken::ByRun { status }) => last_word::leave_soon(status),
                Err(Taken::FromOutside) => {}
            }
        };
        deadline::set(started, limit, end)
            .map_err(|error| Error::runner("--timeout needs a thread").detail(error))?;
    }
    if record.is_wanted() || guest.is_some() || interrupt::is_first_process() {
        last_word::on_panic({
            let record = record.clone();
            move |failure| drop(record.write(&Outcome::Failed(failure), None, None))
        });
        let (record, ending) = (record.clone(), ending.clone());
        let first = move |signal: Signal| {
            if let Some(guest) = guest {
                guest.ask_to_end(Why::Signal(signal.number()), &ending);
            }
            match ending.claim() {
                Ok(()) => {
                    write_last(&record, Outcome::Interrupted(signal));
                    record.stats(None).iter().for_each(last_word::tell_stats);
                }
                // The run is about to end the process, and may be writing its own report.
                Err(_) => last_word::be_patient(),
            }
        };
        let end = |signal: Signal| {
            signal.raise();
            last_word::leave(ExitStatus::of(&Outcome::Interrupted(signal)).code())
        };
        interrupt::watch(first, end)
            .map_err(|error| Error::runner("signals cannot be waited for").detail(error))?;
    }
    Ok(())
}

/// Ends the trace and writes the report from outside the run's thread, where nothing may wait for long, and answers with
/// the outcome: the same, unless the report could not be written.
fn write_last(record: &Record, outcome: Outcome) -> Outcome {
    if let Some(trace) = record.trace().cloned() {
        last_word::without_waiting(move || trace.finish());
    }
    let written = last_word::without_waiting({
        let (record, outcome) = (record.clone(), outcome.clone());
        move || record.write(&outcome, None, None)
    });
    match written {
        Some(Ok(())) => outcome,
        Some(Err(failure)) => Outcome::Failed(failure),
        None if record.is_reported() => Outcome::Failed(Error::runner(
            "the report cannot be written: nobody takes it",
        )),
        None => outcome,
    }
}

/// How much fuel a run has used, where that is known.
fn fuel_used(options: &Run, outcome: &Outcome, left: Option<u64>) -> Option<u64> {
    let given = options.fuel?;
    match outcome {
        Outcome::OutOfFuel => Some(given),
        _ => left.map(|left| given.saturating_sub(left)),
    }
}

/// A MODULE that is not there and reads like a command was most likely meant as one, and one behind a bare
/// `--trace` as its file.
fn explain_module(error: Error, options: &Run) -> Error {
    let typed = options.module().to_str().unwrap_or_default();
    if options.trace == Some(None) && !options.args().is_empty() {
        return error.hint(format!(
            "--trace takes a file as --trace={typed}; else what comes first without an option is MODULE"
        ));
    }
    if error.fault != Fault::NotFound {
        return error;
    }
    match (typed, slip::nearest_command(typed)) {
        ("help", _) => error.hint("for help, type: tinyrun --help"),
        (_, Some(command)) if command == typed => error.hint(format!(
            "options come after the word {typed}: tinyrun {typed} [OPTIONS] ..."
        )),
        // A hint that is there knows better: what was meant is a file.
        (_, Some(command)) if error.hint.is_none() => {
            error.hint(format!("there is the command {command}"))
        }
        _ => error,
    }
}

/// An option of ours among the program's arguments is most likely there by mistake.
fn hint_at_misplaced_option(options: &Run, name: &str) {
    if let Some(option) = slip::misplaced_option(options.args()) {
        report::hint(&format!(
            "{option} was typed after {name}, so it went to the program; tinyrun's own options come before"
        ));
    }
}

/// Whether a run that ended so may have ended so for want of an option.
fn may_miss_an_option(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Returned | Outcome::Exited(0) | Outcome::BrokenPipe => false,
        Outcome::Failed(failure) => failure.fault != Fault::NotFound,
        _ => true,
    }
}
