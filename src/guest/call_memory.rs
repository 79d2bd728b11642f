//! The guest's memory that a call allocates, for its arguments and its result, and frees when it has returned.

use super::allocator::{Allocation, Allocator};
use super::instance::Instance;
use super::lower::{LoweredArg, PassedAs};
use super::memory_span::{self, MemorySpan};
use super::{Outcome, TrapSite};
use crate::call_expr::{CallExpr, View};
use crate::error::Error;
use wasmi::Val;

/// The alignment of a result returned through memory: that of the widest scalar.
const RESULT_ALIGN: u32 = 8;

/// The guest's memory that a call has allocated.
pub(super) struct CallMemory<'a> {
    /// The module's allocator. A call that needs it was refused without it.
    allocator: Option<&'a Allocator>,
    allocations: Vec<Allocation>,
}

impl<'a> CallMemory<'a> {
    pub(super) fn new(allocator: Option<&'a Allocator>) -> Self {
        Self {
            allocator,
            allocations: Vec::new(),
        }
    }

    fn allocator(&self) -> Result<&'a Allocator, Error> {
        let missing = || Error::runner("the program has no allocator");
        self.allocator.ok_or_else(missing)
    }

    /// Allocates memory for the result.
    ///
    /// # Errors
    ///
    /// As [`Allocator::allocate`].
    pub(super) fn allocate(
        &mut self,
        instance: &mut Instance,
        length: u32,
    ) -> Result<Allocation, Outcome> {
        let allocator = self.allocator()?;
        let allocation = allocator.allocate(instance, length, RESULT_ALIGN)?;
        self.allocations.push(allocation);
        Ok(allocation)
    }

    /// Adds the values of an argument to `values`, after copying its bytes into the guest's memory.
    ///
    /// # Errors
    ///
    /// As [`Allocator::put`].
    pub(super) fn pass(
        &mut self,
        arg: LoweredArg,
        instance: &mut Instance,
        values: &mut Vec<Val>,
    ) -> Result<(), Outcome> {
        let mut arg = match arg {
            LoweredArg::Value(value) => {
                values.push(value);
                return Ok(());
            }
            LoweredArg::Memory(arg) => arg,
        };
        let address = match arg.bytes.length() {
            Some(0) => 0,
            _ => {
                let allocation = self.allocator()?.put(instance, &mut arg)?;
                self.allocations.push(allocation);
                allocation.used.address
            }
        };
        let count = memory_span::word(arg.count());
        values.extend([memory_span::word(address), count.clone()]);
        if arg.passed == PassedAs::Slice {
            values.push(count);
        }
        Ok(())
    }

    /// Frees the memory of an owned result, unless it is also an argument, which is freed with the others.
    ///
    /// # Errors
    ///
    /// Every outcome except a return. A trap has the call with a result that is not owned.
    pub(super) fn free_owned(
        &self,
        instance: &mut Instance,
        owned: MemorySpan,
        call: CallExpr,
    ) -> Result<(), Outcome> {
        let mut allocations = self.allocations.iter();
        if allocations.any(|allocation| allocation.whole.address == owned.address) {
            return Ok(());
        }
        let freed = self.allocator()?.free(instance, owned);
        freed.map_err(|outcome| match outcome {
            Outcome::Trapped(mut trap) => {
                let view = call.view.clone().map(View::unowned);
                let unowned = CallExpr { view, ..call };
                trap.site = TrapSite::FreeOfResult {
                    correction: unowned.option(),
                };
                Outcome::Trapped(trap)
            }
            other => other,
        })
    }

    /// Frees all that was allocated.
    ///
    /// # Errors
    ///
    /// Every outcome except a return.
    pub(super) fn free(self, instance: &mut Instance) -> Result<(), Outcome> {
        for allocation in &self.allocations {
            self.allocator()?.free(instance, allocation.whole)?;
        }
        Ok(())
    }
}
