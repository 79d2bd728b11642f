//! Spans of the guest's memory, and how they are passed to a function.

use wasmi::Val;

/// An address in the guest's memory and a number of bytes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemorySpan {
    pub(super) address: u32,
    pub(super) length: u32,
}

impl MemorySpan {
    /// The value with which the address is passed.
    pub(super) fn address_value(self) -> Val {
        word(self.address)
    }
}

/// The value with which an address or a length is passed.
pub(super) fn word(number: u32) -> Val {
    // The cast wraps an unsigned value into wasm's signed one.
    Val::I32(number as i32)
}
