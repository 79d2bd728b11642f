//! `tinyrun run`: from the options to the exit status, along the road.

use super::finish::Finished;
use super::insight::{Insight, Symbols};
use super::logging::{self, Verbosity};
use super::lookup::{Lookup, Rules};
use super::outputs::Outputs;
use super::record::Record;
use super::{go_names, hints, settle};
use crate::cli::Run;
use crate::error::Error;
use crate::guest::{self, CallResult, DEFAULT_STACK, Ended, Outcome, Pace, native_heap};
use crate::host::watch::Watch;
use crate::host::{Host, Limits, World, file_size};
use crate::module::{self, Module, Part};
use crate::report::{self, BacktraceDepth, ExitStatus, RunContext};
use crate::stop::{self, ExitClaim, GuestThread, Stopper, emergency_exit, fault_handler};
use std::time::Instant;

/// Runs a module as `options` say.
pub(super) fn run(options: &Run, started: Instant) -> ExitStatus {
    logging::start(match options.verbose {
        true => Verbosity::Verbose,
        false => Verbosity::Quiet,
    });
    let insight = Insight::of(options);
    let context = RunContext {
        module: module::name_of(options.module()),
        max_stack: options.max_stack.unwrap_or(DEFAULT_STACK),
        fuel: options.fuel,
        timeout: options.timeout,
        backtrace_hint: insight.backtrace_hint(),
        depth: match options.verbose {
            true => BacktraceDepth::Runtime,
            false => BacktraceDepth::Program,
        },
    };
    native_heap::keep_blocks();
    emergency_exit::prepare(report::prepared_exits(&context));
    fault_handler::install();
    file_size::report_excess();
    let outputs = match Outputs::open(options) {
        Ok(outputs) => outputs,
        Err(failures) => {
            failures.iter().for_each(report::print_error);
            return ExitStatus::COMMAND_LINE;
        }
    };
    let record = Record::new(options, context, started, outputs.report, outputs.trace);
    let claim = ExitClaim::default();
    let ran = watch(&record, &claim, started, &insight)
        .and_then(|()| to_the_end(options, &record, &insight, &claim));
    let (ended, symbols) = ran.unwrap_or_else(|failure| {
        let ended = Ended::before_it_ran(failure);
        claim.claim_for_run(ExitStatus::of(&ended.outcome).code());
        (ended, None)
    });
    let finished = Finished {
        options,
        record: &record,
        claim: &claim,
        outcome: ended.outcome,
        fuel_left: ended.fuel_left,
        symbols,
    };
    finished.report(outputs.profile.as_ref())
}

/// The road, from the world that the guest may see to its end.
fn to_the_end(
    options: &Run,
    record: &Record,
    insight: &Insight,
    claim: &ExitClaim,
) -> Result<(Ended, Option<Symbols>), Error> {
    let progress = report::progress();
    let (plan, mut world) = settle::settle(options, &record.stages, progress)?;
    let path = options.module();
    // Only calls have a use for names and debug information before the run.
    let part = match options.calls.is_empty() {
        true => Part::Program,
        false => Part::Whole,
    };
    let mut module = module::load(path, part, progress)
        .map_err(|error| hints::explain_module(error, options))?;
    log::info!("loaded {}, {} bytes", module.name, module.wasm.len());
    let limits = Limits::new(options.max_memory, record.peak_memory.clone());
    let mut host = open_world(&mut world, &module, limits, record)?;
    host.watch = Watch {
        trace: record.trace.clone(),
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
    // How it ended is settled, however long it takes to report it.
    claim.claim_for_run(ExitStatus::of(&ended.outcome).code());
    let symbols = insight.symbols(tracking, &mut ended, module, path);
    Ok((ended, symbols))
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

/// Sets what may end the run from outside.
fn watch(
    record: &Record,
    claim: &ExitClaim,
    started: Instant,
    insight: &Insight,
) -> Result<(), Error> {
    // A run that goes in slices can end by itself, and its call stack is known then.
    let guest = (insight.pace() != Pace::Free).then(GuestThread::current);
    let stopper = Stopper::new(claim.clone(), guest, record.clone());
    let cannot = |what: &'static str| move |error| Error::runner(what).caused_by(error);
    if let Some(timeout) = record.context.timeout {
        stopper
            .stop_at_deadline(started, timeout)
            .map_err(cannot("--timeout needs a thread"))?;
    }
    if record.is_wanted() {
        stopper
            .stop_at_emergency()
            .map_err(cannot("--report, --stats and --trace need a thread"))?;
    }
    if record.is_wanted() || insight.is_wanted() || stop::is_first_process() {
        stop::exit_on_panic({
            let record = record.clone();
            move |panic| {
                let error = report::panic_error(panic);
                let _ = record.write(&Outcome::Failed(error.clone()), None, None);
                report::print_final_error(&error);
                ExitStatus::RUNNER.code()
            }
        });
        stopper
            .stop_at_signals()
            .map_err(cannot("signals cannot be waited for"))?;
    }
    Ok(())
}
