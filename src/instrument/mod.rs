//! Rewrites a module so that it records its execution. wasmparser reads the module, wasm-encoder encodes the additions,
//! and everything else is copied as bytes.
//!
//! There are six instruments. A [shadow stack](shadow_stack) records the position in each active function, a
//! [counter](collections) counts garbage collections, [calls](allocations) report allocations, [others](unwinds)
//! that the stack is unwound, and [counters](coverage) count how often lines run. In official Go's programs, [globals](resumption) record where goroutines are resumed. The
//! instruments add items to [`additions`] and code to a function's [`edit`].
//!
//! Items are added after the module's own, so that no index changes. Sites have the offsets of the original code, so
//! that debug information stays valid. Custom sections are dropped. For TinyGo, an instrumented run takes 10 % longer on
//! average, and a module with 200 KB of code takes about 6 ms longer to load.

mod additions;
mod allocations;
mod collections;
mod control_flow;
mod coverage;
mod edit;
mod flow_operator;
mod function;
mod go_callers;
mod go_code;
mod go_flow;
mod go_sites;
mod original;
mod regions;
mod resumption;
mod shadow_stack;
mod sites;
mod slot_range;
mod unwinds;
mod write;

pub use allocations::{AllocationCalls, SizeArgument};
pub use coverage::LineCounters;
pub use go_callers::{GoCallers, GoFrame};
pub use go_code::GoJumps;
pub use go_sites::GoSites;
pub use resumption::ResumptionExports;
pub use shadow_stack::SLOT_BYTES;
pub use sites::{Site, SiteKind, SiteTable};

use crate::module::{CodeLines, Module};
use additions::Additions;
use allocations::AllocationInstrument;
use collections::CollectionCounter;
use coverage::CoverageInstrument;
use edit::FunctionEdit;
use go_code::GoInstrument;
use original::OriginalModule;
use shadow_stack::ShadowStackInstrument;
use std::fmt;
use std::sync::Arc;
use unwinds::UnwindInstrument;
use wasm_encoder::ExportKind;
use wasmparser::BinaryReaderError;

/// What an instrumented module records.
#[derive(Clone, Copy, Debug)]
pub struct Instruments<'a> {
    /// The stacks that are recorded, if there are any.
    pub stacks: Option<RecordedStacks>,
    /// The events that are counted.
    pub counted: CountedEvents,
    /// The lines whose runs are counted.
    pub coverage: Option<&'a CodeLines>,
}

/// How a module records its call stack.
#[derive(Clone, Copy, Debug)]
pub struct RecordedStacks {
    /// The maximum number of active functions.
    pub max_frames: u64,
    /// Must be `Recorded` if the stack is read at any point of the run, and not only after a call that does not return.
    pub jumps: GoJumps,
}

/// A module that records its execution.
#[derive(Debug)]
pub struct InstrumentedModule {
    /// The instrumented module.
    pub wasm: Vec<u8>,
    /// The names of the exports that were added.
    pub exports: AddedExports,
    /// The sites that slots refer to.
    pub sites: Arc<SiteTable>,
    /// The counters of lines, if there are any.
    pub counters: Option<LineCounters>,
    /// Finds the callers on Go's own stack, if official Go compiled the module.
    pub go_callers: Option<Arc<GoCallers>>,
}

/// The names of the exports that instrumentation adds.
#[derive(Clone, Debug)]
pub struct AddedExports {
    /// The shadow stack, if the module keeps one.
    pub shadow_stack: Option<ShadowStackExports>,
    /// The module's start function, if it has one. It is exported so that the runner can call it like other functions,
    /// and does not run at instantiation.
    pub start: Option<String>,
    /// The global that may have the address of the module's own stack in linear memory.
    pub stack_pointer: Option<String>,
    /// The globals that describe the last resumption of a goroutine, if official Go compiled the module.
    pub resumption: Option<ResumptionExports>,
    /// The `i32` global that holds the number of garbage collections, if they are counted.
    pub collections: Option<String>,
    /// The calls that report allocations, if they are reported.
    pub allocations: Option<AllocationCalls>,
    /// The table for the function that is called before the stack is unwound. The function has no parameters and no
    /// results, and must be set before the module runs. `None` if the module does not unwind its stack.
    pub unwinds: Option<String>,
}

/// The names of the exports of the shadow stack.
#[derive(Clone, Debug)]
pub struct ShadowStackExports {
    /// The memory with the slots.
    pub slots: String,
    /// The global with the address of the first free slot.
    pub top: String,
    /// The maximum size of the memory, in bytes. It identifies this memory, since no other one has the same maximum.
    pub memory_maximum: u64,
}

/// The events that are counted, if the module's function names show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedEvents {
    /// Garbage collections.
    pub collections: Counting,
    /// Allocations.
    pub allocations: Counting,
}

/// Whether events are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// They are not.
    Off,
    /// They are.
    On,
}

/// The reason why a module cannot be instrumented.
#[derive(Clone, Debug)]
pub enum InstrumentError {
    /// wasmparser cannot read the module.
    Malformed(BinaryReaderError),
    /// The module uses a feature that the engine does not support either.
    Unsupported(&'static str),
}

impl fmt::Display for InstrumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "cannot read the module: {error}"),
            Self::Unsupported(feature) => write!(f, "{feature} is not supported"),
        }
    }
}

impl std::error::Error for InstrumentError {}

impl From<BinaryReaderError> for InstrumentError {
    fn from(error: BinaryReaderError) -> Self {
        Self::Malformed(error)
    }
}

/// Instruments a module that is linked to the modules in `linked`.
///
/// The module must be valid: an invalid index could refer to an added item.
///
/// # Errors
///
/// The reason why the module cannot be instrumented.
pub fn instrument(
    module: &Module,
    linked: &[&Module],
    instruments: Instruments<'_>,
) -> Result<InstrumentedModule, InstrumentError> {
    let original = OriginalModule::read(&module.wasm)?;
    let mut memory_maxima = original.memory_maxima.clone();
    for other in linked {
        memory_maxima.extend(OriginalModule::read(&other.wasm)?.memory_maxima);
    }
    let mut additions = Additions::new(&original);
    let shadow_stack = instruments.stacks.as_ref().map(|stacks| {
        ShadowStackInstrument::add_to(&mut additions, &memory_maxima, stacks.max_frames)
    });
    let go = shadow_stack.as_ref().zip(instruments.stacks.as_ref());
    let go = go.and_then(|(stack, RecordedStacks { jumps, .. })| {
        GoInstrument::add_to(&mut additions, &original, module, stack, *jumps)
    });
    let names = || function_names(module, &original, go.as_ref());
    let events = EventInstruments {
        unwinds: UnwindInstrument::add_to(&mut additions, module)
            .filter(|_| shadow_stack.is_some()),
        ..EventInstruments::add_to(&mut additions, &original, names, instruments.counted)
    };
    let mut coverage = instruments.coverage.map(CoverageInstrument::new);
    let instrument = FunctionInstruments {
        shadow_stack: shadow_stack.as_ref(),
        events: &events,
        go: go.as_ref(),
        coverage: coverage.as_mut(),
    };
    let (code, sites) = function::instrument_all(&original, instrument, &mut additions)?;
    let resumption = go.as_ref().and_then(|go| go.export(&mut additions));
    let exports = AddedExports {
        resumption,
        ..add_exports(&original, shadow_stack.as_ref(), events, &mut additions)
    };
    let counters = coverage.map(|coverage| coverage.export(&mut additions));
    Ok(InstrumentedModule {
        wasm: write::module(&original, &additions, &code)?,
        exports,
        go_callers: go.map(|go| go.callers(&sites.go).into()),
        sites: sites.into(),
        counters,
    })
}

/// The instruments that add code to functions.
struct FunctionInstruments<'a, 'm> {
    shadow_stack: Option<&'a ShadowStackInstrument>,
    events: &'a EventInstruments,
    /// Present if official Go compiled the module.
    go: Option<&'a GoInstrument<'m>>,
    coverage: Option<&'a mut CoverageInstrument<'m>>,
}

/// The indices and names of functions: those in the name section, or else those in Go's function table.
fn function_names<'m>(
    module: &'m Module,
    original: &OriginalModule<'_>,
    go: Option<&'m GoInstrument<'m>>,
) -> Vec<(u32, &'m str)> {
    let names: Vec<_> = module.function_names().collect();
    match go {
        Some(go) if names.is_empty() => go.function_names(original).collect(),
        _ => names,
    }
}

/// The instruments that count or report events.
struct EventInstruments {
    collections: Option<CollectionCounter>,
    allocations: Option<AllocationInstrument>,
    unwinds: Option<UnwindInstrument>,
}

impl EventInstruments {
    fn add_to<'n>(
        additions: &mut Additions,
        original: &OriginalModule<'_>,
        names: impl Fn() -> Vec<(u32, &'n str)>,
        counted: CountedEvents,
    ) -> Self {
        let collections = match counted.collections {
            Counting::Off => None,
            Counting::On => CollectionCounter::add_to(additions, original, names().into_iter()),
        };
        let allocations = match counted.allocations {
            Counting::Off => None,
            Counting::On => AllocationInstrument::add_to(additions, original, names().into_iter()),
        };
        Self {
            collections,
            allocations,
            unwinds: None,
        }
    }

    /// Adds code to a function whose calls are events.
    fn instrument(&self, function: u32, edit: &mut FunctionEdit<'_>) {
        if let Some(collections) = &self.collections {
            collections.instrument(function, edit);
        }
        if let Some(allocations) = &self.allocations {
            allocations.instrument(function, edit);
        }
        if let Some(unwinds) = &self.unwinds {
            unwinds.instrument(function, edit);
        }
    }
}

fn add_exports(
    original: &OriginalModule<'_>,
    shadow_stack: Option<&ShadowStackInstrument>,
    events: EventInstruments,
    additions: &mut Additions,
) -> AddedExports {
    AddedExports {
        shadow_stack: shadow_stack.map(|stack| stack.export(additions)),
        start: original
            .start
            .map(|start| additions.export("start", ExportKind::Func, start)),
        stack_pointer: original
            .may_have_stack_pointer
            .then(|| additions.export("sp", ExportKind::Global, 0)),
        resumption: None,
        collections: events
            .collections
            .map(|counter| additions.export("collections", ExportKind::Global, counter.count)),
        allocations: events.allocations.map(|allocations| AllocationCalls {
            table: additions.export("allocations", ExportKind::Table, allocations.table),
            size: allocations.size,
            inner_callers: allocations.inner_callers,
        }),
        unwinds: events
            .unwinds
            .map(|unwinds| additions.export("unwinds", ExportKind::Table, unwinds.table)),
    }
}
