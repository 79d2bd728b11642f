//! Sums by call stack, in a table of bounded size.

use crate::instrument::SLOT_BYTES;
use std::borrow::Cow;
use std::collections::HashMap;

/// Sums by the slots of the shadow stack.
#[derive(Default)]
pub(super) struct StackTable<T> {
    sums: HashMap<Box<[u8]>, T>,
    slot_bytes: usize,
}

/// The maximum number of distinct stacks that are kept in full. Further stacks are reduced to a few slots from each end.
/// When there are this many of those too, further stacks are reduced to the innermost slot.
const MAX_STACKS: usize = 50_000;

/// The maximum size of all distinct stacks together, in bytes, from which further stacks are reduced.
const MAX_SLOT_BYTES: usize = 2 << 20;

/// The number of slots from each end to which a stack is reduced.
const REDUCED_SLOTS_PER_END: usize = 4;

/// The maximum number of slots that are kept from each end of a stack.
const MAX_SLOTS_PER_END: usize = 128;

impl<T: Default> StackTable<T> {
    /// Adds to the sum of a stack with `add`.
    pub(super) fn update(&mut self, slots: &[u8], add: impl FnOnce(&mut T)) {
        let slots = ends(slots, MAX_SLOTS_PER_END);
        if let Some(sum) = self.sums.get_mut(&*slots) {
            return add(sum);
        }
        let slots = self.reduce(&slots);
        let (count, bytes) = (self.sums.len(), slots.len());
        add(self.sums.entry(slots.into()).or_default());
        if self.sums.len() > count {
            self.slot_bytes += bytes;
        }
    }

    /// The stacks and their sums, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &T)> {
        self.sums.iter().map(|(slots, sum)| (&**slots, sum))
    }

    /// Reduces a new stack as far as the limits require.
    fn reduce<'s>(&self, slots: &'s [u8]) -> Cow<'s, [u8]> {
        let count = self.sums.len();
        if count < MAX_STACKS && self.slot_bytes < MAX_SLOT_BYTES {
            return slots.into();
        }
        let reduced = ends(slots, REDUCED_SLOTS_PER_END);
        if count < 2 * MAX_STACKS || self.sums.contains_key(&*reduced) {
            return reduced;
        }
        slots[slots.len().saturating_sub(SLOT_BYTES)..].into()
    }
}

/// Up to `max` slots from each end.
fn ends(slots: &[u8], max: usize) -> Cow<'_, [u8]> {
    let max = max * SLOT_BYTES;
    if slots.len() <= 2 * max {
        return slots.into();
    }
    let (outer, inner) = (&slots[..max], &slots[slots.len() - max..]);
    [outer, inner].concat().into()
}

#[cfg(test)]
mod tests {
    use super::{MAX_STACKS, StackTable};

    #[test]
    fn stacks_beyond_the_limits_are_reduced() {
        let mut table = StackTable::<u32>::default();
        // All have the same four slots at each end.
        let stack = |number: u32| {
            let slots = [&[1, 2, 3, 4], &[number; 5][..], &[5, 6, 7, 8]].concat();
            slots
                .into_iter()
                .flat_map(u32::to_le_bytes)
                .collect::<Vec<_>>()
        };
        let count = 2 * MAX_STACKS as u32;
        for number in 0..count {
            table.update(&stack(number), |sum| *sum += 1);
        }
        let reduced: Vec<u8> = (1..=8_u32).flat_map(u32::to_le_bytes).collect();
        let sum = |slots: &[u8]| {
            table
                .iter()
                .find(|(each, _)| *each == slots)
                .map(|(_, sum)| *sum)
        };
        let kept = table.iter().count() as u32 - 1;
        assert!(kept < count / 2, "{kept}");
        assert_eq!(sum(&stack(0)), Some(1));
        assert_eq!(sum(&reduced), Some(count - kept));
    }
}
