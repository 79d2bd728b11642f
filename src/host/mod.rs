//! What the guest can reach of the host. The engine passes a [`Host`] to every function that the guest imports.

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
pub use value_types::zero;

use crate::error::Error;
use std::time::SystemTime;
use stdio::StreamState;
use trace::CallObserver;
use wasi::Wasi;
pub use wasi::{FailedLookup, FailedLookups, MAX_SYMLINKS};
use wasmi::Memory;

/// What the guest may see of the host.
#[derive(Debug, Default)]
pub struct World {
    /// Its arguments; the first is the program's name.
    pub args: Vec<String>,
    /// Its environment, each name once.
    pub env: Vec<(String, String)>,
    /// The directories that it can reach.
    pub mounts: Vec<Mount>,
    /// The start of virtual time; `None` for the host's time.
    pub clock: Option<SystemTime>,
    /// The seed of its random bytes; `None` for the host's random bytes.
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
    /// Limits and counts what the guest takes of the host's memory.
    pub limits: Limits,
    /// The guest's memory, if only one instance can call the host. To find it by its name takes longer than many calls.
    pub only_memory: Option<Memory>,
    /// Traces and counts the guest's calls.
    pub observer: CallObserver,
    streams: StreamState,
}

impl Host {
    /// Opens what the guest may see.
    ///
    /// # Errors
    ///
    /// `CommandLine` where a directory cannot be opened or an argument cannot be passed to a guest.
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

    /// The last paths that the guest asked for and did not find. The list is updated while the guest runs.
    pub fn failed_lookups(&self) -> FailedLookups {
        self.wasi.failed_lookups.clone()
    }

    /// Returns true if the run ended because its standard output or standard error has no reader.
    pub fn pipe_broke(&self) -> bool {
        self.streams.is_pipe_broken()
    }

    /// The line by which the guest's runtime announced its last panic.
    pub fn last_panic(&self) -> Option<String> {
        self.streams.last_panic()
    }
}
