//! Everything that the guest can access. A `Host` is the state that the engine passes to every function that the guest
//! imports.

mod check_links;
mod import_errors;
mod import_rules;
pub mod limits;
mod linker;
mod minimal_objects;
mod mount;
mod peak_memory;
mod stdio;
mod stub_arguments;
mod stub_imports;
pub mod trace;
mod value_types;
mod wasi;

pub use check_links::{ModuleToLink, check_links};
pub use import_errors::{refuse_browser_build, refuse_unused_rules};
pub use import_rules::{ImportOptions, ImportRule, StringPositions, StubImport, UnknownImports};
pub use limits::{Limits, Refusal};
pub use linker::{Availability, LinkedModule, Provider, availability, link};
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

/// What the guest can access.
#[derive(Debug, Default)]
pub struct HostConfig {
    /// The arguments; the first is the program's name.
    pub args: Vec<String>,
    /// The environment variables. Each name occurs once.
    pub env: Vec<(String, String)>,
    /// The mounted directories.
    pub mounts: Vec<Mount>,
    /// The start of virtual time; `None` for the host's clocks.
    pub clock: Option<SystemTime>,
    /// The seed of the random bytes; `None` for the host's random bytes.
    pub seed: Option<u64>,
}

impl HostConfig {
    /// Returns the value of an environment variable, unless it is empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let (_, value) = self.env.iter().find(|(variable, _)| variable == name)?;
        (!value.is_empty()).then_some(value)
    }
}

/// The host of one run.
pub struct Host {
    wasi: Wasi,
    /// The limits of the guest, and the last refusal.
    pub limits: Limits,
    /// The memory that every caller uses, if there is only one instance. Looking it up by name takes longer than many
    /// WASI calls.
    pub only_memory: Option<Memory>,
    /// Traces and counts the guest's calls.
    pub observer: CallObserver,
    streams: StreamState,
}

impl Host {
    /// Creates the host of a run, and opens the mounted directories.
    ///
    /// # Errors
    ///
    /// `CommandLine` if a directory cannot be opened, or an argument cannot be passed to a guest.
    pub fn new(config: &HostConfig, limits: Limits) -> Result<Self, Error> {
        let streams = StreamState::default();
        Ok(Self {
            wasi: Wasi::new(config, &streams)?,
            limits,
            only_memory: None,
            observer: CallObserver::default(),
            streams,
        })
    }

    /// Returns the record of the last paths that the guest looked up and did not find.
    pub fn failed_lookups(&self) -> FailedLookups {
        self.wasi.failed_lookups.clone()
    }

    /// Returns true if a write to standard output or standard error failed because its reader closed it.
    pub fn is_pipe_broken(&self) -> bool {
        self.streams.is_pipe_broken()
    }

    /// The end of what the guest wrote to standard output or standard error, whichever it wrote to last.
    pub fn last_output(&self) -> Vec<u8> {
        self.streams.last_output().to_vec()
    }
}
