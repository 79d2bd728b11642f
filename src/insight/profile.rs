//! Profiles show which stacks used the fuel of a run. The shadow stack is sampled each time a fixed amount of fuel was
//! used. Fuel measures work, not time, so that the same run always has the same profile.

use super::frame::Frame;
use super::slots::{self, StackEntry, TopSlot};
use super::symbolize::Symbols;
use crate::instrument::{SLOT_BYTES, SiteTable};
use crate::module::Module;
use std::borrow::Cow;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The sampled stacks and their costs.
pub struct Samples {
    /// The costs by the export that was called and the slots of the shadow stack.
    costs: HashMap<String, HashMap<Box<[u8]>, Cost>>,
    stack_count: usize,
    slot_bytes: usize,
    /// The time of the last sample.
    last_sample: Instant,
}

/// The cost of a stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The fuel used.
    pub work: u64,
    /// The wall-clock time.
    pub time: Duration,
}

/// A profile.
#[derive(Debug, Default)]
pub struct Profile {
    /// The locations that occur in stacks.
    pub locations: Vec<Location>,
    /// The stacks, in an order that is the same for each run. Each has the outermost location first.
    pub stacks: Vec<(Vec<LocationId>, Cost)>,
}

/// The frames at one site: those of inlined functions, the innermost first, then that of the function itself.
pub type Location = Box<[Frame]>;

/// The index of a location.
pub type LocationId = u32;

/// The functions of TinyGo's garbage collector that call all of its code:
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/gc_blocks.go>.
const COLLECTOR: [&str; 2] = ["runtime.runGC", "runtime.GC"];

/// The maximum number of distinct stacks that are kept in full. Further stacks are reduced to their outermost slots,
/// and after as many of those to no slots.
const MAX_STACKS: usize = 50_000;

/// The maximum size of all distinct stacks together, in bytes, from which further stacks are reduced.
const MAX_SLOT_BYTES: usize = 2 << 20;

/// The number of slots to which a stack is reduced.
const REDUCED_SLOTS: usize = 4;

/// The maximum number of slots that are kept from each end of a stack.
const MAX_SLOTS_PER_END: usize = 128;

impl Profile {
    /// The share of the work that TinyGo's garbage collector did, in percent.
    pub fn collector_percent(&self) -> u64 {
        let is_collector = |frame: &Frame| COLLECTOR.contains(&&*frame.function);
        let collects: Vec<bool> = self
            .locations
            .iter()
            .map(|location| location.iter().any(is_collector))
            .collect();
        let is_collecting = |id: &LocationId| collects.get(*id as usize) == Some(&true);
        let (mut total, mut collector) = (0_u128, 0_u128);
        for (stack, cost) in &self.stacks {
            total += u128::from(cost.work);
            if stack.iter().any(is_collecting) {
                collector += u128::from(cost.work);
            }
        }
        u64::try_from(collector * 100 / total.max(1)).unwrap_or(100)
    }
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            costs: HashMap::new(),
            stack_count: 0,
            slot_bytes: 0,
            last_sample: Instant::now(),
        }
    }
}

impl Samples {
    /// Adds the cost since the last sample to a stack. `export` is the export that was called. The slots are in two parts,
    /// the outer one first.
    pub fn add(&mut self, export: &str, slots: [&[u8]; 2], work: u64) {
        let now = Instant::now();
        let time = now - std::mem::replace(&mut self.last_sample, now);
        let slots = &*both_ends(slots);
        if !self.costs.contains_key(export) {
            self.costs.insert(export.to_owned(), HashMap::new());
        }
        let Some(costs) = self.costs.get_mut(export) else {
            return;
        };
        let reduced = &slots[..slots.len().min(REDUCED_SLOTS * SLOT_BYTES)];
        let slots = match self.stack_count {
            _ if costs.contains_key(slots) => slots,
            count if count < MAX_STACKS && self.slot_bytes < MAX_SLOT_BYTES => slots,
            count if count < 2 * MAX_STACKS || costs.contains_key(reduced) => reduced,
            _ => &[],
        };
        if let Some(cost) = costs.get_mut(slots) {
            return cost.add(work, time);
        }
        self.stack_count += 1;
        self.slot_bytes += slots.len();
        costs.insert(slots.into(), Cost { work, time });
    }

    /// Creates a profile from the samples.
    pub fn profile(&self, sites: &SiteTable, module: &Module) -> Profile {
        let mut locations = LocationTable {
            symbols: Symbols::read(module, sites),
            sites,
            ids: HashMap::new(),
            lineless_ids: HashMap::new(),
            locations: Vec::new(),
        };
        let costs = self.costs.iter().flat_map(|(export, costs)| {
            let spent = costs.iter().filter(|(_, cost)| cost.work > 0);
            spent.map(move |(slots, cost)| (export, slots, cost))
        });
        let mut costs: Vec<_> = costs.collect();
        costs.sort_by_key(|(export, slots, _)| (*export, *slots));
        let stacks = costs.into_iter().map(|(export, slots, cost)| {
            let exported = module.interface.exported_function(export);
            let outermost = exported.map(|(_, index)| index);
            let entries = slots::decode(sites, slots, outermost, TopSlot::Earlier);
            let outermost_first = entries.into_iter().rev();
            let ids = outermost_first.map(|entry| locations.id(entry));
            (ids.collect(), *cost)
        });
        Profile {
            stacks: stacks.collect(),
            locations: locations.locations,
        }
    }
}

/// The slots in two parts as one. If there are too many, only those at both ends are kept.
fn both_ends<'s>(parts: [&'s [u8]; 2]) -> Cow<'s, [u8]> {
    const MAX_BYTES_PER_END: usize = MAX_SLOTS_PER_END * SLOT_BYTES;
    let [outer, inner] = parts;
    if outer.len() + inner.len() <= 2 * MAX_BYTES_PER_END {
        return match outer {
            [] => inner.into(),
            _ => parts.concat().into(),
        };
    }
    // The number of bytes of the outer part at each end.
    let first = outer.len().min(MAX_BYTES_PER_END);
    let last = MAX_BYTES_PER_END.saturating_sub(inner.len());
    let kept = [
        &outer[..first],
        &inner[..MAX_BYTES_PER_END - first],
        &outer[outer.len() - last..],
        &inner[inner.len() - (MAX_BYTES_PER_END - last)..],
    ];
    kept.concat().into()
}

impl Cost {
    fn add(&mut self, work: u64, time: Duration) {
        self.work = self.work.saturating_add(work);
        self.time = self.time.saturating_add(time);
    }
}

/// Assigns ids to the locations of a profile.
struct LocationTable<'a> {
    symbols: Symbols<'a>,
    sites: &'a SiteTable,
    ids: HashMap<StackEntry, LocationId>,
    /// The location of each function without lines, shared by all of its sites.
    lineless_ids: HashMap<u32, LocationId>,
    locations: Vec<Location>,
}

impl LocationTable<'_> {
    fn id(&mut self, entry: StackEntry) -> LocationId {
        if let Some(known) = self.ids.get(&entry) {
            return *known;
        }
        let frames = self.symbols.frames(entry);
        let lineless = match (entry.site(self.sites), frames.as_slice()) {
            (Some(site), [frame]) if frame.line.is_none() => Some(site.function),
            _ => None,
        };
        let next = self.locations.len() as LocationId;
        let id = match lineless {
            Some(function) => *self.lineless_ids.entry(function).or_insert(next),
            None => next,
        };
        if id == next {
            self.locations.push(frames.into());
        }
        self.ids.insert(entry, id);
        id
    }
}
