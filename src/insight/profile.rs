//! Where the work of a run went: its stack, looked at whenever some fuel was used. Fuel is work, not time,
//! so that the same run gives the same profile.

use super::backtrace::{Precision, Stack, slot_numbers};
use super::frame::{Aim, Frame};
use super::symbols::Symbols;
use super::tracked::Tracked;
use crate::module::Module;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The stacks that were seen, by the exports that were called and the slots, with what was spent on each.
pub struct Samples {
    spent: HashMap<String, HashMap<Box<[u8]>, Cost>>,
    /// When the last one was seen.
    last: Instant,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// In fuel.
    pub work: u64,
    /// By the clock on the wall.
    pub time: Duration,
}

/// A profile.
#[derive(Debug, Default)]
pub struct Profile {
    /// The stacks, in an order that does not depend on the run.
    pub stacks: Vec<(Vec<Place>, Cost)>,
}

/// A place in a function, the frames of which are the functions inlined there, the innermost first, and
/// the function itself.
pub type Place = Rc<[Frame]>;

/// How many stacks are kept apart, and how many of the outermost slots are kept of more.
const MOST_STACKS: usize = 50_000;
const COMMON: usize = 4;

/// How many slots of each end of a deep stack are kept.
const MOST: usize = 128;
const SLOT: usize = super::body::SLOT as usize;

impl Default for Samples {
    /// None yet.
    fn default() -> Self {
        Self {
            spent: HashMap::new(),
            last: Instant::now(),
        }
    }
}

impl Samples {
    /// Adds what was spent since the last time to the stack with these slots in a call of an export.
    pub fn add(&mut self, export: &str, slots: &[u8], work: u64) {
        let now = Instant::now();
        let time = now - std::mem::replace(&mut self.last, now);
        let both_ends;
        let slots = match slots.len() > 2 * MOST * SLOT {
            true => {
                let (outer, inner) = (&slots[..MOST * SLOT], &slots[slots.len() - MOST * SLOT..]);
                both_ends = [outer, inner].concat();
                &both_ends
            }
            false => slots,
        };
        if !self.spent.contains_key(export) {
            self.spent.insert(export.to_owned(), HashMap::new());
        }
        let Some(spent) = self.spent.get_mut(export) else {
            return;
        };
        // One stack more than that is told as those that it begins with.
        let slots = match spent.len() < MOST_STACKS || spent.contains_key(slots) {
            true => slots,
            false => &slots[..slots.len().min(COMMON * SLOT)],
        };
        let cost = match spent.get_mut(slots) {
            Some(cost) => cost,
            None => spent.entry(slots.into()).or_default(),
        };
        cost.work = cost.work.saturating_add(work);
        cost.time = cost.time.saturating_add(time);
    }

    /// Tells the stacks by their functions, the outermost first.
    pub fn profile(&self, tracked: &Tracked, module: &Module) -> Profile {
        let symbols = Symbols::read(module, &tracked.bodies);
        let mut known: HashMap<u32, Place> = HashMap::new();
        let mut place = |number: u32| {
            let told = known
                .entry(number)
                .or_insert_with(|| match tracked.at(number) {
                    Some(at) => symbols.frames(&at, Aim::At).into(),
                    None => Rc::new([]),
                });
            told.clone()
        };
        let spent = self.spent.iter().flat_map(|(export, spent)| {
            let each = spent.iter().filter(|(_, cost)| cost.work > 0);
            each.map(move |(slots, cost)| (export, slots, cost))
        });
        let mut spent: Vec<_> = spent.collect();
        spent.sort_by_key(|(export, slots, _)| (*export, *slots));
        let stacks = spent.into_iter().map(|(export, slots, cost)| {
            let exported = module.interface.exported_function(export);
            let stack = Stack {
                tracked,
                slots: slot_numbers(slots),
                base: exported.map(|(_, index)| index),
            };
            let (innermost, callers) = stack.innermost(Precision::Before, &symbols);
            let mut places: Vec<Place> = callers.iter().rev().map(|slot| place(*slot)).collect();
            places.push(innermost.into());
            (places, *cost)
        });
        Profile {
            stacks: stacks.collect(),
        }
    }
}
