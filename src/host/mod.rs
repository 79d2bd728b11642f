//! All that the guest can reach. A `Host` is what the engine hands to every function that the guest
//! imports.

pub mod closed_streams;
pub mod file_size;
mod import_errors;
mod import_rules;
pub mod limits;
mod linkable;
mod linker;
mod mount;
mod peak_memory;
mod stdio;
mod stub_imports;
pub mod trace;
mod value_types;
mod wasi;

pub use import_errors::{refuse_other_builds, refuse_unused_rules};
pub use import_rules::{ImportOptions, ImportRule, StubImport, UnknownImports};
pub use limits::{Limits, Refusal};
pub use linkable::{Candidate, check_links};
pub use linker::{LinkedModule, Provider, link, providers};
pub use mount::{Access, Mount};
pub use peak_memory::PeakMemory;
pub use stdio::{write_error, write_output};
pub use value_types::zero;

use crate::error::Error;
use std::time::SystemTime;
use stdio::StreamState;
use trace::CallObserver;
use wasi::Wasi;
pub use wasi::{FailedLookup, FailedLookups};
use wasmi::Memory;

/// What the guest may see of the world.
#[derive(Debug, Default)]
pub struct World {
    /// Its arguments; the first is the program's name.
    pub args: Vec<String>,
    /// Its environment, each name once.
    pub env: Vec<(String, String)>,
    /// The directories that it can reach.
    pub mounts: Vec<Mount>,
    /// When its time begins, which is then virtual; the host's time where there is none.
    pub clock: Option<SystemTime>,
    /// What its random bytes follow from; the host's where there is none.
    pub seed: Option<u64>,
}

impl World {
    /// The value of a variable of the guest's environment, unless it is empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let (_, value) = self.env.iter().find(|(variable, _)| variable == name)?;
        (!value.is_empty()).then_some(value)
    }
}

/// The host's side of one run.
pub struct Host {
    wasi: Wasi,
    /// What the guest may take, and what it was refused.
    pub limits: Limits,
    /// The memory of whoever calls the host, where no one else can: finding it by its name takes longer
    /// than many a call.
    pub only_memory: Option<Memory>,
    /// Traces and counts the guest's calls.
    pub observer: CallObserver,
    streams: StreamState,
}

impl Host {
    /// Opens the world to a guest within limits.
    ///
    /// # Errors
    ///
    /// `CommandLine` where a directory cannot be opened or an argument cannot be told to a guest.
    pub fn new(world: &World, limits: Limits) -> Result<Self, Error> {
        let streams = StreamState::default();
        Ok(Self {
            wasi: Wasi::new(world, &streams)?,
            limits,
            only_memory: None,
            observer: CallObserver::default(),
            streams,
        })
    }

    /// The last paths that the guest asks for and does not find, as they are kept from now on.
    pub fn failed_lookups(&self) -> FailedLookups {
        self.wasi.failed_lookups.clone()
    }

    /// Whether the run ended because nobody reads its standard output or error any more.
    pub fn pipe_broke(&self) -> bool {
        self.streams.is_pipe_broken()
    }

    /// The line with which the guest's runtime announced its last panic, if it did.
    pub fn last_panic(&self) -> Option<String> {
        self.streams.last_panic()
    }
}
