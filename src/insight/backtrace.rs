//! From the slots of a shadow stack to a backtrace. Recursion is told once with its count, before
//! anything is looked up, so that a million frames cost no more than one.

use super::frame::{Aim, Frame};
use super::site::{Place, Site};
use super::symbols::Symbols;
use super::tracked::Tracked;
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

/// The most sites that are told from each end of a stack; Go's own bound.
const MOST: usize = 50;

/// The most sites that are looked at as one round of a recursion.
const LONGEST_ROUND: usize = 8;

/// A site, and how often its round of a recursion occurs.
type Counted = (u32, u64);

/// Tells a stack by its slots, below which `export` was called, or the `start` function.
pub fn backtrace(
    tracked: &Tracked,
    module: &Module,
    slots: &[u8],
    export: Option<&str>,
    precision: Precision,
) -> Backtrace {
    let symbols = Symbols::read(module, &tracked.bodies);
    let exported = export.and_then(|export| module.interface.exported_function(export));
    let base = exported.map(|(_, index)| index);
    let stack = Stack {
        tracked,
        slots: slot_numbers(slots),
        base,
    };
    let (innermost, rest) = stack.innermost(precision, &symbols);
    let rounds = rounds(rest);
    let mut told = Backtrace {
        frames: innermost,
        elided: None,
        export: export.map(str::to_owned),
    };
    let mut known: HashMap<u32, Vec<Frame>> = HashMap::new();
    for (at, (number, count)) in rounds.iter().enumerate() {
        if at >= MOST && at + MOST < rounds.len() {
            let before = told.frames.len();
            let elided = told.elided.get_or_insert(Elided { before, count: 0 });
            elided.count += count;
            continue;
        }
        let frames = known
            .entry(*number)
            .or_insert_with(|| match tracked.at(*number) {
                Some(at) => symbols.frames(&at, Aim::At),
                None => Vec::new(),
            });
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
    pub(super) tracked: &'a Tracked,
    /// The innermost first.
    pub(super) slots: Vec<u32>,
    /// The function that was called from outside.
    pub(super) base: Option<u32>,
}

impl Stack<'_> {
    /// The frames of the function that was being executed, and the slots of those that called it.
    pub(super) fn innermost(
        &self,
        precision: Precision,
        symbols: &Symbols<'_>,
    ) -> (Vec<Frame>, &[u32]) {
        let (top, callers) = match self.slots.split_first() {
            Some((top, callers)) => (self.tracked.site(*top), callers),
            None => (None, &[][..]),
        };
        let expected = match callers
            .first()
            .and_then(|caller| self.tracked.site(*caller))
        {
            Some(Site {
                place: Place::Call(callee) | Place::LastCall(callee),
                ..
            }) => *callee,
            Some(_) => None,
            None => self.base,
        };
        // A slot holds what an earlier call left there until the function first writes to it.
        let is_stale = |site: &Site| {
            let unexpected = expected.is_some_and(|expected| expected != site.function);
            precision == Precision::Before && unexpected && !self.tracked.has_tail_calls
        };
        let at = self.slots.first().and_then(|top| self.tracked.at(*top));
        let frames = match top.filter(|site| !is_stale(site)).zip(at) {
            Some((site, at)) => match (precision, site.place) {
                (Precision::Exact, _) => symbols.frames(&at, Aim::At),
                (_, Place::Entry) => vec![symbols.function(site.function)],
                (Precision::Before, _) => symbols.frames(&at, Aim::After),
            },
            None => expected
                .map(|function| symbols.function(function))
                .into_iter()
                .collect(),
        };
        (frames, callers)
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
