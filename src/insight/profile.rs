//! Where the work of a run went: its stack, looked at whenever some fuel was used. Fuel is work, not time,
//! so that the same run gives the same profile.

use super::backtrace::{Precision, Stack, Top, slot_numbers};
use super::frame::{Aim, Frame};
use super::symbols::Symbols;
use crate::instrument::{SLOT_BYTES, SiteTable};
use crate::module::Module;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The stacks that were seen, by the exports that were called and the slots, with what was spent on each.
pub struct Samples {
    spent: HashMap<String, HashMap<Box<[u8]>, Cost>>,
    /// How many stacks there are, and how many bytes of slots they have.
    stacks: usize,
    bytes: usize,
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
    /// The places that the stacks consist of.
    pub places: Vec<Place>,
    /// The stacks, the outermost place first, in an order that does not depend on the run.
    pub stacks: Vec<(Vec<PlaceId>, Cost)>,
}

/// The functions of TinyGo's garbage collector below which all of its work is done.
const COLLECTOR: [&str; 2] = ["runtime.runGC", "runtime.GC"];

impl Profile {
    /// How much of the work TinyGo's garbage collector did, in percent.
    pub fn collector_percent(&self) -> u64 {
        let collects = |place: &Place| {
            let functions = place.iter().map(|frame| &*frame.function);
            functions
                .into_iter()
                .any(|function| COLLECTOR.contains(&function))
        };
        let collecting: Vec<bool> = self.places.iter().map(collects).collect();
        let is_collecting = |place: &PlaceId| collecting.get(*place as usize) == Some(&true);
        let (mut all, mut collector) = (0_u128, 0_u128);
        for (stack, cost) in &self.stacks {
            all += u128::from(cost.work);
            if stack.iter().any(is_collecting) {
                collector += u128::from(cost.work);
            }
        }
        u64::try_from(collector * 100 / all.max(1)).unwrap_or(100)
    }
}

/// A place in a function, the frames of which are the functions inlined there, the innermost first, and
/// the function itself.
pub type Place = Box<[Frame]>;

/// A place by its index.
pub type PlaceId = u32;

/// How many stacks, and how many bytes of slots, are kept apart. Of more stacks only some of the outermost
/// slots are kept, and of still more none.
const MAX_STACKS: usize = 50_000;
const MAX_BYTES: usize = 2 << 20;
const COMMON_SLOTS: usize = 4;

/// How many slots of each end of a deep stack are kept.
const MAX_SLOTS: usize = 128;

impl Default for Samples {
    /// None yet.
    fn default() -> Self {
        Self {
            spent: HashMap::new(),
            stacks: 0,
            bytes: 0,
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
        let slots = match slots.len() > 2 * MAX_SLOTS * SLOT_BYTES {
            true => {
                let inner = &slots[slots.len() - MAX_SLOTS * SLOT_BYTES..];
                both_ends = [&slots[..MAX_SLOTS * SLOT_BYTES], inner].concat();
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
        let common = &slots[..slots.len().min(COMMON_SLOTS * SLOT_BYTES)];
        let slots = match self.stacks {
            _ if spent.contains_key(slots) => slots,
            stacks if stacks < MAX_STACKS && self.bytes < MAX_BYTES => slots,
            stacks if stacks < 2 * MAX_STACKS || spent.contains_key(common) => common,
            _ => &[],
        };
        if let Some(cost) = spent.get_mut(slots) {
            return cost.add(work, time);
        }
        self.stacks += 1;
        self.bytes += slots.len();
        spent.insert(slots.into(), Cost { work, time });
    }

    /// Describes the stacks by their functions.
    pub fn profile(&self, sites: &SiteTable, module: &Module) -> Profile {
        let mut places = Places {
            symbols: Symbols::read(module, sites),
            sites,
            known: HashMap::new(),
            unplaced: HashMap::new(),
            list: Vec::new(),
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
                sites,
                slots: slot_numbers(slots),
                base: exported.map(|(_, index)| index),
            };
            let (top, callers) = stack.split(Precision::Before);
            let callers = callers.iter().rev();
            let mut ids: Vec<_> = callers
                .map(|slot| places.id(Top::Site(*slot), Aim::At))
                .collect();
            ids.push(places.id(top, Aim::After));
            (ids, *cost)
        });
        Profile {
            stacks: stacks.collect(),
            places: places.list,
        }
    }
}

impl Cost {
    fn add(&mut self, work: u64, time: Duration) {
        self.work = self.work.saturating_add(work);
        self.time = self.time.saturating_add(time);
    }
}

/// The places of a profile.
struct Places<'a> {
    symbols: Symbols<'a>,
    sites: &'a SiteTable,
    known: HashMap<(Top, Aim), PlaceId>,
    /// Those of functions of which no line is known, so that all their sites are alike.
    unplaced: HashMap<u32, PlaceId>,
    list: Vec<Place>,
}

impl Places<'_> {
    fn id(&mut self, top: Top, aim: Aim) -> PlaceId {
        if let Some(known) = self.known.get(&(top, aim)) {
            return *known;
        }
        let frames = top.frames(self.sites, &self.symbols, aim);
        let function = match (top, frames.as_slice()) {
            (Top::Site(number), [frame]) if frame.line.is_none() => self.sites.site(number),
            _ => None,
        };
        let next = self.list.len() as PlaceId;
        let id = match function {
            Some(site) => *self.unplaced.entry(site.function).or_insert(next),
            None => next,
        };
        if id == next {
            self.list.push(frames.into());
        }
        self.known.insert((top, aim), id);
        id
    }
}
