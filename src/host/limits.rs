//! Limits on the memory that a guest takes while it runs: all linear memories together, and all tables together.
//! wasmi's own limiter has a limit for each memory and each table.

use super::peak_memory::{GrowthResult, PeakMemory};
use crate::module::Interface;
use crate::size::Size;
use crate::stop::allocator;
use wasmi::ResourceLimiter;
use wasmi::errors::{MemoryError, TableError};
use wasmi_core::LimiterError;

/// How many elements all tables together may have. A Go program has one for each function whose address is taken, a few
/// thousand; a million takes 4 MB of the host's memory.
pub const MAX_TABLE_ELEMENTS: u64 = 1 << 20;

/// How many memories, and how many tables, a run may have.
const MAX_MEMORIES: usize = 100;

/// How many instances a run may have.
const MAX_INSTANCES: usize = 100;

/// The smallest growth that is announced to the allocator, in bytes. An announcement lasts until the call into the guest
/// returns, and would also excuse small allocations of the runner's own.
const MIN_ANNOUNCED_BYTES: usize = 64 << 10;

/// The size of a table's element in the engine.
const ELEMENT_BYTES: usize = 4;

/// The size of a segment's element in the engine: the expression that computes it.
const SEGMENT_ELEMENT_BYTES: u64 = 40;

/// What a module's element segments take of the host's memory, in bytes, as far as they have more elements than its
/// tables. A program fills its tables once; only a module made to take memory has many more.
pub fn segment_bytes(interface: &Interface) -> u64 {
    let more = interface
        .segment_elements
        .saturating_sub(interface.initial_table);
    more.saturating_mul(SEGMENT_ELEMENT_BYTES)
}

/// Counts what the guest has, and refuses what would exceed a limit.
#[derive(Debug)]
pub struct Limits {
    memory: Quota,
    table: Quota,
    /// The last growth of a memory, if it was refused.
    refused: Option<Refusal>,
    phase: GrowthPhase,
    last_growth: MemoryGrowth,
    /// How many more growths the native stack has space for: see [`crate::stop::native_stack`].
    growths_left: u64,
    /// The maximum of the memory that does not count.
    exempt_maximum: Option<u64>,
    peak: PeakMemory,
}

/// Who grows memories at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GrowthPhase {
    /// The guest: growths are counted, and a refusal is kept.
    Guest,
    /// The runner, before the guest runs.
    Runner,
}

/// A growth of a memory that the engine asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MemoryGrowth {
    /// Of the memory that does not count.
    Exempt,
    /// To the initial size, or by the runner.
    Initial,
    /// By the guest's `memory.grow`.
    ByGuest,
}

/// A growth of linear memory that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It would have exceeded `--max-memory`.
    Limit {
        /// The size of all memories together after it.
        asked: Size,
        /// The largest size allowed.
        allowed: Size,
    },
    /// The machine did not have the memory.
    Machine {
        /// The size of all memories together after it.
        asked: Size,
    },
}

/// An amount in use and its limit. The engine announces a growth, which counts from then on, and may report afterwards
/// that it failed.
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

    /// Counts a growth, or returns the amount that would have exceeded the limit.
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

    /// Takes back the last growth. Returns the amount that it led to.
    fn take_back(&mut self) -> u64 {
        std::mem::replace(&mut self.used, self.used_before_growth)
    }
}

impl Limits {
    /// Limits all linear memories together to `max_memory`; `None` leaves each to wasm's own limit of 4 GiB. `peak` gets
    /// their size.
    pub fn new(max_memory: Option<Size>, peak: PeakMemory) -> Self {
        Self {
            memory: Quota::new(max_memory.map_or(u64::MAX, |size| size.0)),
            table: Quota::new(MAX_TABLE_ELEMENTS),
            refused: None,
            phase: GrowthPhase::Guest,
            last_growth: MemoryGrowth::Initial,
            growths_left: u64::MAX,
            exempt_maximum: None,
            peak,
        }
    }

    /// Counts so many bytes of the host's memory as the guest's.
    pub fn hold(&mut self, bytes: u64) {
        self.memory.used = self.memory.used.saturating_add(bytes);
    }

    /// Exempts the memory with this maximum in bytes, which no other memory has.
    pub fn leave_out(&mut self, maximum: u64) {
        self.exempt_maximum = Some(maximum);
    }

    /// Counts growths as the runner's until [`Limits::end_preparation`]: as memory in use, but not as growths.
    pub fn begin_preparation(&mut self) {
        self.phase = GrowthPhase::Runner;
    }

    /// Counts growths as the guest's from now on.
    pub fn end_preparation(&mut self) {
        self.phase = GrowthPhase::Guest;
        self.refused = None;
    }

    /// How much all linear memories together may still grow, in bytes.
    pub fn memory_left(&self) -> u64 {
        self.memory.limit.saturating_sub(self.memory.used)
    }

    /// Limits how often `memory.grow` and `table.grow` may be executed.
    pub fn allow_growths(&mut self, count: u64) {
        self.growths_left = count;
    }

    /// Returns true if the guest was stopped because it executed them more often.
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

    /// The refusal of the last growth of a memory; `None` where it was granted or there was none.
    pub fn refused(&self) -> Option<Refusal> {
        self.refused
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
            // A new memory grows from nothing.
            _ => MemoryGrowth::Initial,
        };
        if self.last_growth == MemoryGrowth::Exempt {
            return Ok(true);
        }
        if self.phase == GrowthPhase::Guest {
            self.count_growth()?;
        }
        self.peak.keep();
        let grown = self.memory.grow(current, desired);
        self.refused = grown.err().map(|asked| Refusal::Limit {
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
            allocator::announce_growth(desired.max(MIN_ANNOUNCED_BYTES));
        }
        Ok(grown.is_ok())
    }

    fn memory_grow_failed(&mut self, error: &MemoryError) -> Result<(), LimiterError> {
        if self.last_growth == MemoryGrowth::Exempt {
            return Ok(());
        }
        let asked = self.memory.take_back();
        self.peak.set(self.memory.used);
        if self.last_growth == MemoryGrowth::ByGuest {
            self.peak.count(GrowthResult::TakenBack);
        }
        // A growth for which the fuel does not suffice is not refused for lack of memory.
        if !matches!(error, MemoryError::OutOfFuel { .. }) {
            self.refused = Some(Refusal::Machine { asked: Size(asked) });
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
            allocator::announce_growth(bytes.max(MIN_ANNOUNCED_BYTES));
        }
        Ok(grown.is_ok())
    }

    fn table_grow_failed(&mut self, _error: &TableError) -> Result<(), LimiterError> {
        self.table.take_back();
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

    /// Asks for a growth. Returns true if it was granted.
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
        assert_eq!(limits.refused(), Some(refusal));
        assert!(grow(&mut limits, 100, 200));
        assert_eq!(limits.refused(), None);
    }

    #[test]
    fn a_growth_that_failed_is_taken_back() {
        let mut limits = Limits::new(Some(Size(300)), PeakMemory::default());
        assert!(grow(&mut limits, 0, 300));
        let failed = limits.memory_grow_failed(&MemoryError::OutOfSystemMemory);
        assert!(failed.is_ok());
        let refusal = Refusal::Machine { asked: Size(300) };
        assert_eq!(limits.refused(), Some(refusal));
        assert!(grow(&mut limits, 0, 300));
    }
}
