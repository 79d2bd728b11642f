//! Runs the guest in fuel slices. wasmi cannot be interrupted, so a run whose stack is sampled, or that can be stopped
//! with a call stack, gets its fuel in slices and is resumed after each.

use super::shadow_stack::InstanceShadowStack;
use crate::host::Host;
use crate::stop;
use wasmi::{Func, ResumableCall, Store, TrapCode, Val};

/// Receives the export that was called, the slots of the shadow stack as in
/// [`StackSnapshot`](super::StackSnapshot), and the fuel used since the last call.
pub type Sampler<'a> = &'a mut dyn FnMut(&str, &[u8], u64);

/// The bounds of a slice in units of fuel. Within these, a slice is a 500th of the fuel used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceBounds {
    /// The smallest slice.
    pub min: u64,
    /// The largest slice.
    pub max: u64,
}

/// The fuel of a run that is divided into slices.
pub struct FuelSlices<'a> {
    bounds: SliceBounds,
    /// The fuel used so far.
    used: u64,
    /// The fuel in the store when the slice began.
    granted: u64,
    /// The fuel that may still be granted; `None` without a limit.
    left: Option<u64>,
    sampler: Option<Sampler<'a>>,
}

impl<'a> FuelSlices<'a> {
    /// Creates slices within these bounds, with `fuel` in total.
    pub fn new(bounds: SliceBounds, fuel: Option<u64>, sampler: Option<Sampler<'a>>) -> Self {
        Self {
            bounds,
            used: 0,
            granted: 0,
            left: fuel,
            sampler,
        }
    }

    /// The fuel that has not been granted to the store; `None` without a limit.
    pub(super) fn left(&self) -> Option<u64> {
        self.left
    }

    /// Calls a function, slice by slice.
    ///
    /// # Errors
    ///
    /// As [`Func::call`]; a message after a stop request.
    pub fn call(
        &mut self,
        (export, func): (&str, Func),
        store: &mut Store<Host>,
        shadow_stack: Option<&InstanceShadowStack>,
        arguments: &[Val],
        results: &mut [Val],
    ) -> Result<(), wasmi::Error> {
        self.grant(store, 0)?;
        let mut call = func.call_resumable(&mut *store, arguments, results);
        loop {
            let paused = match call {
                Ok(ResumableCall::OutOfFuel(paused)) => paused,
                other => {
                    self.sample(export, store, shadow_stack)?;
                    return match other {
                        Ok(ResumableCall::HostTrap(trap)) => Err(trap.into_host_error()),
                        Ok(_) => Ok(()),
                        Err(error) => Err(error),
                    };
                }
            };
            self.sample(export, store, shadow_stack)?;
            if stop::is_requested() {
                return Err(wasmi::Error::new("a stop was requested"));
            }
            self.grant(store, paused.required_fuel())?;
            call = paused.resume(&mut *store, results);
        }
    }

    /// Refills the store with one slice, or with `required` units if that is more.
    fn grant(&mut self, store: &mut Store<Host>, required: u64) -> Result<(), wasmi::Error> {
        let present = store.get_fuel()?;
        let slice = (self.used / 500).clamp(self.bounds.min, self.bounds.max);
        let missing = slice.max(required).saturating_sub(present);
        let added = missing.min(self.left.unwrap_or(u64::MAX));
        if present + added < required {
            return Err(TrapCode::OutOfFuel.into());
        }
        self.left = self.left.map(|left| left - added);
        self.granted = present + added;
        store.set_fuel(self.granted)
    }

    fn sample(
        &mut self,
        export: &str,
        store: &Store<Host>,
        shadow_stack: Option<&InstanceShadowStack>,
    ) -> Result<(), wasmi::Error> {
        let used = self.granted.saturating_sub(store.get_fuel()?);
        self.used = self.used.saturating_add(used);
        if let (Some(sampler), Some(shadow_stack)) = (&mut self.sampler, shadow_stack) {
            sampler(export, &shadow_stack.slots(store), used);
        }
        Ok(())
    }
}
