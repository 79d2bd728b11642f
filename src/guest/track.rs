//! Tracking the guest: the shadow stack that its module keeps is found, emptied before a call, and
//! read when one has failed; and where it is looked at on the way, or has to end in time, the guest runs in
//! slices of fuel, since the engine can be interrupted by nothing else.

use crate::error::Error;
use crate::host::Host;
use crate::instrument::InstrumentedModule;
use crate::stop;
use wasmi::{Func, Global, Memory, ResumableCall, Store, TrapCode, Val};

/// How a guest is tracked.
pub struct Track<'a> {
    /// The module that keeps the stack.
    pub tracked: &'a InstrumentedModule,
    /// Whether it has to be stopped on the way.
    pub pace: Pace,
    /// What is shown the stack at each stop.
    pub sampler: Option<Sampler<'a>>,
}

/// Is shown the export that was called, the slots of the stack, as `Stack` has them, and how much fuel was
/// used since the last time.
pub type Sampler<'a> = &'a mut dyn FnMut(&str, &[u8], u64);

/// Whether a guest is stopped on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It runs on.
    Free,
    /// It stops whenever it has used so much fuel: a thousandth of what it has used up to then, within
    /// these bounds.
    Slices {
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
}

/// What a guest that did not return has left behind.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// The slots, the outermost first: four bytes each, the number of a site.
    pub slots: Vec<u8>,
    /// What may be the address of its own stack in linear memory: LLVM keeps that in the first global.
    pub(super) stack_pointer: Option<StackPointer>,
    /// The export that was called; `None` of the module's `start` function.
    pub export: Option<String>,
}

/// Where a program's own stack in linear memory ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StackPointer {
    address: u32,
    /// The size of the memory, in bytes.
    memory: u64,
}

impl Stack {
    /// Whether the program's own stack has grown past the beginning of memory, from where its address
    /// wraps around to the other end of what an address can be.
    pub fn has_overflown_memory(&self) -> bool {
        self.stack_pointer
            .is_some_and(|pointer| u64::from(pointer.address) > pointer.memory)
    }
}

/// Where an instance keeps its shadow stack.
pub struct Shadow {
    slots: Memory,
    top: Global,
    stack_pointer: Option<Global>,
}

impl Shadow {
    /// Finds what rewriting has added to an instance.
    ///
    /// # Errors
    ///
    /// `Runner` where it is missing.
    pub fn find(
        store: &Store<Host>,
        instance: wasmi::Instance,
        tracked: &InstrumentedModule,
    ) -> Result<Self, Error> {
        let exports = &tracked.exports;
        let global = |name: &str| instance.get_global(store, name);
        let found = instance
            .get_memory(store, &exports.slots)
            .zip(global(&exports.top));
        let (slots, top) = found.ok_or_else(|| Error::runner("the shadow stack is not there"))?;
        Ok(Self {
            slots,
            top,
            stack_pointer: exports.stack_pointer.as_deref().and_then(global),
        })
    }

    /// Empties the stack. What ended before without returning left its slots there.
    pub fn clear(&self, store: &mut Store<Host>) -> Result<(), wasmi::Error> {
        Ok(self.top.set(store, Val::I32(0))?)
    }

    fn slots<'s>(&self, store: &'s Store<Host>) -> &'s [u8] {
        let Val::I32(top) = self.top.get(store) else {
            return &[];
        };
        let all = self.slots.data(store);
        &all[..all.len().min(top as u32 as usize)]
    }

    /// What there is when a call has failed. The memory is the guest's own.
    pub(super) fn read(&self, store: &Store<Host>, memory: Option<Memory>) -> Stack {
        let pointer = self.stack_pointer.map(|global| global.get(store));
        let stack_pointer = match (pointer, memory) {
            (Some(Val::I32(address)), Some(memory)) => Some(StackPointer {
                address: address as u32,
                memory: memory.data_size(store) as u64,
            }),
            _ => None,
        };
        Stack {
            slots: self.slots(store).to_vec(),
            stack_pointer,
            export: None,
        }
    }
}

/// A run in slices.
pub struct Slices<'a> {
    /// How much fuel one has at least, and at the most.
    least: u64,
    most: u64,
    /// How much was used in all.
    used: u64,
    /// What was granted and is not in the store any more.
    granted: u64,
    /// What may still be granted, where that is bounded.
    left: Option<u64>,
    sampler: Option<Sampler<'a>>,
}

impl<'a> Slices<'a> {
    /// Slices within these bounds, out of `fuel` in all.
    pub fn new((least, most): (u64, u64), fuel: Option<u64>, sampler: Option<Sampler<'a>>) -> Self {
        Self {
            least,
            most,
            used: 0,
            granted: 0,
            left: fuel,
            sampler,
        }
    }

    /// How much fuel is left beyond what the store has.
    pub(super) fn left(&self) -> Option<u64> {
        self.left
    }

    /// Calls a function, slice by slice.
    ///
    /// # Errors
    ///
    /// As `Func::call`; a message where the time is up.
    pub fn call(
        &mut self,
        (export, func): (&str, Func),
        store: &mut Store<Host>,
        shadow: &Shadow,
        arguments: &[Val],
        results: &mut [Val],
    ) -> Result<(), wasmi::Error> {
        stop::listen();
        self.grant(store, 0)?;
        let mut call = func.call_resumable(&mut *store, arguments, results);
        loop {
            let paused = match call {
                Ok(ResumableCall::OutOfFuel(paused)) => paused,
                other => {
                    self.sample(export, store, shadow)?;
                    return match other {
                        Ok(ResumableCall::HostTrap(trap)) => Err(trap.into_host_error()),
                        Ok(_) => Ok(()),
                        Err(error) => Err(error),
                    };
                }
            };
            self.sample(export, store, shadow)?;
            if stop::is_requested() {
                return Err(wasmi::Error::new("its time is up"));
            }
            self.grant(store, paused.required_fuel())?;
            call = paused.resume(&mut *store, results);
        }
    }

    /// Fills the store up to a slice, or to what is required if that is more.
    fn grant(&mut self, store: &mut Store<Host>, required: u64) -> Result<(), wasmi::Error> {
        let has = store.get_fuel()?;
        let size = (self.used / 1000).clamp(self.least, self.most);
        let wanted = size.max(required);
        let more = wanted
            .saturating_sub(has)
            .min(self.left.unwrap_or(u64::MAX));
        if has + more < required {
            return Err(TrapCode::OutOfFuel.into());
        }
        self.left = self.left.map(|left| left - more);
        self.granted = has + more;
        store.set_fuel(self.granted)
    }

    fn sample(
        &mut self,
        export: &str,
        store: &Store<Host>,
        shadow: &Shadow,
    ) -> Result<(), wasmi::Error> {
        let used = self.granted.saturating_sub(store.get_fuel()?);
        self.used = self.used.saturating_add(used);
        if let Some(sampler) = &mut self.sampler {
            sampler(export, shadow.slots(store), used);
        }
        Ok(())
    }
}
