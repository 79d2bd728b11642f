//! What rewriting makes of a module.

use super::site::Site;

/// A module that keeps a shadow stack.
#[derive(Debug)]
pub struct Tracked {
    /// The module, for the engine.
    pub wasm: Vec<u8>,
    /// What it exports besides.
    pub exports: Exports,
    /// The most that the memory can grow to that holds the slots, in bytes. No other memory of the
    /// module has the same.
    pub memory_maximum: u64,
    /// The places that slots name, each by its number, from 1 on.
    pub(super) sites: Vec<Site>,
    /// The functions' bodies.
    pub(super) bodies: Bodies,
    /// Whether a function may call another in place of itself.
    pub(super) has_tail_calls: bool,
}

/// Where the bodies of a module's own functions begin in the code section.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    /// The index of the first function that is not imported.
    pub(super) first: u32,
    pub(super) starts: Vec<u32>,
}

impl Bodies {
    pub(super) fn start(&self, function: u32) -> Option<u32> {
        let own = function.checked_sub(self.first)?;
        self.starts.get(own as usize).copied()
    }
}

impl Tracked {
    /// The site with this number, where there is one.
    pub(super) fn site(&self, number: u32) -> Option<&Site> {
        self.sites.get(number.checked_sub(1)? as usize)
    }
}

/// The names of what a tracked module exports for the runner.
#[derive(Clone, Debug)]
pub struct Exports {
    /// The memory that holds the slots.
    pub slots: String,
    /// The global that holds the address of the first free slot.
    pub top: String,
    /// The module's `start` function, where it has one.
    pub start: Option<String>,
    /// The global that may hold the address of its own stack in linear memory.
    pub stack_pointer: Option<String>,
}
