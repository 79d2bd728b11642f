//! The shadow stack of an instrumented module. It is cleared before a call and read after a call that failed.

use super::go_stack::GoStack;
use crate::error::Error;
use crate::host::Host;
use crate::instrument::InstrumentedModule;
use wasmi::{Global, Memory, Store, Val};

/// The memory and the globals that hold the shadow stack of an instance.
pub struct InstanceShadowStack<'a> {
    slots: Memory,
    top: Global,
    stack_pointer: Option<Global>,
    /// Present if official Go compiled the module.
    go_stack: Option<GoStack<'a>>,
}

/// The slots of a shadow stack, outermost first. Each is the number of a site, in four bytes.
#[derive(Clone, Copy, Debug)]
pub struct StackSlots<'s> {
    /// The callers that are not on the shadow stack itself.
    pub callers: &'s [u8],
    /// The slots on the shadow stack.
    pub slots: &'s [u8],
}

/// The shadow stack at the end of a call that did not return.
#[derive(Clone, Debug, Default)]
pub struct StackSnapshot {
    /// The slots, outermost first. Each is the number of a site, in four bytes.
    pub slots: Vec<u8>,
    /// The program's own stack pointer, if the module has a global that is likely the stack pointer.
    pub(super) stack_pointer: Option<StackPointer>,
    /// The export that was called; `None` for the module's `start` function.
    pub export: Option<String>,
}

/// The value of the first global, in which LLVM keeps the pointer of the program's own stack in linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StackPointer {
    address: u32,
    memory_bytes: u64,
}

impl StackSlots<'_> {
    fn to_vec(self) -> Vec<u8> {
        [self.callers, self.slots].concat()
    }
}

impl StackSnapshot {
    /// Whether the program's own stack has overflowed. It grows down to address 0, below which its pointer wraps around
    /// to the end of the address space.
    pub fn has_overflowed_memory(&self) -> bool {
        self.stack_pointer
            .is_some_and(|pointer| u64::from(pointer.address) > pointer.memory_bytes)
    }
}

impl<'a> InstanceShadowStack<'a> {
    /// Finds the exports that instrumentation added.
    ///
    /// # Errors
    ///
    /// `Runner` if they are missing.
    pub fn find(
        store: &Store<Host>,
        instance: wasmi::Instance,
        module: &InstrumentedModule,
    ) -> Result<Self, Error> {
        let exports = &module.exports;
        let global = |name: &str| instance.get_global(store, name);
        let slots = instance.get_memory(store, &exports.slots);
        let (slots, top) = slots
            .zip(global(&exports.top))
            .ok_or_else(|| Error::runner("the instrumented module has no shadow stack"))?;
        Ok(Self {
            slots,
            top,
            stack_pointer: exports.stack_pointer.as_deref().and_then(global),
            go_stack: None,
        })
    }

    /// Adds the callers that are only on Go's own stack.
    pub(super) fn with_go_stack(self, go_stack: Option<GoStack<'a>>) -> Self {
        Self { go_stack, ..self }
    }

    /// Clears the stack, on which a call that did not return has left its slots.
    pub fn clear(&mut self, store: &mut Store<Host>) -> Result<(), wasmi::Error> {
        self.top.set(&mut *store, Val::I32(0))?;
        match &mut self.go_stack {
            Some(go_stack) => go_stack.clear(store),
            None => Ok(()),
        }
    }

    pub(super) fn slots<'s>(&'s mut self, store: &'s Store<Host>) -> StackSlots<'s> {
        let top = match self.top.get(store) {
            Val::I32(top) => top as u32 as usize,
            _ => 0,
        };
        let slots = self.slots.data(store);
        let slots = &slots[..slots.len().min(top)];
        let go_stack = self.go_stack.as_mut();
        let callers = go_stack.and_then(|go_stack| go_stack.callers(store, slots.len()));
        match callers {
            Some((callers, resumed)) => StackSlots {
                callers,
                slots: &slots[resumed..],
            },
            None => StackSlots {
                callers: &[],
                slots,
            },
        }
    }

    /// Copies the stack. `memory` is the program's own memory.
    pub(super) fn read(&mut self, store: &Store<Host>, memory: Option<Memory>) -> StackSnapshot {
        let pointer = self.stack_pointer.map(|global| global.get(store));
        let stack_pointer = match (pointer, memory) {
            (Some(Val::I32(address)), Some(memory)) => Some(StackPointer {
                address: address as u32,
                memory_bytes: memory.data_size(store) as u64,
            }),
            _ => None,
        };
        StackSnapshot {
            slots: self.slots(store).to_vec(),
            stack_pointer,
            export: None,
        }
    }
}
