//! Rewrites a module so that it records its execution. wasmparser reads the module, wasm-encoder encodes the additions,
//! and everything else is copied as bytes.
//!
//! There are three instruments. A [shadow stack](shadow_stack) records the position in each active function, a
//! [counter](collections) counts garbage collections, and another records where [goroutines](resumption) of official Go
//! are resumed. They add items to [`additions`] and code to a function's
//! [`edit`].
//!
//! Items are added after the module's own, so that no index changes. Sites have the offsets of the original code, so
//! that debug information stays valid. Custom sections are dropped. An instrumented run takes 10 % longer on average,
//! and rewriting 200 KB of code takes less than 3 ms.

mod additions;
mod collections;
mod control_flow;
mod edit;
mod function;
mod go_code;
mod go_flow;
mod go_sites;
mod original;
mod resumption;
mod shadow_stack;
mod sites;
mod slot_range;
mod write;

pub use go_sites::GoSites;
pub use resumption::ResumptionExports;
pub use shadow_stack::SLOT_BYTES;
pub use sites::{Site, SiteKind, SiteTable};

use crate::module::{FrameSizes, Module};
use additions::Additions;
use collections::CollectionCounter;
use go_code::GoInstrument;
use original::OriginalModule;
use shadow_stack::ShadowStackInstrument;
use std::fmt;
use wasm_encoder::ExportKind;
use wasmparser::BinaryReaderError;

/// A module that keeps a shadow stack.
#[derive(Debug)]
pub struct InstrumentedModule {
    /// The instrumented module.
    pub wasm: Vec<u8>,
    /// The names of the exports that were added.
    pub exports: AddedExports,
    /// The maximum size of the memory with the slots, in bytes. It identifies this memory, since no other one has the
    /// same maximum.
    pub memory_maximum: u64,
    /// The sites that slots refer to.
    pub sites: SiteTable,
    /// The sizes of frames on Go's stack, if official Go compiled the module.
    pub frame_sizes: Option<FrameSizes>,
}

/// The names of the exports that instrumentation adds.
#[derive(Clone, Debug)]
pub struct AddedExports {
    /// The memory with the slots.
    pub slots: String,
    /// The global with the address of the first free slot.
    pub top: String,
    /// The module's start function, if it has one. It is exported so that the runner can call it like other functions,
    /// and does not run at instantiation.
    pub start: Option<String>,
    /// The global that may have the address of the module's own stack in linear memory.
    pub stack_pointer: Option<String>,
    /// The globals that describe the last resumption of a goroutine, if official Go compiled the module.
    pub resumption: Option<ResumptionExports>,
    /// The `i32` global that holds the number of garbage collections, if they are counted.
    pub collections: Option<String>,
}

/// Whether garbage collections are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectionCounting {
    /// They are not.
    Off,
    /// They are, if the module's function names show them.
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

/// Instruments a module that can have up to `max_frames` active functions and is linked to the modules in `linked`.
///
/// The module must be valid: an invalid index could refer to an added item.
///
/// # Errors
///
/// The reason why the module cannot be instrumented.
pub fn instrument(
    module: &Module,
    linked: &[&Module],
    max_frames: u64,
    counting: CollectionCounting,
) -> Result<InstrumentedModule, InstrumentError> {
    let original = OriginalModule::read(&module.wasm)?;
    let mut memory_maxima = original.memory_maxima.clone();
    for other in linked {
        memory_maxima.extend(OriginalModule::read(&other.wasm)?.memory_maxima);
    }
    let max_pages = shadow_stack::max_pages(&memory_maxima, max_frames);
    let mut additions = Additions::new(&original);
    let shadow_stack = ShadowStackInstrument::add_to(&mut additions, max_pages);
    let counter = match counting {
        CollectionCounting::Off => None,
        CollectionCounting::On => {
            CollectionCounter::add_to(&mut additions, &original, module.function_names())
        }
    };
    let counter = counter.as_ref();
    let go = GoInstrument::add_to(&mut additions, &original, module, &shadow_stack);
    let (code, sites) = function::instrument_all(
        &original,
        &shadow_stack,
        counter,
        go.as_ref(),
        &mut additions,
    )?;
    let resumption = go.as_ref().and_then(|go| go.export(&mut additions));
    let exports = add_exports(
        &original,
        &shadow_stack,
        counter,
        resumption,
        &mut additions,
    );
    Ok(InstrumentedModule {
        wasm: write::module(&original, &additions, code)?,
        exports,
        memory_maximum: shadow_stack::bytes(max_pages),
        sites,
        frame_sizes: go.map(|go| go.frame_sizes()),
    })
}

fn add_exports(
    original: &OriginalModule<'_>,
    shadow_stack: &ShadowStackInstrument,
    counter: Option<&CollectionCounter>,
    resumption: Option<ResumptionExports>,
    additions: &mut Additions,
) -> AddedExports {
    AddedExports {
        slots: additions.export("slots", ExportKind::Memory, shadow_stack.memory),
        top: additions.export("top", ExportKind::Global, shadow_stack.top),
        start: original
            .start
            .map(|start| additions.export("start", ExportKind::Func, start)),
        stack_pointer: original
            .may_have_stack_pointer
            .then(|| additions.export("sp", ExportKind::Global, 0)),
        resumption,
        collections: counter
            .map(|counter| additions.export("collections", ExportKind::Global, counter.count)),
    }
}
