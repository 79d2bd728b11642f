//! The allocations of a run by call stack. Every allocation is counted.

use super::slots::{self, StackEntry, TopSlot};
use super::stack_table::StackTable;
use crate::instrument::SiteTable;
use std::collections::HashSet;

/// The counts of allocations by call stack.
pub struct Allocations {
    stacks: StackTable<AllocationCounts>,
    /// The numbers of the sites whose calls are part of an earlier allocation.
    inner_sites: HashSet<u32>,
}

/// The number and size of allocations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllocationCounts {
    /// The number of allocated objects.
    pub objects: u64,
    /// Their total size.
    pub bytes: u64,
}

impl Allocations {
    /// Creates empty counts. Calls by `inner_callers` are part of an earlier allocation.
    pub fn new(inner_callers: &HashSet<u32>, sites: &SiteTable) -> Self {
        Self {
            stacks: StackTable::default(),
            inner_sites: sites.numbers_in(inner_callers).collect(),
        }
    }

    /// Counts an allocation. The top slot is the function that called the allocating one. Nothing is allocated for 0
    /// bytes: both runtimes return the address of a variable.
    pub fn add(&mut self, slots: &[u8], bytes: u64) {
        let top = slots.last_chunk().copied().map(u32::from_le_bytes);
        let is_inner = top.is_some_and(|top| self.inner_sites.contains(&top));
        if bytes > 0 && !is_inner {
            self.stacks.update(slots, |counts| {
                counts.objects = counts.objects.saturating_add(1);
                counts.bytes = counts.bytes.saturating_add(bytes);
            });
        }
    }

    /// The stacks with their counts, in an order that is the same for each run. Each has the innermost entry first.
    pub(super) fn stacks(&self, sites: &SiteTable) -> Vec<(Vec<StackEntry>, AllocationCounts)> {
        let mut stacks: Vec<_> = self.stacks.iter().collect();
        stacks.sort_by_key(|(slots, _)| *slots);
        let decoded = stacks.into_iter().map(|(slots, counts)| {
            let entries = slots::decode(sites, slots, None, TopSlot::Exact);
            (entries, *counts)
        });
        decoded.collect()
    }
}
