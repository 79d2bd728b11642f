//! The sizes of frames on Go's stack, by which the stack is walked while the program runs.

use super::indices::FunctionIndices;
use super::{GoPc, GoTable, function, values};

/// The sizes of the frames of a program's functions.
#[derive(Clone, Debug)]
pub struct FrameSizes {
    indices: FunctionIndices,
    /// The frame of each function; `None` if it is unknown.
    frames: Vec<Option<FrameSize>>,
}

/// The frame of a function, which is allocated once, near the function's start.
#[derive(Clone, Copy, Debug)]
struct FrameSize {
    /// The first block in which the frame is allocated.
    first_block: u32,
    /// The size in bytes, without the return address.
    bytes: u32,
}

impl FrameSizes {
    /// Reads the frame sizes of all functions.
    pub fn read(table: &GoTable<'_>) -> Self {
        let functions = 0..table.indices.count();
        Self {
            frames: functions.map(|function| frame(table, function)).collect(),
            indices: table.indices.clone(),
        }
    }

    /// The size of a function's frame, in bytes, without the return address that its caller pushed; `None` if it is
    /// unknown.
    pub fn bytes(&self, pc: GoPc) -> Option<u32> {
        let frame = (*self.frames.get(pc.function as usize)?)?;
        Some(if pc.block < frame.first_block {
            0
        } else {
            frame.bytes
        })
    }

    /// Converts a return address as it is on Go's stack.
    pub fn pc(&self, address: u64) -> Option<GoPc> {
        self.indices.pc(address)
    }

    /// The block of the function at a slot of the module's table.
    pub fn pc_at(&self, slot: u32, block: u32) -> Option<GoPc> {
        self.indices.pc_at(slot, block)
    }
}

fn frame(table: &GoTable<'_>, function: u32) -> Option<FrameSize> {
    let offset = table.field(function, function::FRAME_SIZES)?;
    if offset == 0 {
        // The function has no frame and calls no other.
        return Some(FrameSize {
            first_block: 0,
            bytes: 0,
        });
    }
    let address = table.addresses.values.checked_add(offset)?;
    let mut steps = values::steps(&table.image, address);
    let first = steps.next()?;
    let (first_block, last) = match steps.next() {
        Some(second) if first.value == 0 => (first.end, second),
        Some(_) => return None,
        None => (0, first),
    };
    let bytes = u32::try_from(last.value).ok()?;
    let is_last = steps.next().is_none();
    is_last.then_some(FrameSize { first_block, bytes })
}
