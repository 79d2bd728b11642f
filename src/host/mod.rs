//! All that the guest can reach. A `Host` is what the engine hands to every function that the guest
//! imports; whose WASI context it holds is known in this folder only.

mod imports;
pub mod limits;
mod stdio;
mod wasi;

pub use imports::{link, refuse_other_builds};
pub use limits::{Limits, Refusal};
pub use stdio::{write_error, write_output};

use crate::cli::{Mount, Size};
use crate::error::Error;
use stdio::BrokenPipe;

/// What the guest may see of the world.
#[derive(Debug)]
pub struct World {
    /// Its arguments; the first is the program's name.
    pub args: Vec<String>,
    /// Its environment, each name once.
    pub env: Vec<(String, String)>,
    /// The directories that it can reach.
    pub mounts: Vec<Mount>,
}

/// The host's side of one run.
pub struct Host {
    wasi: wasi::Context,
    /// What the guest may take, and what it was refused.
    pub limits: Limits,
    broken_pipe: BrokenPipe,
}

impl Host {
    /// Opens the world to a guest, and bounds all its linear memories together.
    ///
    /// # Errors
    ///
    /// `CommandLine` where a directory cannot be opened or an argument cannot be told to a guest.
    pub fn new(world: &World, max_memory: Option<Size>) -> Result<Self, Error> {
        let broken_pipe = BrokenPipe::default();
        Ok(Self {
            wasi: wasi::context(world, &broken_pipe)?,
            limits: Limits::new(max_memory),
            broken_pipe,
        })
    }

    /// Whether the run ended because nobody reads its standard output or error any more.
    pub fn pipe_broke(&self) -> bool {
        self.broken_pipe.is_set()
    }
}
