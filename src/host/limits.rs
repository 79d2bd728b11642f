//! Limits on the memory of a running guest: on all linear memories together, and on all tables together. wasmi's own
//! limiter has a limit for each memory and each table.

use super::peak_memory::{GrowthResult, PeakMemory};
use crate::module::Interface;
use crate::native_heap;
use crate::size::Size;
use crate::stop::stack_copy;
use wasmi::ResourceLimiter;
use wasmi::errors::{MemoryError, TableError};
use wasmi_core::LimiterError;

/// The maximum number of elements in all tables together. A Go program has one for each function whose address is
/// taken, typically a few thousand. A million elements take 4 MB of the host's memory.
pub const MAX_TABLE_ELEMENTS: u64 = 1 << 20;

/// The maximum number of memories, and of tables, in a run.
const MAX_MEMORIES: usize = 100;

/// The maximum number of instances in a run.
const MAX_INSTANCES: usize = 100;

/// The minimum size of a growth that is announced to the allocator, in bytes. An announcement lasts until the call
/// into the guest returns. If it were smaller, failed small allocations of the runner would be taken for the guest's.
const MIN_ANNOUNCED_BYTES: usize = 64 << 10;

/// The size of a table element in the engine.
const ELEMENT_BYTES: usize = 4;

/// The size of a segment's element in the engine, which stores it as an expression.
const SEGMENT_ELEMENT_BYTES: u64 = 40;

/// The host memory, in bytes, for the elements that a module's element segments have in excess of its tables' size. A
/// compiler writes one segment element for each table element, so only a hostile module has many more.
pub fn segment_bytes(interface: &Interface) -> u64 {
    let excess = interface
        .segment_elements
        .saturating_sub(interface.initial_table);
    excess.saturating_mul(SEGMENT_ELEMENT_BYTES)
}

/// Counts the memory and table elements that the guest uses, and refuses growth beyond a limit.
#[derive(Debug)]
pub struct Limits {
    memory: Quota,
    table: Quota,
    /// The refusal of the last growth of a memory; `None` if it was granted.
    last_refusal: Option<Refusal>,
    phase: GrowthPhase,
    last_growth: MemoryGrowth,
    /// The number of growths that the native stack still has space for: see [`crate::stop::native_stack`].
    growths_left: u64,
    /// The maximum, in bytes, that identifies the memory that does not count.
    exempt_maximum: Option<u64>,
    peak: PeakMemory,
}

/// Who is growing memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GrowthPhase {
    /// The guest. Growths and refusals are counted.
    Guest,
    /// The runner, before the guest runs. Growths count only as memory in use.
    Runner,
}

/// A growth of a memory that the engine asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MemoryGrowth {
    /// A growth of the memory that does not count.
    Exempt,
    /// The allocation of a memory's initial size, or a growth by the runner.
    Initial,
    /// The guest's `memory.grow`.
    ByGuest,
}

/// A growth of linear memory that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It would have exceeded `--max-memory`.
    Limit {
        /// The size that all memories together would have had.
        asked: Size,
        /// The largest size allowed.
        allowed: Size,
    },
    /// The machine did not have the memory.
    Machine {
        /// The size that all memories together would have had.
        asked: Size,
    },
}

/// An amount in use and its limit. The engine announces a growth before it allocates, and reports afterwards if that
/// failed.
#[derive(Debug)]
struct Quota {
    used: u64,
    limit: u64,
    used_before_growth: u64,
}

impl Quota {
    fn new(limit: u64) -> Self {
        Self {
            used: 0,
            limit,
            used_before_growth: 0,
        }
    }

    /// Counts a growth. Returns the new total as an error if it would exceed the limit.
    fn grow(&mut self, current: usize, desired: usize) -> Result<(), u64> {
        let additional = desired.saturating_sub(current) as u64;
        let total = self.used.saturating_add(additional);
        if total > self.limit {
            return Err(total);
        }
        self.used_before_growth = self.used;
        self.used = total;
        Ok(())
    }

    /// Rolls back the last growth. Returns the total that it had led to.
    fn roll_back(&mut self) -> u64 {
        std::mem::replace(&mut self.used, self.used_before_growth)
    }
}

impl Limits {
    /// Limits all linear memories together to `max_memory`. With `None`, only wasm's limit of 4 GiB for each memory
    /// applies. `peak` is updated with the memories' size.
    pub fn new(max_memory: Option<Size>, peak: PeakMemory) -> Self {
        Self {
            memory: Quota::new(max_memory.map_or(u64::MAX, |size| size.0)),
            table: Quota::new(MAX_TABLE_ELEMENTS),
            last_refusal: None,
            phase: GrowthPhase::Guest,
            last_growth: MemoryGrowth::Initial,
            growths_left: u64::MAX,
            exempt_maximum: None,
            peak,
        }
    }

    /// Counts host memory as memory in use by the guest.
    pub fn charge(&mut self, bytes: u64) {
        self.memory.used = self.memory.used.saturating_add(bytes);
    }

    /// Exempts a memory from the limit. It is identified by its maximum in bytes, which no other memory has.
    pub fn exempt_memory(&mut self, maximum: u64) {
        self.exempt_maximum = Some(maximum);
    }

    /// Attributes growths to the runner until [`Limits::end_preparation`]: they count as memory in use, but not as
    /// growths.
    pub fn begin_preparation(&mut self) {
        self.phase = GrowthPhase::Runner;
    }

    /// Attributes growths to the guest from now on.
    pub fn end_preparation(&mut self) {
        self.phase = GrowthPhase::Guest;
        self.last_refusal = None;
    }

    /// The number of bytes by which all linear memories together can still grow.
    pub fn memory_left(&self) -> u64 {
        self.memory.limit.saturating_sub(self.memory.used)
    }

    /// Limits the number of executions of `memory.grow` and `table.grow`.
    pub fn allow_growths(&mut self, count: u64) {
        self.growths_left = count;
    }

    /// Returns true if the guest was stopped because it exceeded that number.
    pub fn are_growths_used_up(&self) -> bool {
        self.growths_left == 0
    }

    fn count_growth(&mut self) -> Result<(), LimiterError> {
        self.growths_left = self.growths_left.saturating_sub(1);
        match self.growths_left {
            0 => Err(LimiterError::ResourceLimiterDeniedAllocation),
            _ => Ok(()),
        }
    }

    /// The limit of all linear memories together.
    pub fn max_memory(&self) -> Option<Size> {
        (self.memory.limit < u64::MAX).then_some(Size(self.memory.limit))
    }

    /// The refusal of the last growth of a memory; `None` if it was granted, or no memory was grown.
    pub fn last_refusal(&self) -> Option<Refusal> {
        self.last_refusal
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        let maximum = maximum.map(|size| size as u64);
        self.last_growth = match self.phase {
            _ if maximum.is_some() && maximum == self.exempt_maximum => MemoryGrowth::Exempt,
            GrowthPhase::Guest if current > 0 => MemoryGrowth::ByGuest,
            // The engine allocates a new memory as a growth from 0.
            _ => MemoryGrowth::Initial,
        };
        if self.last_growth == MemoryGrowth::Exempt {
            stack_copy::forbid();
            return Ok(true);
        }
        if self.phase == GrowthPhase::Guest {
            self.count_growth()?;
        }
        self.peak.confirm_growth();
        let grown = self.memory.grow(current, desired);
        self.last_refusal = grown.err().map(|asked| Refusal::Limit {
            asked: Size(asked),
            allowed: Size(self.memory.limit),
        });
        self.peak.set(self.memory.used);
        if self.last_growth == MemoryGrowth::ByGuest {
            self.peak.count(match grown {
                Ok(()) => GrowthResult::Granted,
                Err(_) => GrowthResult::Refused,
            });
        }
        if grown.is_ok() {
            native_heap::announce_growth(desired.max(MIN_ANNOUNCED_BYTES));
        }
        Ok(grown.is_ok())
    }

    fn memory_grow_failed(&mut self, error: &MemoryError) -> Result<(), LimiterError> {
        if self.last_growth == MemoryGrowth::Exempt {
            return Ok(());
        }
        let asked = self.memory.roll_back();
        self.peak.set(self.memory.used);
        if self.last_growth == MemoryGrowth::ByGuest {
            self.peak.count(GrowthResult::RolledBack);
        }
        // Running out of fuel is not a refusal.
        if !matches!(error, MemoryError::OutOfFuel { .. }) {
            self.last_refusal = Some(Refusal::Machine { asked: Size(asked) });
            if self.phase == GrowthPhase::Guest {
                self.peak.count(GrowthResult::Refused);
            }
        }
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        self.count_growth()?;
        let grown = self.table.grow(current, desired);
        if grown.is_ok() {
            let bytes = desired.saturating_mul(ELEMENT_BYTES);
            native_heap::announce_growth(bytes.max(MIN_ANNOUNCED_BYTES));
        }
        Ok(grown.is_ok())
    }

    fn table_grow_failed(&mut self, _error: &TableError) -> Result<(), LimiterError> {
        self.table.roll_back();
        Ok(())
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_MEMORIES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES + usize::from(self.exempt_maximum.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, PeakMemory, Refusal};
    use crate::size::Size;
    use wasmi::ResourceLimiter;
    use wasmi::errors::MemoryError;

    /// Requests a growth. Returns true if it was granted.
    fn grow(limits: &mut Limits, current: usize, desired: usize) -> bool {
        limits
            .memory_growing(current, desired, None)
            .is_ok_and(|granted| granted)
    }

    #[test]
    fn memories_are_limited_together() {
        let mut limits = Limits::new(Some(Size(300)), PeakMemory::default());
        assert!(grow(&mut limits, 0, 100));
        assert!(grow(&mut limits, 0, 100));
        assert!(!grow(&mut limits, 100, 201));
        let refusal = Refusal::Limit {
            asked: Size(301),
            allowed: Size(300),
        };
        assert_eq!(limits.last_refusal(), Some(refusal));
        assert!(grow(&mut limits, 100, 200));
        assert_eq!(limits.last_refusal(), None);
    }

    #[test]
    fn a_failed_growth_is_rolled_back() {
        let mut limits = Limits::new(Some(Size(300)), PeakMemory::default());
        assert!(grow(&mut limits, 0, 300));
        let failed = limits.memory_grow_failed(&MemoryError::OutOfSystemMemory);
        assert!(failed.is_ok());
        let refusal = Refusal::Machine { asked: Size(300) };
        assert_eq!(limits.last_refusal(), Some(refusal));
        assert!(grow(&mut limits, 0, 300));
    }
}
