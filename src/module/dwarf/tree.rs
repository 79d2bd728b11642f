//! A function and the functions inlined into it. Several inlined functions may claim an address. The innermost of them
//! is computed once for all addresses, since a profile looks up many.

use super::files::SourceFile;
use super::functions::{Declaration, Functions, file_index, number};
use super::lines::SourcePosition;
use super::{Debug, Entry, Slice, Unit};
use gimli::{EntriesCursor, UnitOffset};
use std::cell::OnceCell;
use std::collections::BinaryHeap;

/// A function and the functions inlined into it.
pub(super) struct Tree<'a> {
    pub(super) function: Declaration<'a>,
    /// The inlined functions. Each is after the function that it is inlined into.
    pub(super) inlined: Vec<Inlined<'a>>,
    /// The claims, sorted by address. Each is valid up to the next.
    claims: Vec<Claim>,
    /// The ranges of inlined functions, sorted by their begin.
    ranges: Vec<Range>,
    /// The indices of inlined functions, sorted by file, line and name of their declarations.
    by_line: OnceCell<Vec<u32>>,
    /// The indices of inlined functions, sorted by file, name and line of their declarations.
    by_name: OnceCell<Vec<u32>>,
}

/// An inlined function.
pub(super) struct Inlined<'a> {
    pub(super) declaration: Declaration<'a>,
    /// The inlined function that it is inlined into; `None` for the compiled function.
    pub(super) into: Option<u32>,
    /// The position of the call.
    pub(super) call: Option<SourcePosition>,
}

/// The innermost inlined function that claims the addresses from `from` on.
struct Claim {
    from: u32,
    by: Option<u32>,
}

/// A range of addresses that an inlined function claims.
struct Range {
    begin: u32,
    end: u32,
    claimed_by: u32,
}

/// The maximum nesting depth of inlined functions.
pub(super) const MAX_DEPTH: usize = 100;

/// The maximum number of ranges of one function. Binaryen writes some tens.
const MAX_RANGES: usize = 1_000;

/// The maximum number of functions around an anonymous function that are searched.
const MAX_NESTED_NAMES: usize = 16;

/// The memory for an inlined function, and for a range with the claims at its ends, in bytes.
const BYTES_PER_INLINED: usize = 2 * size_of::<Inlined<'_>>() + 8;
const BYTES_PER_RANGE: usize = 2 * size_of::<Range>() + 2 * size_of::<Claim>() + 32;

impl<'a> Tree<'a> {
    /// Reads the tree of the function whose entry is at `offset`; `None` if it cannot be read completely.
    pub(super) fn read(
        debug: &Debug<'a>,
        functions: &Functions<'a>,
        unit: &Unit<'a>,
        offset: UnitOffset,
    ) -> Option<Self> {
        let mut entries = unit.entries_at_offset(offset).ok()?;
        let root = entries.next_dfs().ok()??;
        debug.count(root)?;
        let function = functions.declaration(debug, unit, root);
        let (inlined, mut ranges) = read_inlined(debug, functions, unit, entries)?;
        ranges.sort_unstable_by_key(|range| range.begin);
        Some(Self {
            claims: claims(&ranges),
            ranges,
            function,
            inlined,
            by_line: OnceCell::new(),
            by_name: OnceCell::new(),
        })
    }

    pub(super) fn get(&self, index: u32) -> &Inlined<'a> {
        &self.inlined[index as usize]
    }

    /// The innermost inlined function that claims an address.
    pub(super) fn claim(&self, address: u32) -> Option<u32> {
        let end = self.claims.partition_point(|claim| claim.from <= address);
        self.claims[..end].last()?.by
    }

    /// All inlined functions that claim an address.
    pub(super) fn claimants(&self, address: u32) -> impl Iterator<Item = u32> {
        let begun = self.ranges.partition_point(|range| range.begin <= address);
        let ranges = self.ranges[..begun].iter();
        let claiming = ranges.filter(move |range| range.end > address);
        claiming.map(|range| range.claimed_by)
    }

    /// The number of ranges that inlined functions claim.
    pub(super) fn range_count(&self) -> usize {
        self.ranges.len()
    }

    pub(super) fn name(&self, index: u32) -> &'a str {
        self.get(index).declaration.name
    }

    /// Returns true if two inlined functions have the same declaration: they are uses of one function, or instances of a
    /// generic one.
    pub(super) fn is_declared_with(&self, index: u32, other: u32) -> bool {
        self.line_key(index) == self.line_key(other)
    }

    /// How often the function `index` is inlined.
    pub(super) fn uses(&self, index: u32) -> Uses {
        let key = self.line_key(index);
        let order = self.by_line();
        let first = order.partition_point(|index| self.line_key(*index) < key);
        let end = order.partition_point(|index| self.line_key(*index) <= key);
        let name = |index: Option<&u32>| index.map(|index| self.name(*index));
        match &order[first..end] {
            [_] => Uses::Once,
            same if name(same.first()) == name(same.last()) => Uses::Several,
            _ => Uses::SeveralInstances,
        }
    }

    /// The function `main.main`, if all functions of package `main` are inlined through it.
    pub(super) fn only_function_of_main(&self) -> Option<&Declaration<'a>> {
        let mut main = None;
        let mut is_through_main: Vec<bool> = Vec::with_capacity(self.inlined.len());
        for inlined in &self.inlined {
            let name = inlined.declaration.name;
            let is_main = name == "main.main";
            if is_main {
                main = Some(&inlined.declaration);
            }
            let caller = inlined.into.map(|into| is_through_main[into as usize]);
            let is_through = is_main || caller == Some(true);
            if !is_through && name.trim_start_matches(['(', '*']).starts_with("main.") {
                return None;
            }
            is_through_main.push(is_through);
        }
        main
    }

    /// The last inlined function that is declared in a file within a bound.
    pub(super) fn last_declared(
        &self,
        file: SourceFile,
        line: u32,
        bound: LineBound,
    ) -> Option<u32> {
        let order = self.by_line();
        let end = order.partition_point(|index| self.line_key(*index) <= (Some(file), line));
        let last = order[..end].last()?;
        let (its_file, its_line) = self.line_key(*last);
        let is_within_bound =
            its_file == Some(file) && (bound == LineBound::AtOrBefore || its_line == line);
        is_within_bound.then_some(*last)
    }

    /// The inlined function with this name whose declaration is the last in a file at or before a line. If it is inlined
    /// several times, the first.
    pub(super) fn named(&self, file: SourceFile, name: &str, line: u32) -> Option<u32> {
        let order = self.by_name();
        let key = |index: &u32| self.name_key(*index);
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
            order.sort_by_key(|index| (self.line_key(*index), self.name(*index)));
            order
        })
    }

    fn by_name(&self) -> &[u32] {
        self.by_name.get_or_init(|| {
            let mut order: Vec<_> = (0..self.inlined.len() as u32).collect();
            order.sort_by_key(|index| self.name_key(*index));
            order
        })
    }

    fn line_key(&self, index: u32) -> (Option<SourceFile>, u32) {
        let declaration = &self.get(index).declaration;
        (declaration.file, declaration.line)
    }

    fn name_key(&self, index: u32) -> (Option<SourceFile>, &'a str, u32) {
        let declaration = &self.get(index).declaration;
        (declaration.file, declaration.name, declaration.line)
    }
}

/// How often a function is inlined into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Uses {
    Once,
    Several,
    /// Several times, as different instances of a generic function.
    SeveralInstances,
}

/// The lines at which a function may be declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineBound {
    /// Only the line itself.
    At,
    /// The line and those before it.
    AtOrBefore,
}

/// A function's name, and the names of the functions around it if it is anonymous: `main.f$1` is within `main.f`.
pub(super) fn names_around(name: &str) -> impl Iterator<Item = &str> {
    let ends = name.match_indices('$').map(|(at, _)| &name[..at]);
    std::iter::once(name).chain(ends.take(MAX_NESTED_NAMES))
}

/// Reads the functions inlined into the one at the current entry, and the ranges that they claim; `None` if they exceed the
/// budget.
fn read_inlined<'a>(
    debug: &Debug<'a>,
    functions: &Functions<'a>,
    unit: &Unit<'a>,
    mut entries: EntriesCursor<'_, Slice<'a>>,
) -> Option<(Vec<Inlined<'a>>, Vec<Range>)> {
    let depth = entries.current()?.depth();
    let (mut inlined, mut ranges) = (Vec::new(), Vec::new());
    // The inlined functions around the next entry, with their depths.
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
        debug.budget.take_bytes(BYTES_PER_INLINED)?;
        let index = inlined.len() as u32;
        inlined.push(Inlined {
            declaration: functions.declaration(debug, unit, entry),
            into: open.last().map(|(_, index)| *index),
            call: call(debug, unit, entry),
        });
        open.push((entry.depth(), index));
        read_ranges(debug, unit, entry, index, &mut ranges)?;
    }
    Some((inlined, ranges))
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
        debug.budget.take_steps(1)?;
        let end = u32::try_from(range.end).unwrap_or(u32::MAX);
        let Ok(begin) = u32::try_from(range.begin) else {
            continue;
        };
        if begin < end {
            debug.budget.take_bytes(BYTES_PER_RANGE)?;
            found.push(Range {
                begin,
                end,
                claimed_by,
            });
        }
    }
    Some(())
}

/// Computes the claims of all addresses. The last of the functions that claim an address is the innermost.
fn claims(ranges: &[Range]) -> Vec<Claim> {
    let ends = ranges.iter().flat_map(|range| [range.begin, range.end]);
    let mut edges: Vec<_> = ends.collect();
    edges.sort_unstable();
    edges.dedup();
    let mut open = BinaryHeap::new();
    let mut begins = ranges.iter().peekable();
    let claim = |from| {
        while let Some(range) = begins.next_if(|range| range.begin == from) {
            open.push((range.claimed_by, range.end));
        }
        Claim {
            from,
            by: last_open(&mut open, from),
        }
    };
    let mut claims: Vec<_> = edges.into_iter().map(claim).collect();
    claims.dedup_by_key(|claim| claim.by);
    claims
}

/// The last of the functions in `open` whose range ends after an address.
fn last_open(open: &mut BinaryHeap<(u32, u32)>, address: u32) -> Option<u32> {
    while let Some((index, end)) = open.peek() {
        if *end > address {
            return Some(*index);
        }
        open.pop();
    }
    None
}
