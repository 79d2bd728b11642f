//! A function and the functions that were inlined into it. Each address is claimed by some of those; which one
//! is the innermost is computed once for all addresses, since a program asks for many.

use super::files::SourceFile;
use super::functions::{Declaration, Functions, file_index, number};
use super::lines::SourcePosition;
use super::{Debug, Entry, Unit};
use gimli::UnitOffset;
use std::cell::OnceCell;
use std::collections::BinaryHeap;

/// A function and what was inlined into it.
pub(super) struct Tree<'a> {
    pub(super) function: Declaration<'a>,
    /// Each after the one that it was inlined into.
    pub(super) inlined: Vec<Inlined<'a>>,
    /// Which of them claim the addresses from one on, up to the next.
    claims: Vec<Claim>,
    /// Their places among the inlined ones, by where they were declared.
    by_line: OnceCell<Vec<u32>>,
    /// The same, by file, name and line.
    by_name: OnceCell<Vec<u32>>,
}

/// A function that was inlined.
pub(super) struct Inlined<'a> {
    pub(super) declared: Declaration<'a>,
    /// The one that it was inlined into, where that was inlined too.
    pub(super) into: Option<u32>,
    /// The outermost of the inlined functions around it, which may be itself.
    outermost: u32,
    /// Where it was called.
    pub(super) call: Option<SourcePosition>,
}

/// Which inlined functions claim an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Claim {
    from: u32,
    /// The innermost of them.
    pub(super) innermost: Option<u32>,
    /// The innermost of those that were inlined by a function of package `main`.
    pub(super) of_main: Option<u32>,
}

/// Addresses that an inlined function claims.
struct Range {
    begin: u32,
    end: u32,
    claimed_by: u32,
}

/// How deep inlined functions may lie in each other.
pub(super) const MAX_DEPTH: usize = 100;

/// The most ranges that are read of one function; Binaryen's have some tens.
const MAX_RANGES: usize = 1_000;

/// How many functions around one without a name are looked for.
const MAX_NESTED_NAMES: usize = 16;

/// What it takes to keep an inlined function, and a range with the claims at its ends.
const BYTES_PER_INLINED: usize = 2 * size_of::<Inlined<'_>>() + 8;
const BYTES_PER_RANGE: usize = 2 * size_of::<Range>() + 2 * size_of::<Claim>() + 32;

impl<'a> Tree<'a> {
    /// Reads the tree of the function whose entry is there; `None` where that cannot be read whole.
    pub(super) fn read(
        debug: &Debug<'a>,
        functions: &Functions<'a>,
        unit: &Unit<'a>,
        offset: UnitOffset,
    ) -> Option<Self> {
        let mut entries = unit.entries_at_offset(offset).ok()?;
        let root = entries.next_dfs().ok()??;
        debug.count(root)?;
        let depth = root.depth();
        let function = functions.declaration(debug, unit, root);
        let mut inlined: Vec<Inlined<'a>> = Vec::new();
        let mut ranges = Vec::new();
        // The inlined functions that the next entry lies in, with their depths.
        let mut open: Vec<(isize, u32)> = Vec::new();
        while let Ok(Some(entry)) = entries.next_dfs() {
            if entry.depth() <= depth {
                break;
            }
            debug.count(entry)?;
            while open.pop_if(|(outer, _)| *outer >= entry.depth()).is_some() {}
            if entry.tag() != gimli::DW_TAG_inlined_subroutine || open.len() >= MAX_DEPTH {
                continue;
            }
            debug.budget.bytes(BYTES_PER_INLINED)?;
            let index = inlined.len() as u32;
            let into = open.last().map(|(_, index)| *index);
            inlined.push(Inlined {
                declared: functions.declaration(debug, unit, entry),
                into,
                outermost: into.map_or(index, |into| inlined[into as usize].outermost),
                call: call(debug, unit, entry),
            });
            open.push((entry.depth(), index));
            read_ranges(debug, unit, entry, index, &mut ranges)?;
        }
        Some(Self {
            claims: claims(ranges, &inlined),
            function,
            inlined,
            by_line: OnceCell::new(),
            by_name: OnceCell::new(),
        })
    }

    pub(super) fn get(&self, index: u32) -> &Inlined<'a> {
        &self.inlined[index as usize]
    }

    /// Which functions claim an address.
    pub(super) fn claim(&self, address: u32) -> Claim {
        let end = self.claims.partition_point(|claim| claim.from <= address);
        self.claims[..end].last().copied().unwrap_or_default()
    }

    /// The outermost of the inlined functions around one.
    pub(super) fn outermost(&self, index: u32) -> u32 {
        self.get(index).outermost
    }

    /// The last of those that were declared in a file at a line, or else before it where that is asked for.
    pub(super) fn declared(&self, file: SourceFile, line: u32, reach: Reach) -> Option<u32> {
        let order = self.by_line();
        let key = |index: &u32| {
            let declared = &self.get(*index).declared;
            (declared.file, declared.line)
        };
        let end = order.partition_point(|index| key(index) <= (Some(file), line));
        let last = order[..end].last()?;
        let (its_file, its_line) = key(last);
        let is_there = its_file == Some(file) && (reach == Reach::Before || its_line == line);
        is_there.then_some(*last)
    }

    /// The first of those with this name that were declared last in a file up to a line.
    pub(super) fn named(&self, file: SourceFile, name: &str, line: u32) -> Option<u32> {
        let order = self.by_name();
        let key = |index: &u32| {
            let declared = &self.get(*index).declared;
            (declared.file, declared.name, declared.line)
        };
        let end = order.partition_point(|index| key(index) <= (Some(file), name, line));
        let last = order[..end].last()?;
        let found = key(last);
        if (found.0, found.1) != (Some(file), name) {
            return None;
        }
        let first = order.partition_point(|index| key(index) < found);
        order.get(first).copied()
    }

    fn by_line(&self) -> &[u32] {
        self.by_line.get_or_init(|| {
            let mut order: Vec<_> = (0..self.inlined.len() as u32).collect();
            order.sort_by_key(|index| {
                let declared = &self.get(*index).declared;
                (declared.file, declared.line)
            });
            order
        })
    }

    fn by_name(&self) -> &[u32] {
        self.by_name.get_or_init(|| {
            let mut order: Vec<_> = (0..self.inlined.len() as u32).collect();
            order.sort_by_key(|index| {
                let declared = &self.get(*index).declared;
                (declared.file, declared.name, declared.line)
            });
            order
        })
    }
}

/// Which lines a function may be declared at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The one that is asked for.
    Exact,
    /// That or one before it.
    Before,
}

/// A name, and those of the functions around it where it is that of a function without a name: `main.f$1` is
/// within `main.f`.
pub(super) fn names_around(name: &str) -> impl Iterator<Item = &str> {
    let ends = name.match_indices('$').map(|(at, _)| &name[..at]);
    std::iter::once(name).chain(ends.take(MAX_NESTED_NAMES))
}

fn call<'a>(debug: &Debug<'a>, unit: &Unit<'a>, entry: &Entry<'a>) -> Option<SourcePosition> {
    let file = file_index(entry, gimli::DW_AT_call_file)?;
    Some(SourcePosition {
        file: Some(debug.file_of(unit, file)?),
        line: number(entry, gimli::DW_AT_call_line)?,
        column: number(entry, gimli::DW_AT_call_column).unwrap_or(0),
    })
}

fn read_ranges<'a>(
    debug: &Debug<'a>,
    unit: &Unit<'a>,
    entry: &Entry<'a>,
    claimed_by: u32,
    found: &mut Vec<Range>,
) -> Option<()> {
    let Ok(mut ranges) = debug.dwarf.die_ranges(unit, entry) else {
        return Some(());
    };
    for _ in 0..MAX_RANGES {
        let Ok(Some(range)) = ranges.next() else {
            break;
        };
        debug.budget.steps(1)?;
        let end = u32::try_from(range.end).unwrap_or(u32::MAX);
        let Ok(begin) = u32::try_from(range.begin) else {
            continue;
        };
        if begin < end {
            debug.budget.bytes(BYTES_PER_RANGE)?;
            found.push(Range {
                begin,
                end,
                claimed_by,
            });
        }
    }
    Some(())
}

/// Who claims which addresses. Of all who do the one that comes last is the innermost.
fn claims(mut ranges: Vec<Range>, inlined: &[Inlined<'_>]) -> Vec<Claim> {
    let is_of_main = |index: u32| {
        let outermost = inlined[index as usize].outermost;
        inlined[outermost as usize]
            .declared
            .name
            .starts_with("main.")
    };
    ranges.sort_unstable_by_key(|range| range.begin);
    let ends = ranges.iter().flat_map(|range| [range.begin, range.end]);
    let mut edges: Vec<_> = ends.collect();
    edges.sort_unstable();
    edges.dedup();
    let (mut all, mut of_main) = (BinaryHeap::new(), BinaryHeap::new());
    let mut begins = ranges.iter().peekable();
    let claim = |from| {
        while let Some(range) = begins.next_if(|range| range.begin == from) {
            all.push((range.claimed_by, range.end));
            if is_of_main(range.claimed_by) {
                of_main.push((range.claimed_by, range.end));
            }
        }
        Claim {
            from,
            innermost: last_open(&mut all, from),
            of_main: last_open(&mut of_main, from),
        }
    };
    let mut claims: Vec<_> = edges.into_iter().map(claim).collect();
    claims.dedup_by_key(|claim| (claim.innermost, claim.of_main));
    claims
}

/// The last of the functions that have not ended before an address, each with its end.
fn last_open(open: &mut BinaryHeap<(u32, u32)>, address: u32) -> Option<u32> {
    while let Some((index, end)) = open.peek() {
        if *end > address {
            return Some(*index);
        }
        open.pop();
    }
    None
}
