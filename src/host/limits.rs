//! The bounds on what a guest takes from the host while it runs: all its linear memories together,
//! and all its tables together. wasmi's own limiter counts each for itself.

use super::peak_memory::{Growth, PeakMemory};
use crate::module::Interface;
use crate::size::Size;
use crate::stop::allocator;
use wasmi::ResourceLimiter;
use wasmi::errors::{MemoryError, TableError};
use wasmi_core::LimiterError;

/// How many elements all tables together may have. A Go program has one element for each function
/// whose address is taken, some thousands; a million takes 4 MB of the host.
pub const MAX_TABLE_ELEMENTS: u64 = 1 << 20;

/// The least size of a growth that is announced to the allocator, in bytes. An announcement lasts until the call
/// into the guest returns, and would excuse the runner's own small requests.
const MIN_ANNOUNCED_BYTES: usize = 64 << 10;

/// What an element takes in the engine, in bytes.
const BYTES_PER_ELEMENT: usize = 4;

/// What an element of a segment takes of the host, in bytes: the expression that it is computed by.
const BYTES_PER_EXPRESSION: u64 = 40;

/// What a module's element segments take of the host, in bytes, as far as there are more elements than its
/// tables have. A program fills its tables once; only a module made to take memory has many more.
pub fn segment_bytes(interface: &Interface) -> u64 {
    let more = interface
        .segment_elements
        .saturating_sub(interface.initial_table);
    more.saturating_mul(BYTES_PER_EXPRESSION)
}

/// How many memories, and how many tables, a run may have.
const MAX_COUNT: usize = 100;

/// How many instances a run may have.
const MAX_INSTANCES: usize = 100;

/// Counts what the guest has, and refuses what would be too much.
#[derive(Debug)]
pub struct Limits {
    memory: Tally,
    table: Tally,
    /// The last growth of a memory, where it was refused.
    refused: Option<Refusal>,
    /// Whether growths are the guest's.
    growing: Growing,
    /// Whether the last request was for more of a memory that had a size.
    is_growth: bool,
    /// How many more growths the runner's own stack is good for.
    growths_left: u64,
    /// The maximum of the memory that is the runner's own.
    left_out: Option<u64>,
    /// Whose memory grew last.
    last: Whose,
    peak: PeakMemory,
}

/// Who grows a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Growing {
    /// The guest: its growths are counted, and a refusal is remembered.
    Guest,
    /// The runner, before the guest runs.
    Runner,
}

/// Whose a memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Guest,
    Runner,
}

/// A growth of linear memory that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It would have gone past `--max-memory`.
    Limit {
        /// What all memories together would have come to.
        asked: Size,
        /// What they may come to.
        allowed: Size,
    },
    /// The machine had not that much.
    Machine {
        /// What all memories together would have come to.
        asked: Size,
    },
}

/// An amount in use under a bound. The engine announces a growth, which is counted at once, and may
/// announce afterwards that it failed.
#[derive(Debug)]
struct Tally {
    used: u64,
    bound: u64,
    /// What was in use before the last growth.
    before: u64,
}

impl Limits {
    /// No more than `max_memory` for all linear memories together; `None` leaves them to wasm's own
    /// bound of 4 GiB each. What they come to is told to `peak`.
    pub fn new(max_memory: Option<Size>, peak: PeakMemory) -> Self {
        Self {
            memory: Tally::new(max_memory.map_or(u64::MAX, |size| size.0)),
            table: Tally::new(MAX_TABLE_ELEMENTS),
            refused: None,
            growing: Growing::Guest,
            is_growth: false,
            growths_left: u64::MAX,
            left_out: None,
            last: Whose::Guest,
            peak,
        }
    }

    /// Counts so many bytes of the host's as memory that is in use.
    pub fn hold(&mut self, bytes: u64) {
        self.memory.used = self.memory.used.saturating_add(bytes);
    }

    /// Does not count the memory with this maximum, in bytes, which no other has.
    pub fn leave_out(&mut self, maximum: u64) {
        self.left_out = Some(maximum);
    }

    /// Takes the next growths for the runner's own until [`Limits::end_preparation`]: they count as memory in
    /// use, but not as growths.
    pub fn begin_preparation(&mut self) {
        self.growing = Growing::Runner;
    }

    /// From now on growths are the guest's.
    pub fn end_preparation(&mut self) {
        self.growing = Growing::Guest;
        self.refused = None;
    }

    /// How much more all linear memories may have, in bytes.
    pub fn memory_left(&self) -> u64 {
        self.memory.bound.saturating_sub(self.memory.used)
    }

    /// Bounds how often memories and tables may grow, or be asked to, in all.
    pub fn allow_growths(&mut self, count: u64) {
        self.growths_left = count;
    }

    /// Whether the guest was stopped for asking more often.
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

    /// What all linear memories together may come to, where that is bounded.
    pub fn max_memory(&self) -> Option<Size> {
        (self.memory.bound < u64::MAX).then_some(Size(self.memory.bound))
    }

    /// The refusal of the last growth of a memory; `None` where it was granted or there was none.
    pub fn refused(&self) -> Option<Refusal> {
        self.refused
    }
}

impl Tally {
    fn new(bound: u64) -> Self {
        Self {
            used: 0,
            bound,
            before: 0,
        }
    }

    /// What a growth would lead to, counted if it is within the bound.
    fn grow(&mut self, current: usize, desired: usize) -> Result<(), u64> {
        let additional = desired.saturating_sub(current) as u64;
        let total = self.used.saturating_add(additional);
        if total > self.bound {
            return Err(total);
        }
        self.before = self.used;
        self.used = total;
        Ok(())
    }

    /// Takes the last growth back, and tells what it would have led to.
    fn take_back(&mut self) -> u64 {
        std::mem::replace(&mut self.used, self.before)
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        self.last = match maximum.map(|size| size as u64) {
            Some(size) if Some(size) == self.left_out => Whose::Runner,
            _ => Whose::Guest,
        };
        if self.last == Whose::Runner {
            return Ok(true);
        }
        if self.growing == Growing::Guest {
            self.count_growth()?;
        }
        self.peak.keep();
        let grown = self.memory.grow(current, desired);
        self.refused = grown.err().map(|asked| Refusal::Limit {
            asked: Size(asked),
            allowed: Size(self.memory.bound),
        });
        self.peak.set(self.memory.used);
        // A memory begins by growing from nothing.
        self.is_growth = current > 0 && self.growing == Growing::Guest;
        if self.is_growth {
            self.peak.count(match grown {
                Ok(()) => Growth::Granted,
                Err(_) => Growth::Refused,
            });
        }
        if grown.is_ok() {
            allocator::announce_growth(desired.max(MIN_ANNOUNCED_BYTES));
        }
        Ok(grown.is_ok())
    }

    fn memory_grow_failed(&mut self, error: &MemoryError) -> Result<(), LimiterError> {
        if self.last == Whose::Runner {
            return Ok(());
        }
        let asked = self.memory.take_back();
        self.peak.set(self.memory.used);
        if self.is_growth {
            self.peak.count(Growth::TakenBack);
        }
        // Running out of fuel for a growth is no refusal of memory.
        if !matches!(error, MemoryError::OutOfFuel { .. }) {
            self.refused = Some(Refusal::Machine { asked: Size(asked) });
            if self.growing == Growing::Guest {
                self.peak.count(Growth::Refused);
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
            let bytes = desired.saturating_mul(BYTES_PER_ELEMENT);
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
        MAX_COUNT
    }

    fn memories(&self) -> usize {
        MAX_COUNT + usize::from(self.left_out.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, PeakMemory, Refusal};
    use crate::size::Size;
    use wasmi::ResourceLimiter;
    use wasmi::errors::MemoryError;

    #[test]
    fn memories_are_counted_together() {
        let mut limits = Limits::new(Some(Size(300)), PeakMemory::default());
        assert!(
            limits
                .memory_growing(0, 100, None)
                .is_ok_and(|granted| granted)
        );
        assert!(
            limits
                .memory_growing(0, 100, None)
                .is_ok_and(|granted| granted)
        );
        assert!(
            limits
                .memory_growing(100, 201, None)
                .is_ok_and(|granted| !granted)
        );
        let refusal = Refusal::Limit {
            asked: Size(301),
            allowed: Size(300),
        };
        assert_eq!(limits.refused(), Some(refusal));
        assert!(
            limits
                .memory_growing(100, 200, None)
                .is_ok_and(|granted| granted)
        );
        assert_eq!(limits.refused(), None);
    }

    #[test]
    fn a_growth_that_failed_is_taken_back() {
        let mut limits = Limits::new(Some(Size(300)), PeakMemory::default());
        assert!(
            limits
                .memory_growing(0, 300, None)
                .is_ok_and(|granted| granted)
        );
        assert!(
            limits
                .memory_grow_failed(&MemoryError::OutOfSystemMemory)
                .is_ok()
        );
        assert_eq!(
            limits.refused(),
            Some(Refusal::Machine { asked: Size(300) })
        );
        assert!(
            limits
                .memory_growing(0, 300, None)
                .is_ok_and(|granted| granted)
        );
    }
}
