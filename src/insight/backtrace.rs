//! From the slots of a shadow stack to a backtrace. Recursion is told once with its count, before
//! anything is looked up, so that a million frames cost no more than one.

use super::frame::{Aim, Frame};
use super::symbols::Symbols;
use crate::instrument::{Site, SiteKind, SiteTable};
use crate::module::Module;
use std::collections::HashMap;
use std::path::Path;

/// Where a guest was, the innermost frame first.
#[derive(Clone, Debug, Default)]
pub struct Backtrace {
    /// The frames.
    pub frames: Vec<Frame>,
    /// What was left out in the middle, where there were too many.
    pub elided: Option<Elided>,
    /// The export that was called; `None` of the module's `start` function.
    pub export: Option<String>,
}

impl Backtrace {
    /// Names the files below a folder as they are named from there.
    pub fn shorten_paths(&mut self, folder: &Path) {
        for line in self
            .frames
            .iter_mut()
            .filter_map(|frame| frame.line.as_mut())
        {
            let below = Path::new(&*line.file).strip_prefix(folder).ok();
            if let Some(short) = below.and_then(Path::to_str) {
                line.file = short.into();
            }
        }
    }
}

/// Frames that were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elided {
    /// Before which of the frames.
    pub before: usize,
    /// How many.
    pub count: u64,
}

/// What the last slot tells of where the guest was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// It names the very place.
    Exact,
    /// It names a place where the guest was before.
    Before,
}

/// The most sites that are shown from each end of a stack; Go's own bound.
const MAX_SITES: usize = 50;

/// The most frames that are shown, since each site may be in many inlined functions.
const MAX_FRAMES: usize = 500;

/// The most sites that are looked at as one round of a recursion.
const LONGEST_ROUND: usize = 8;

/// A site, and how often its round of a recursion occurs.
type Counted = (u32, u64);

/// Tells a stack by its slots, below which `export` was called, or the `start` function.
pub fn backtrace(
    sites: &SiteTable,
    module: &Module,
    slots: &[u8],
    export: Option<&str>,
    precision: Precision,
) -> Backtrace {
    let symbols = Symbols::read(module, sites);
    let exported = export.and_then(|export| module.interface.exported_function(export));
    let base = exported.map(|(_, index)| index);
    let stack = Stack {
        sites,
        slots: slot_numbers(slots),
        base,
    };
    let (top, callers) = stack.split(precision);
    let aim = match precision {
        Precision::Exact => Aim::At,
        Precision::Before => Aim::After,
    };
    let rounds = rounds(callers);
    let mut told = Backtrace {
        frames: top.frames(sites, &symbols, aim),
        elided: None,
        export: export.map(str::to_owned),
    };
    let mut known: HashMap<u32, Vec<Frame>> = HashMap::new();
    for (at, (number, count)) in rounds.iter().enumerate() {
        let is_in_the_middle = at >= MAX_SITES && at + MAX_SITES < rounds.len();
        if is_in_the_middle || told.frames.len() >= MAX_FRAMES {
            let before = told.frames.len();
            let elided = told.elided.get_or_insert(Elided { before, count: 0 });
            elided.count += count;
            continue;
        }
        let frames = known
            .entry(*number)
            .or_insert_with(|| Top::Site(*number).frames(sites, &symbols, Aim::At));
        let frames = frames.iter().cloned().map(|frame| Frame {
            count: *count,
            ..frame
        });
        told.frames.extend(frames);
    }
    told
}

/// The numbers in slots, the innermost first.
pub(super) fn slot_numbers(slots: &[u8]) -> Vec<u32> {
    let slots = slots.chunks_exact(4);
    slots
        .rev()
        .map(|slot| u32::from_le_bytes([slot[0], slot[1], slot[2], slot[3]]))
        .collect()
}

/// A stack of slots.
pub(super) struct Stack<'a> {
    pub(super) sites: &'a SiteTable,
    /// The innermost first.
    pub(super) slots: Vec<u32>,
    /// The function that was called from outside.
    pub(super) base: Option<u32>,
}

/// What is known of the function that was being executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Top {
    /// The site with this number, or a place after it.
    Site(u32),
    /// The function, by its index.
    Function(u32),
    Nothing,
}

impl Top {
    /// The frames, the innermost first; `aim` is how well a site is known.
    pub(super) fn frames(self, sites: &SiteTable, symbols: &Symbols<'_>, aim: Aim) -> Vec<Frame> {
        match self {
            Self::Site(number) => match sites.site(number) {
                Some(site) => symbols.frames(site, aim),
                None => Vec::new(),
            },
            Self::Function(function) => vec![symbols.function(function)],
            Self::Nothing => Vec::new(),
        }
    }
}

impl Stack<'_> {
    /// The function that was being executed, and the slots of those that called it.
    pub(super) fn split(&self, precision: Precision) -> (Top, &[u32]) {
        let Some((number, callers)) = self.slots.split_first() else {
            return (self.base.map_or(Top::Nothing, Top::Function), &[]);
        };
        let caller = callers.first().and_then(|caller| self.sites.site(*caller));
        let expected = match caller.map(|caller| caller.kind) {
            Some(SiteKind::Call(callee) | SiteKind::FinalCall(callee)) => callee,
            Some(_) => None,
            None => self.base,
        };
        // A slot holds what an earlier call left there until the function first writes to it.
        let is_stale = |site: &Site| {
            let unexpected = expected.is_some_and(|expected| expected != site.function);
            precision == Precision::Before && unexpected && !self.sites.has_tail_calls
        };
        let site = self.sites.site(*number).filter(|site| !is_stale(site));
        let top = match site {
            Some(site) if precision == Precision::Before && site.kind == SiteKind::Entry => {
                Top::Function(site.function)
            }
            Some(_) => Top::Site(*number),
            None => expected.map_or(Top::Nothing, Top::Function),
        };
        (top, callers)
    }
}

/// The sites of a stack, with each recursion in it told by one round.
fn rounds(slots: &[u32]) -> Vec<Counted> {
    let mut told = Vec::new();
    let mut at = 0;
    while at < slots.len() {
        let (length, times) = round(&slots[at..]);
        told.extend(slots[at..at + length].iter().map(|slot| (*slot, times)));
        at += length * times as usize;
    }
    told
}

/// The round that a stack begins with: how long it is, and how often it occurs in a row. Two frames that
/// happen to be alike are no recursion worth telling.
fn round(slots: &[u32]) -> (usize, u64) {
    const FEWEST: usize = 4;
    for length in 1..=LONGEST_ROUND.min(slots.len()) {
        let (first, rest) = slots.split_at(length);
        let more = rest.chunks_exact(length).take_while(|next| *next == first);
        let times = 1 + more.count();
        if times >= FEWEST {
            return (length, times as u64);
        }
    }
    (1, 1)
}

#[cfg(test)]
mod tests {
    use super::rounds;

    #[test]
    fn a_recursion_is_told_once() {
        for (slots, told) in [
            (vec![], vec![]),
            (vec![1, 2, 3], vec![(1, 1), (2, 1), (3, 1)]),
            (vec![1, 1, 1, 2], vec![(1, 1), (1, 1), (1, 1), (2, 1)]),
            (vec![7; 1000], vec![(7, 1000)]),
            ([1, 2].repeat(50), vec![(1, 50), (2, 50)]),
            (
                [&[9][..], &[1, 2, 3].repeat(4), &[8]].concat(),
                vec![(9, 1), (1, 4), (2, 4), (3, 4), (8, 1)],
            ),
        ] {
            assert_eq!(rounds(&slots), told, "{slots:?}");
        }
    }
}
