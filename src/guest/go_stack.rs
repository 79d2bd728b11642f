//! Walks Go's own stack in linear memory, for the callers that are missing on the shadow stack. Official Go switches
//! goroutines by unwinding the wasm stack, so only the functions called since the last switch are on the shadow stack:
//! <https://github.com/golang/go/blob/go1.23.0/src/runtime/asm_wasm.s>.
//!
//! The callers stay the same until the next resumption, so they are walked once for each resumption, at the first sample
//! after it. The guest can write anything to its stack: each step moves up, and the number of steps is limited.

use crate::host::Host;
use crate::instrument::{GoSites, InstrumentedModule, ResumptionExports};
use crate::module::{FrameSizes, GoPc};
use wasmi::{Global, Memory, Store, Val};

/// The maximum number of callers, so that a sample takes less than a millisecond.
const MAX_CALLERS: usize = 10_000;

/// The size of a return address and of the fields of `g`.
const WORD_BYTES: u64 = 8;

/// Go's stack in an instance.
pub(super) struct GoStack<'a> {
    globals: ResumptionGlobals,
    memory: Memory,
    frame_sizes: &'a FrameSizes,
    sites: &'a GoSites,
    /// The number of the resumption whose callers are known.
    walked: u32,
    /// The slots of the callers, outermost first.
    callers: Vec<u8>,
}

/// The globals with the last resumption.
struct ResumptionGlobals {
    count: Global,
    slot: Global,
    stack_pointer: Global,
    goroutine: Global,
    function: Global,
    block: Global,
}

impl<'a> GoStack<'a> {
    /// Finds the exports of an instance; `None` if the module does not resume goroutines. `memory` is the program's
    /// memory.
    pub(super) fn find(
        store: &Store<Host>,
        instance: wasmi::Instance,
        module: &'a InstrumentedModule,
        memory: Option<Memory>,
    ) -> Option<Self> {
        let exports = module.exports.resumption.as_ref()?;
        Some(Self {
            globals: ResumptionGlobals::find(store, instance, exports)?,
            memory: memory?,
            frame_sizes: module.frame_sizes.as_ref()?,
            sites: &module.sites.go,
            walked: 0,
            callers: Vec::new(),
        })
    }

    /// Forgets the last resumption, before an export is called.
    pub(super) fn clear(&mut self, store: &mut Store<Host>) -> Result<(), wasmi::Error> {
        self.walked = 0;
        Ok(self.globals.count.set(store, Val::I32(0))?)
    }

    /// The callers of the goroutine's first function on the shadow stack, as slots, outermost first, and the position of
    /// that function's slot in bytes. `None` if no goroutine was resumed. `top` is the position after the last slot.
    pub(super) fn callers(&mut self, store: &Store<Host>, top: usize) -> Option<(&[u8], usize)> {
        let count = value(self.globals.count, store);
        let slot = value(self.globals.slot, store) as usize;
        if count == 0 || slot >= top {
            return None;
        }
        if self.walked != count {
            self.walked = count;
            self.callers = self.walk(store);
        }
        Some((&self.callers, slot))
    }

    fn walk(&self, store: &Store<Host>) -> Vec<u8> {
        let globals = &self.globals;
        let memory = self.memory.data(store);
        let (function, block) = (globals.function, globals.block);
        let resumed_at = self
            .frame_sizes
            .pc_at(value(function, store), value(block, store));
        let stack_pointer = u64::from(value(globals.stack_pointer, store));
        let end = stack_end(memory, value(globals.goroutine, store), stack_pointer);
        let (Some(pc), Some(end)) = (resumed_at, end) else {
            return Vec::new();
        };
        let mut frame = Frame { pc, stack_pointer };
        let mut calls: Vec<u32> = Vec::new();
        while calls.len() < MAX_CALLERS
            && let Some((call, caller)) = self.caller(memory, frame, end)
        {
            calls.push(call);
            frame = caller;
        }
        calls
            .iter()
            .rev()
            .flat_map(|call| call.to_le_bytes())
            .collect()
    }

    /// The site of the call of a function, and the frame of its caller. `end` is the end of the stack.
    fn caller(&self, memory: &[u8], frame: Frame, end: u64) -> Option<(u32, Frame)> {
        let bytes = self.frame_sizes.bytes(frame.pc)?;
        let at = frame.stack_pointer.checked_add(u64::from(bytes))?;
        let return_address = word(memory, at).filter(|_| at < end)?;
        let call = self.sites.call(return_address)?;
        let caller = Frame {
            pc: self.frame_sizes.pc(return_address)?,
            stack_pointer: at + WORD_BYTES,
        };
        Some((call, caller))
    }
}

/// A function on Go's stack.
#[derive(Clone, Copy)]
struct Frame {
    pc: GoPc,
    /// The address of the frame, which is followed by the return address.
    stack_pointer: u64,
}

impl ResumptionGlobals {
    fn find(
        store: &Store<Host>,
        instance: wasmi::Instance,
        exports: &ResumptionExports,
    ) -> Option<Self> {
        let global = |name: &str| instance.get_global(store, name);
        Some(Self {
            count: global(&exports.count)?,
            slot: global(&exports.slot)?,
            stack_pointer: global(&exports.stack_pointer)?,
            goroutine: global(&exports.goroutine)?,
            function: global(&exports.function)?,
            block: global(&exports.block)?,
        })
    }
}

/// The end of a goroutine's stack, if a stack pointer is in it. The stack may have been moved since the resumption. A `g`
/// starts with the bounds of its stack: <https://github.com/golang/go/blob/go1.23.0/src/runtime/runtime2.go>.
fn stack_end(memory: &[u8], goroutine: u32, stack_pointer: u64) -> Option<u64> {
    let goroutine = u64::from(goroutine);
    let start = word(memory, goroutine)?;
    let end = word(memory, goroutine + WORD_BYTES)?;
    (start..=end).contains(&stack_pointer).then_some(end)
}

fn word(memory: &[u8], address: u64) -> Option<u64> {
    let rest = memory.get(usize::try_from(address).ok()?..)?;
    rest.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

fn value(global: Global, store: &Store<Host>) -> u32 {
    match global.get(store) {
        Val::I32(value) => value.cast_unsigned(),
        _ => 0,
    }
}
