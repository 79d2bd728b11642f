//! Finds the caller of a function on Go's own stack, by the sizes of frames and by return addresses.

use super::go_sites::GoSites;
use crate::module::{FrameSizes, GoPc};

/// The size of a return address.
const RETURN_ADDRESS_BYTES: u64 = 8;

/// The data that is needed to walk Go's stack.
#[derive(Debug)]
pub struct GoCallers {
    frame_sizes: FrameSizes,
    /// The return addresses of calls and the numbers of their sites, sorted.
    calls: Vec<(u64, u32)>,
}

/// A function on Go's stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoFrame {
    /// The position in the function.
    pub pc: GoPc,
    /// The address of the frame. The return address follows the frame.
    pub address: u64,
}

impl GoCallers {
    pub(super) fn new(frame_sizes: FrameSizes, sites: &GoSites) -> Self {
        let calls = sites.return_addresses().iter();
        let mut calls: Vec<_> = calls.map(|(site, address)| (*address, *site)).collect();
        calls.sort_unstable();
        Self { frame_sizes, calls }
    }

    /// The block of the function at a slot of the module's table.
    pub fn pc(&self, slot: u32, block: u32) -> Option<GoPc> {
        self.frame_sizes.pc_at(slot, block)
    }

    /// The site of the call of a frame's function, and the frame of its caller. `word` reads the guest's memory.
    pub fn caller(
        &self,
        frame: GoFrame,
        word: impl FnOnce(u64) -> Option<u64>,
    ) -> Option<(u32, GoFrame)> {
        let bytes = self.frame_sizes.bytes(frame.pc)?;
        let at = frame.address.checked_add(bytes.into())?;
        let return_address = word(at)?;
        let calls = &self.calls;
        let found = calls.binary_search_by_key(&return_address, |(address, _)| *address);
        let (_, site) = calls.get(found.ok()?)?;
        let caller = GoFrame {
            pc: self.frame_sizes.pc(return_address)?,
            address: at.checked_add(RETURN_ADDRESS_BYTES)?,
        };
        Some((*site, caller))
    }
}
