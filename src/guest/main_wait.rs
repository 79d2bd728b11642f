//! Records where `main` of a TinyGo program waits. While its goroutine waits, its frames are not on the shadow stack,
//! because Asyncify has unwound them.

use super::shadow_stack::InstanceShadowStack;
use crate::error::Error;
use crate::host::Host;
use crate::instrument::{SLOT_BYTES, SiteKind, SiteTable};
use std::sync::{Arc, Mutex, PoisonError};
use wasmi::{Caller, Func, Instance, Nullable, Store};

/// The last wait of the goroutine of `main`.
#[derive(Clone, Default)]
pub(super) struct MainWait(Arc<Mutex<LastWait>>);

#[derive(Default)]
struct LastWait {
    /// The function of the goroutine of `main`, which is the first that waits.
    function: Option<u32>,
    /// The slots of the shadow stack; none if there were too many.
    slots: Vec<u8>,
}

/// The maximum size of the slots that are copied when a goroutine waits.
const MAX_BYTES: usize = 64 << 10;

/// The maximum number of functions of the runtime before that of a goroutine.
const MAX_OUTER_FUNCTIONS: usize = 16;

impl MainWait {
    /// Provides the function that an instrumented module calls before it unwinds the stack.
    ///
    /// # Errors
    ///
    /// `Runner` if the instance has no table for this function.
    pub(super) fn provide(
        table: &str,
        store: &mut Store<Host>,
        instance: Instance,
        (shadow_stack, sites): (InstanceShadowStack, Arc<SiteTable>),
    ) -> Result<Self, Error> {
        let wait = Self::default();
        let receiver = wait.clone();
        let receive = move |caller: Caller<'_, Host>| {
            receiver.record(&shadow_stack.slots(&caller), &sites);
        };
        let func = Func::wrap(&mut *store, receive);
        let table = instance.get_table(&*store, table);
        let set = table.map(|table| table.set(&mut *store, 0, Nullable::from(func).into()));
        match set {
            Some(Ok(())) => Ok(wait),
            _ => Err(Error::runner(
                "the instrumented module cannot report that goroutines wait",
            )),
        }
    }

    fn record(&self, slots: &[u8], sites: &SiteTable) {
        let Some(function) = goroutine(slots, sites) else {
            return;
        };
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *last.function.get_or_insert(function) == function {
            last.slots.clear();
            if slots.len() <= MAX_BYTES {
                last.slots.extend_from_slice(slots);
            }
        }
    }

    /// The slots of the last wait; empty if the stack `current` is that of a goroutine.
    pub(super) fn slots(&self, current: &[u8], sites: &SiteTable) -> Vec<u8> {
        if goroutine(current, sites).is_some() {
            return Vec::new();
        }
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.slots.clone()
    }
}

/// The function that a goroutine runs, which the runtime calls through a table; `None` if no goroutine runs.
fn goroutine(slots: &[u8], sites: &SiteTable) -> Option<u32> {
    let slots = slots.chunks_exact(SLOT_BYTES).take(MAX_OUTER_FUNCTIONS);
    let mut sites = slots.filter_map(|slot| {
        let number = u32::from_le_bytes(*slot.first_chunk()?);
        sites.site(number)
    });
    sites.find(|site| site.kind == SiteKind::Call(None))?;
    sites.next().map(|site| site.function)
}
