//! The shadow stack has a slot for each active function, with the number of the site that the function is at. The slots
//! are in a separate memory, and the address of the first free slot is in a global. The guest's code cannot refer to
//! either.
//!
//! A slot is written together with a 0 in the next one. The slots before the first 0 are thus the stack at the last site
//! that was recorded, which a signal handler can read while the guest runs. The global it cannot read.

use super::ShadowStackExports;
use super::additions::Additions;
use crate::size::PAGE_BYTES;
use std::collections::HashSet;
use wasm_encoder::{
    BlockType, ExportKind, Function, InstructionSink, MemArg, MemArgTarget, ValType,
};

/// The size of a slot, in bytes.
pub const SLOT_BYTES: usize = 4;

/// The initial size of the memory, in pages: 16,384 frames.
const MIN_PAGES: u64 = 1;

/// The number of pages by which the memory grows.
const GROWTH_PAGES: i32 = 8;

/// The address up to which a slot is acquired without checking the memory's size. The rest of the first page has space
/// for the one slot that can be acquired between two checks, and more.
const UNCHECKED_BYTES: i32 = PAGE_BYTES as i32 - 64;

/// The number of slots in addition to one for each frame. The last one is written with the next one.
const SPARE_SLOTS: u64 = 64;

/// The indices of the items that the shadow stack adds to a module.
pub(super) struct ShadowStackInstrument {
    /// The memory that holds the slots.
    pub(super) memory: u32,
    /// The global that holds the address of the first free slot.
    pub(super) top: u32,
    /// The function that grows the memory if a slot is near the memory's end.
    grow: u32,
    /// The maximum size of the memory, in pages.
    max_pages: u64,
}

/// The maximum size of the memory, in pages: enough for `max_frames`, and different from the maxima in `taken`.
fn max_pages(taken: &[u64], max_frames: u64) -> u64 {
    /// A memory has at most 4 GiB, which is a billion frames.
    const MAX_PAGES: u64 = 1 << 16;
    let taken: HashSet<_> = taken.iter().copied().collect();
    let slots = max_frames.saturating_add(SPARE_SLOTS);
    let bytes = slots.saturating_mul(SLOT_BYTES as u64);
    let needed = bytes.div_ceil(PAGE_BYTES) + GROWTH_PAGES as u64;
    let is_free = |pages: &u64| !taken.contains(pages);
    let larger = (needed..=MAX_PAGES).find(is_free);
    let free = larger.or_else(|| (1..MAX_PAGES).rev().find(is_free));
    free.unwrap_or(MAX_PAGES)
}

impl ShadowStackInstrument {
    /// Adds a stack for `max_frames` active functions. The memory's maximum differs from those in `memory_maxima`.
    pub(super) fn add_to(
        additions: &mut Additions,
        memory_maxima: &[u64],
        max_frames: u64,
    ) -> Self {
        let max_pages = max_pages(memory_maxima, max_frames);
        let memory = additions.memory(MIN_PAGES, max_pages);
        let ty = additions.func_type(&[ValType::I32], &[]);
        Self {
            memory,
            top: additions.global_i32(),
            grow: additions.function(ty, grow_function(memory)),
            max_pages,
        }
    }

    pub(super) fn export(&self, additions: &mut Additions) -> ShadowStackExports {
        ShadowStackExports {
            slots: additions.export("slots", ExportKind::Memory, self.memory),
            top: additions.export("top", ExportKind::Global, self.top),
            memory_maximum: self.max_pages * PAGE_BYTES,
        }
    }

    /// Acquires a slot, and stores its address in the local `slot`.
    pub(super) fn enter(&self, mut code: InstructionSink<'_>, slot: u32) {
        code.global_get(self.top)
            .local_tee(slot)
            .i32_const(UNCHECKED_BYTES)
            .i32_ge_u()
            .if_(BlockType::Empty)
            .local_get(slot)
            .call(self.grow)
            .end()
            .local_get(slot)
            .i32_const(SLOT_BYTES as i32)
            .i32_add()
            .global_set(self.top);
    }

    /// Frees the slot and all slots after it.
    pub(super) fn leave(&self, mut code: InstructionSink<'_>, slot: u32) {
        code.local_get(slot).global_set(self.top);
    }

    /// Writes a site's number to the slot, and 0 to the next slot.
    pub(super) fn record(&self, mut code: InstructionSink<'_>, slot: u32, site: i32) {
        code.local_get(slot)
            .i64_const(site.into())
            .i64_store(self.slot_access());
    }

    /// Writes a loop's number for a block to the slot: the sum of the number of block 0 and of the local `block`. The next
    /// slot is not changed, so the stack of official Go's programs is only known from the global.
    pub(super) fn record_block(
        &self,
        mut code: InstructionSink<'_>,
        slot: u32,
        (first, block): (i32, u32),
    ) {
        code.local_get(slot)
            .local_get(block)
            .i32_const(first)
            .i32_add()
            .i32_store(self.slot_access());
    }

    /// Acquires a slot for a function that does not return, and writes a site's number to it.
    pub(super) fn push(&self, mut code: InstructionSink<'_>, site: i32) {
        code.global_get(self.top)
            .call(self.grow)
            .global_get(self.top)
            .i64_const(site.into())
            .i64_store(self.slot_access())
            .global_get(self.top)
            .i32_const(SLOT_BYTES as i32)
            .i32_add()
            .global_set(self.top);
    }

    fn slot_access(&self) -> MemArg {
        MemArg {
            offset: 0,
            align: SLOT_BYTES.ilog2(),
            target: MemArgTarget::Memory(self.memory),
            ordering: None,
        }
    }
}

/// The function that grows the memory, unless the space after the address in its argument is as large as the space
/// after [`UNCHECKED_BYTES`] in the first page.
fn grow_function(memory: u32) -> Function {
    let mut function = Function::new([]);
    function
        .instructions()
        .local_get(0)
        .i32_const(PAGE_BYTES as i32 - UNCHECKED_BYTES)
        .i32_add()
        .memory_size(memory)
        .i32_const(PAGE_BYTES.ilog2() as i32)
        .i32_shl()
        .i32_ge_u()
        .if_(BlockType::Empty)
        .i32_const(GROWTH_PAGES)
        .memory_grow(memory)
        .drop()
        .end()
        .end();
    function
}
