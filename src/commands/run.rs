//! `tinyrun run`: from the options to the exit status, along the road.

use super::analysis::Analysis;
use super::diagnostics::Diagnostics;
use super::finish::Finished;
use super::logging::{self, Verbosity};
use super::lookup::{Lookup, Rules};
use super::outputs::Outputs;
use super::record::Record;
use super::{go_names, hints, settle, watch};
use crate::cli::Run;
use crate::error::Error;
use crate::guest::deadline::GuestThread;
use crate::guest::ending::Ending;
use crate::guest::{self, CallResult, DEFAULT_STACK, Ended, Outcome, Pace, interrupt, native_heap};
use crate::host::watch::Watch;
use crate::host::{Host, Limits, World, file_size};
use crate::module::{self, Module, Part};
use crate::report::{self, Depth, ExitStatus, Terms, last_word};
use crate::stop::{emergency, native_stack};
use std::time::Instant;

/// Runs a module as `options` say.
pub(super) fn run(options: &Run, started: Instant) -> ExitStatus {
    logging::start(match options.verbose {
        true => Verbosity::Verbose,
        false => Verbosity::Quiet,
    });
    let diagnostics = Diagnostics::of(options);
    let terms = Terms {
        module: module::name_of(options.module()),
        max_stack: options.max_stack.unwrap_or(DEFAULT_STACK),
        fuel: options.fuel,
        timeout: options.timeout,
        stack: diagnostics.stack,
        depth: match options.verbose {
            true => Depth::Runtime,
            false => Depth::Program,
        },
    };
    native_heap::keep_blocks();
    emergency::prepare(last_word::exits(&terms));
    native_stack::guard();
    file_size::report_excess();
    let outputs = match Outputs::open(options) {
        Ok(outputs) => outputs,
        Err(failures) => {
            failures.iter().for_each(report::error);
            return ExitStatus::COMMAND_LINE;
        }
    };
    let record = Record::new(options, terms, started, outputs.report, outputs.trace);
    let ending = Ending::default();
    let ran = watch(&record, &ending, started, &diagnostics)
        .and_then(|()| to_the_end(options, &record, &diagnostics, &ending));
    let (ended, analysis) = ran.unwrap_or_else(|failure| {
        let ended = Ended::before_it_ran(failure);
        ending.settle(ExitStatus::of(&ended.outcome).code());
        (ended, None)
    });
    let finished = Finished {
        options,
        record: &record,
        ending: &ending,
        outcome: ended.outcome,
        fuel_left: ended.fuel_left,
        analysis,
    };
    finished.report(outputs.profile.as_ref())
}

/// The road, from the world that the guest may see to its end.
fn to_the_end(
    options: &Run,
    record: &Record,
    diagnostics: &Diagnostics,
    ending: &Ending,
) -> Result<(Ended, Option<Analysis>), Error> {
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
    let mut instrumented = diagnostics.instrument(&module, &plan)?;
    let mut ended = diagnostics.run(&mut instrumented, |track| {
        guest::run(&mut module, host, &plan, track, &mut on_result)
    });
    // How it ended is settled, however long it takes to report it.
    ending.settle(ExitStatus::of(&ended.outcome).code());
    let analysis = diagnostics.analyze(instrumented, &mut ended, module, path);
    Ok((ended, analysis))
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
    ending: &Ending,
    started: Instant,
    diagnostics: &Diagnostics,
) -> Result<(), Error> {
    // A run that goes in slices can end by itself, where its call stack is known.
    let guest = (diagnostics.pace() != Pace::Free).then(GuestThread::current);
    watch::deadline(record, ending, started, guest)?;
    if record.is_wanted() {
        watch::emergency(record, ending)?;
    }
    if record.is_wanted() || diagnostics.are_wanted() || interrupt::is_first_process() {
        last_word::on_panic({
            let record = record.clone();
            move |failure| drop(record.write(&Outcome::Failed(failure), None, None))
        });
        watch::signals(record, ending, guest)?;
    }
    Ok(())
}
