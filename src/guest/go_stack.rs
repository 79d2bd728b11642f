//! Walks Go's own stack in linear memory, for the callers that are missing on the shadow stack. Official Go switches
//! goroutines by unwinding the wasm stack, so only the functions called since the last switch are on the shadow stack:
//! <https://github.com/golang/go/blob/go1.23.0/src/runtime/asm_wasm.s>.
//!
//! The callers stay the same until the next resumption, so they are walked once for each resumption, at the first sample
//! after it. The guest can write anything to its stack: each step moves up, and the number of steps is limited.

use crate::host::Host;
use crate::instrument::{GoCallers, GoFrame, InstrumentedModule, ResumptionExports};
use std::sync::{Arc, Mutex};
use wasmi::{Global, Memory, Store, StoreContext, Val};

/// The maximum number of callers, so that a sample takes less than a millisecond.
const MAX_CALLERS: usize = 10_000;

/// The size of the fields of `g`.
const WORD_BYTES: u64 = 8;

/// Go's stack in an instance.
pub(super) struct GoStack {
    globals: ResumptionGlobals,
    memory: Memory,
    go_callers: Arc<GoCallers>,
    walked: Mutex<Walked>,
}

/// The callers at a resumption.
#[derive(Default)]
struct Walked {
    /// The number of the resumption; 0 if the callers are not known.
    resumption: u32,
    /// The slots of the callers, outermost first.
    callers: Arc<[u8]>,
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

impl GoStack {
    /// Finds the exports of an instance; `None` if the module does not resume goroutines. `memory` is the program's
    /// memory.
    pub(super) fn find(
        store: &Store<Host>,
        instance: wasmi::Instance,
        module: &InstrumentedModule,
        memory: Option<Memory>,
    ) -> Option<Self> {
        let exports = module.exports.resumption.as_ref()?;
        Some(Self {
            globals: ResumptionGlobals::find(store, instance, exports)?,
            memory: memory?,
            go_callers: module.go_callers.clone()?,
            walked: Mutex::default(),
        })
    }

    /// Forgets the last resumption, before an export is called.
    pub(super) fn clear(&self, store: &mut Store<Host>) -> Result<(), wasmi::Error> {
        if let Ok(mut walked) = self.walked.lock() {
            *walked = Walked::default();
        }
        Ok(self.globals.count.set(store, Val::I32(0))?)
    }

    /// The callers of the goroutine's first function on the shadow stack, as slots, outermost first, and the position of
    /// that function's slot in bytes. `None` if no goroutine was resumed. `top` is the position after the last slot.
    pub(super) fn callers(
        &self,
        store: StoreContext<'_, Host>,
        top: usize,
    ) -> Option<(Arc<[u8]>, usize)> {
        let resumption = value(self.globals.count, store);
        let slot = value(self.globals.slot, store) as usize;
        if resumption == 0 || slot >= top {
            return None;
        }
        let mut walked = self.walked.lock().ok()?;
        if walked.resumption != resumption {
            *walked = Walked {
                resumption,
                callers: self.walk(store).into(),
            };
        }
        Some((Arc::clone(&walked.callers), slot))
    }

    fn walk(&self, store: StoreContext<'_, Host>) -> Vec<u8> {
        let globals = &self.globals;
        let memory = self.memory.data(store);
        let (function, block) = (value(globals.function, store), value(globals.block, store));
        let address = u64::from(value(globals.stack_pointer, store));
        let end = stack_end(memory, value(globals.goroutine, store), address);
        let (Some(pc), Some(end)) = (self.go_callers.pc(function, block), end) else {
            return Vec::new();
        };
        let mut frame = GoFrame { pc, address };
        let mut calls: Vec<u32> = Vec::new();
        let word_in_stack = |address| word(memory, address).filter(|_| address < end);
        while calls.len() < MAX_CALLERS
            && let Some((call, caller)) = self.go_callers.caller(frame, word_in_stack)
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

fn value(global: Global, store: StoreContext<'_, Host>) -> u32 {
    match global.get(store) {
        Val::I32(value) => value.cast_unsigned(),
        _ => 0,
    }
}
