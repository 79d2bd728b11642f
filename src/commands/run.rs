//! `tinyrun run`: runs a module and returns the exit status.

use super::diagnostics::Diagnostics;
use super::finish::Finished;
use super::outputs::Outputs;
use super::path_lookup::{LookupRules, PathLookup};
use super::recording::Recording;
use super::results::Results;
use super::run_record::RunRecord;
use super::{environment, hints, logging, official_go_paths, plan, progress, stop_threads};
use crate::cli::Run;
use crate::error::Error;
use crate::guest::{self, DEFAULT_STACK, Instrumentation, InvocationResult, RunResult};
use crate::host::trace::CallObserver;
use crate::host::{Host, HostConfig, Limits};
use crate::module::{self, LoadedParts, Module};
use crate::native_heap;
use crate::report::{self, BacktraceDepth, ExitStatus, RunContext};
use crate::stop::{self, ExitClaim, emergency_exit, fault_handler};
use crate::temporary_dir::TemporaryDir;
use std::sync::Arc;
use std::time::Instant;

/// Runs a module. `started` is when the process started.
pub(super) fn run(options: &Run, started: Instant) -> ExitStatus {
    logging::start(options);
    let diagnostics = Diagnostics::of(options);
    let context = context(options, &diagnostics);
    prepare_process(&context);
    let outputs = match Outputs::open(options) {
        Ok(outputs) => outputs,
        Err(errors) => {
            errors.iter().for_each(report::print_error);
            return ExitStatus::COMMAND_LINE;
        }
    };
    let record = Arc::new(RunRecord::new(context, outputs, started));
    let claim = ExitClaim::default();
    let Execution {
        mut result,
        program,
    } = create_temporary_dir(options, &record)
        .and_then(|()| stop_threads::start(&record, &claim, &diagnostics, started))
        .and_then(|()| execute(options, &record, &diagnostics))
        .unwrap_or_else(Execution::failed);
    // Reporting the outcome may take time but no longer changes it.
    claim.claim_for_run(ExitStatus::of(&result.outcome).code());
    let symbolizer = program.and_then(|(module, recording)| {
        diagnostics.symbolize(recording, &mut result, module, options.module())
    });
    let finished = Finished {
        options,
        record: &record,
        claim: &claim,
        outcome: result.outcome,
        fuel_left: result.fuel_left,
        symbolizer,
    };
    let status = finished.report();
    match record.temporary_dir.get().map(TemporaryDir::remove) {
        Some(Err(error)) => {
            report::print_error(&error);
            ExitStatus::RUNNER
        }
        _ => status,
    }
}

/// Creates the directory of `--tmp`. This must precede the start of threads.
fn create_temporary_dir(options: &Run, record: &RunRecord) -> Result<(), Error> {
    if options.tmp {
        let directory = TemporaryDir::create(&environment::temporary_directory())?;
        record.temporary_dir.get_or_init(|| directory);
    }
    Ok(())
}

/// The values that messages about the run contain.
fn context(options: &Run, diagnostics: &Diagnostics) -> RunContext {
    RunContext {
        module: module::name_of(options.module()),
        max_stack: options.max_stack.unwrap_or(DEFAULT_STACK),
        fuel: options.fuel,
        timeout: options.timeout,
        backtrace_hint: diagnostics.backtrace_hint(),
        depth: if options.verbose {
            BacktraceDepth::Runtime
        } else {
            BacktraceDepth::Program
        },
    }
}

/// Sets up the state of the process: the allocator, the emergency exit and the signal handlers.
fn prepare_process(context: &RunContext) {
    native_heap::keep_blocks();
    emergency_exit::prepare(report::prepared_exits(context));
    fault_handler::install();
    stop::ignore_sigxfsz();
}

/// A run that has ended.
struct Execution {
    result: RunResult,
    /// The module and the recording of its run; `None` if the run failed earlier.
    program: Option<(Arc<Module>, Option<Recording>)>,
}

impl Execution {
    fn failed(error: Error) -> Self {
        Self {
            result: RunResult::failed(error),
            program: None,
        }
    }
}

/// Loads the module, creates its host and runs it.
fn execute(
    options: &Run,
    record: &RunRecord,
    diagnostics: &Diagnostics,
) -> Result<Execution, Error> {
    progress::show_loading(options.module(), &options.calls);
    let (plan, mut config) = plan::plan(options, &record.phases)?;
    let module = module::load(options.module(), needed_parts(options, diagnostics))
        .map_err(|error| hints::explain_module(error, options))?;
    progress::show_preparing(options.module());
    hints::note_misplaced_call(options, &module, record);
    log::info!("loaded {}, {} bytes", module.name, module.wasm.len());
    let limits = Limits::new(options.max_memory, record.peak_memory.clone());
    let host = open_host(&mut config, &module, limits, record)?;
    let mut results = record
        .results_file
        .clone()
        .map_or(Results::Stdout, Results::File);
    let mut on_result = |result: InvocationResult| {
        results.write(&result.results)?;
        record.add(result);
        Ok(())
    };
    let mut recording = diagnostics.instrument(&module, &plan)?;
    let mut module = Arc::new(module);
    if let Some(source) = diagnostics.stack_source(recording.as_ref(), &module, options.module()) {
        record.stack_source.get_or_init(|| source);
    }
    let run = |instrumentation: Option<Instrumentation<'_>>| {
        guest::run(&mut module, host, &plan, instrumentation, &mut on_result)
    };
    let result = match &mut recording {
        Some(recording) => recording.run(run),
        None => run(None),
    };
    if let Some(count) = result.collections {
        record.collections.get_or_init(|| count);
    }
    Ok(Execution {
        result,
        program: Some((module, recording)),
    })
}

/// The parts of the module that are needed before the run. Calls and coverage need the debug information, and counting
/// collections needs the names.
fn needed_parts(options: &Run, diagnostics: &Diagnostics) -> LoadedParts {
    if options.calls.is_empty() && !diagnostics.need_all_parts() {
        LoadedParts::Program
    } else {
        LoadedParts::All
    }
}

/// Creates the host with its mounts. How the program resolves paths depends on its compiler.
fn open_host(
    config: &mut HostConfig,
    module: &Module,
    limits: Limits,
    record: &RunRecord,
) -> Result<Host, Error> {
    let temporary_dir = record.temporary_dir.get();
    config.mounts.extend(temporary_dir.map(TemporaryDir::mount));
    let lookup = PathLookup {
        rules: LookupRules::of(module),
        mounts: config.mounts.clone(),
        pwd: config.variable("PWD").map(str::to_owned),
    };
    if lookup.rules == LookupRules::Go {
        official_go_paths::make_absolute(&mut config.mounts, lookup.pwd.as_deref());
    }
    let mut host = Host::new(config, limits)?;
    host.observer = CallObserver {
        trace: record.trace.clone(),
        counts: record.call_counts.clone(),
    };
    // It is set once.
    let _ = record.lookups.set((lookup, host.failed_lookups()));
    Ok(host)
}
