//! Profiles show which stacks used the fuel of a run. The shadow stack is sampled each time a fixed amount of fuel was
//! used. Fuel measures work, not time, so that the same run always has the same profile.

use super::allocations::{AllocationCounts, Allocations};
use super::frame::{Frame, Origin};
use super::slots::{self, StackEntry, TopSlot};
use super::stack_table::StackTable;
use super::symbolize::Symbols;
use crate::instrument::SiteTable;
use crate::module::Module;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The sampled stacks and their costs.
pub struct Samples {
    /// The costs by the export that was called and the stack.
    costs: HashMap<String, StackTable<Cost>>,
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
    /// The stacks that allocated, in the same order, if allocations were counted. The innermost location is the place
    /// in the program that allocates.
    pub allocations: Option<Vec<(Vec<LocationId>, AllocationCounts)>>,
}

/// The frames at one site: those of inlined functions, the innermost first, then that of the function itself.
pub type Location = Box<[Frame]>;

/// The index of a location.
pub type LocationId = u32;

/// The functions of TinyGo's garbage collector that call all of its code:
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/gc_blocks.go>.
const COLLECTOR: [&str; 2] = ["runtime.runGC", "runtime.GC"];

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
            last_sample: Instant::now(),
        }
    }
}

impl Samples {
    /// Adds the cost since the last sample to a stack. `export` is the export that was called.
    pub fn add(&mut self, export: &str, slots: &[u8], work: u64) {
        let now = Instant::now();
        let time = now - std::mem::replace(&mut self.last_sample, now);
        if !self.costs.contains_key(export) {
            self.costs.insert(export.to_owned(), StackTable::default());
        }
        if let Some(costs) = self.costs.get_mut(export) {
            costs.update(slots, |cost| cost.add(work, time));
        }
    }

    /// Creates a profile from the samples and, if they were counted, the allocations.
    pub fn profile(
        &self,
        allocations: Option<&Allocations>,
        sites: &SiteTable,
        module: &Module,
    ) -> Profile {
        let mut locations = LocationTable {
            symbols: Symbols::read(module, sites),
            sites,
            ids: HashMap::new(),
            lineless_ids: HashMap::new(),
            program_ids: HashMap::new(),
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
        let stacks = stacks.collect();
        let allocations = allocations.map(|allocations| {
            let stacks = allocations.stacks(sites).into_iter();
            let stacks = stacks.map(|(entries, counts)| (locations.allocating(entries), counts));
            stacks.collect()
        });
        Profile {
            stacks,
            allocations,
            locations: locations.locations,
        }
    }
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
    /// The locations without the runtime's functions that were inlined into the program's.
    program_ids: HashMap<LocationId, LocationId>,
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

    /// The locations of a stack that allocated, the outermost first, from its entries, the innermost first. The
    /// runtime's functions at the inner end are omitted if the program's called them, as in Go's own profiles:
    /// <https://github.com/golang/go/blob/go1.26.0/src/runtime/pprof/protomem.go>.
    fn allocating(&mut self, entries: Vec<StackEntry>) -> Vec<LocationId> {
        let ids = entries.into_iter().map(|entry| self.id(entry));
        let mut ids: Vec<_> = ids.collect();
        let program = ids
            .iter()
            .enumerate()
            .find_map(|(index, id)| Some((index, self.program_location(*id)?)));
        if let Some((index, id)) = program {
            ids.drain(..index);
            ids[0] = id;
        }
        ids.reverse();
        ids
    }

    /// The location without the runtime's functions at its inner end; `None` if nothing is left.
    fn program_location(&mut self, id: LocationId) -> Option<LocationId> {
        if let Some(known) = self.program_ids.get(&id) {
            return Some(*known);
        }
        let frames = self.locations.get(id as usize)?;
        let is_program = |frame: &Frame| frame.origin == Origin::Program;
        let program = match frames.iter().position(is_program)? {
            0 => id,
            omitted => {
                self.locations.push(frames[omitted..].into());
                self.locations.len() as LocationId - 1
            }
        };
        self.program_ids.insert(id, program);
        Some(program)
    }
}
