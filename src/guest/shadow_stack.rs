//! The shadow stack of an instrumented module. It is cleared before a call and read after a call that failed.

use super::go_stack::GoStack;
use super::instance::MEMORY;
use crate::error::Error;
use crate::host::Host;
use crate::instrument::{InstrumentedModule, SLOT_BYTES};
use crate::stop::stack_copy::{self, StackCopy};
use std::borrow::Cow;
use std::sync::Arc;
use wasmi::{Global, Memory, Store, StoreContext, Val};

/// The memory and the globals that hold the shadow stack of an instance.
#[derive(Clone)]
pub struct InstanceShadowStack {
    slots: Memory,
    top: Global,
    stack_pointer: Option<Global>,
    /// Go's own stack, if official Go compiled the module.
    go_stack: Option<Arc<GoStack>>,
}

/// The number of bytes of slots that are kept from each end of the shadow stack if there are also callers on Go's stack.
const MAX_BYTES_PER_END: usize = 4 << 10;

/// The shadow stack at the end of a call that did not return.
#[derive(Clone, Debug, Default)]
pub struct StackSnapshot {
    /// The slots, outermost first. Each is the number of a site, in four bytes.
    pub slots: Vec<u8>,
    /// The program's own stack pointer, if the module has a global that is likely the stack pointer.
    pub(super) stack_pointer: Option<StackPointer>,
    /// The export that was called; `None` for the module's `start` function.
    pub export: Option<String>,
    /// The slots when `main` began to wait, if it waits and no other goroutine runs.
    pub main_wait: Vec<u8>,
}

/// The value of the first global, in which LLVM keeps the pointer of the program's own stack in linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StackPointer {
    address: u32,
    memory_bytes: u64,
}

impl StackSnapshot {
    /// Whether the program's own stack has overflowed. It grows down to address 0, below which its pointer wraps around
    /// to the end of the address space.
    pub fn has_overflowed_memory(&self) -> bool {
        self.stack_pointer
            .is_some_and(|pointer| u64::from(pointer.address) > pointer.memory_bytes)
    }
}

impl From<StackCopy> for StackSnapshot {
    fn from(StackCopy { slots, export }: StackCopy) -> Self {
        Self {
            slots,
            stack_pointer: None,
            export,
            main_wait: Vec::new(),
        }
    }
}

impl InstanceShadowStack {
    /// Finds the exports that instrumentation added; `None` if the module keeps no shadow stack.
    ///
    /// # Errors
    ///
    /// `Runner` if they are missing.
    pub fn find(
        store: &Store<Host>,
        instance: wasmi::Instance,
        module: &InstrumentedModule,
    ) -> Result<Option<Self>, Error> {
        let exports = &module.exports;
        let Some(names) = &exports.shadow_stack else {
            return Ok(None);
        };
        let global = |name: &str| instance.get_global(store, name);
        let slots = instance.get_memory(store, &names.slots);
        let memory = instance.get_memory(store, MEMORY);
        let go_stack = GoStack::find(store, instance, module, memory);
        let (slots, top) = slots
            .zip(global(&names.top))
            .ok_or_else(|| Error::runner("the instrumented module has no shadow stack"))?;
        Ok(Some(Self {
            slots,
            top,
            stack_pointer: exports.stack_pointer.as_deref().and_then(global),
            go_stack: go_stack.map(Arc::new),
        }))
    }

    /// Clears the stack, on which a call that did not return has left its slots.
    pub fn clear(&self, store: &mut Store<Host>) -> Result<(), wasmi::Error> {
        self.top.set(&mut *store, Val::I32(0))?;
        if let Some(slot) = self.slots.data_mut(&mut *store).first_chunk_mut() {
            *slot = [0; SLOT_BYTES];
        }
        match &self.go_stack {
            Some(go_stack) => go_stack.clear(store),
            None => Ok(()),
        }
    }

    /// Allows copies of the slots while `export` is called. They lack the callers that are only on official Go's own stack.
    pub(super) fn allow_copies(&self, store: &Store<Host>, export: Option<&str>) {
        // SAFETY: the guest runs on this thread. The limiter forbids copies before this memory grows, and nothing else moves
        // or frees it.
        unsafe { stack_copy::allow(self.slots.data(store), export) };
    }

    /// The slots, as in [`StackSnapshot`]. Many slots in the middle may be left out.
    pub(super) fn slots<'s>(&self, store: impl Into<StoreContext<'s, Host>>) -> Cow<'s, [u8]> {
        let store = store.into();
        let slots = self.own_slots(store);
        match self.callers(store, slots) {
            None => slots.into(),
            Some((callers, slots)) if slots.len() <= 2 * MAX_BYTES_PER_END => {
                [&callers, slots].concat().into()
            }
            Some((callers, slots)) => {
                let outer = &slots[..MAX_BYTES_PER_END];
                let inner = &slots[slots.len() - MAX_BYTES_PER_END..];
                [&callers, outer, inner].concat().into()
            }
        }
    }

    /// The callers on Go's stack, and the slots of the functions that they called.
    fn callers<'s>(
        &self,
        store: StoreContext<'_, Host>,
        slots: &'s [u8],
    ) -> Option<(Arc<[u8]>, &'s [u8])> {
        let go_stack = self.go_stack.as_ref()?;
        let (callers, resumed) = go_stack.callers(store, slots.len())?;
        Some((callers, slots.get(resumed..)?))
    }

    fn own_slots<'s>(&self, store: StoreContext<'s, Host>) -> &'s [u8] {
        let Val::I32(top) = self.top.get(store) else {
            return &[];
        };
        let slots = self.slots.data(store);
        &slots[..slots.len().min(top as u32 as usize)]
    }

    /// Copies the stack. `memory` is the program's own memory.
    pub(super) fn read(&self, store: &Store<Host>, memory: Option<Memory>) -> StackSnapshot {
        let pointer = self.stack_pointer.map(|global| global.get(store));
        let stack_pointer = match (pointer, memory) {
            (Some(Val::I32(address)), Some(memory)) => Some(StackPointer {
                address: address as u32,
                memory_bytes: memory.data_size(store) as u64,
            }),
            _ => None,
        };
        let slots = self.own_slots(store.into());
        StackSnapshot {
            slots: match self.callers(store.into(), slots) {
                Some((callers, slots)) => [&callers, slots].concat(),
                None => slots.to_vec(),
            },
            stack_pointer,
            export: None,
            main_wait: Vec::new(),
        }
    }
}
