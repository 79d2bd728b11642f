//! Which functions an address is in: the one that was compiled, and those that were inlined into it there.
//! The optimiser behind LLVM moves code without moving all that is said of it, so that an inlined
//! function may claim code which is not its own, and may miss code which is. The lines are right more
//! often: where the two disagree, the functions are chosen by the line.

use super::lines::{Aim, Line, Lines};
use super::{Debug, Entry, Unit, refers_to};
use gimli::{AttributeValue, DebugInfoOffset, UnitOffset};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Where an address lies.
#[derive(Clone, Debug)]
pub struct Position {
    /// The function's name, as the compiler has it.
    pub function: String,
    /// The line in it, where one is known.
    pub line: Option<Line>,
    /// How well that is known.
    pub aim: Aim,
}

/// What the debug information says of addresses.
pub struct Positions<'a> {
    debug: Debug<'a>,
    lines: Lines,
    functions: HashMap<u32, (usize, UnitOffset)>,
    declared: HashMap<Arc<str>, Vec<(u32, &'a str)>>,
    /// Those that were looked at.
    trees: RefCell<HashMap<u32, Option<Rc<Tree>>>>,
    /// How many ranges may still be read.
    ranges_left: Cell<usize>,
}

/// A function and what was inlined into it.
struct Tree {
    function: Declaration,
    inlined: Vec<Inlined>,
}

/// What a function is called, and where it was declared.
#[derive(Clone, Default)]
struct Declaration {
    name: String,
    file: Option<Arc<str>>,
    line: u32,
}

/// A function that was inlined.
struct Inlined {
    declared: Declaration,
    /// The one that it was inlined into, where that was inlined too.
    into: Option<usize>,
    /// Where it was called.
    call: Option<Line>,
    ranges: Vec<gimli::Range>,
}

/// The most functions that are told to be inlined at one address, and in all into one function.
const DEEPEST: usize = 100;
const MOST_INLINED: usize = 100_000;

/// The most ranges that are read in all.
const MOST_RANGES: usize = 1_000_000;

impl<'a> Positions<'a> {
    /// Reads what is needed to look addresses up; `None` where there is no debug information.
    pub fn read(wasm: &'a [u8]) -> Option<Self> {
        let debug = Debug::read(wasm)?;
        let functions = Functions::read(&debug);
        Some(Self {
            lines: Lines::read(&debug),
            debug,
            functions: functions.by_start,
            declared: functions.by_file,
            trees: RefCell::default(),
            ranges_left: Cell::new(MOST_RANGES),
        })
    }

    /// What an address lies in, the innermost function first. `start` is where the body begins of the
    /// function that it is in, and `since` where code ends in front that does not run on to it. Nothing
    /// where the function is not known.
    pub fn at(&self, start: u32, since: u32, address: u32) -> Vec<Position> {
        let Some(tree) = self.tree(start) else {
            return Vec::new();
        };
        let row = self.lines.at(start, since, address);
        let (line, aim) = row.map_or((None, Aim::Unknown), |(line, aim)| (Some(line), aim));
        let fitting = match aim {
            Aim::At => self.innermost(&tree, address, line.as_ref()),
            Aim::Near | Aim::Unknown => None,
        };
        let (mut inner, mut line) = match fitting {
            Some(inner) => (inner, line),
            None => self.vaguely(&tree, address, line.as_ref(), aim),
        };
        let mut aim = aim;
        let mut positions = Vec::new();
        while let (Some(index), true) = (inner, positions.len() < DEEPEST) {
            let inlined = &tree.inlined[index];
            positions.push(Position {
                function: inlined.declared.name.clone(),
                line: std::mem::replace(&mut line, inlined.call.clone()),
                aim: std::mem::replace(&mut aim, Aim::At),
            });
            inner = inlined.into;
        }
        positions.push(Position {
            function: tree.function.name.clone(),
            line,
            aim,
        });
        positions
    }

    /// The innermost of the functions that were inlined at an address, if it is in one; `None` where the line
    /// fits none of them, nor the function itself.
    fn innermost(&self, tree: &Tree, address: u32, line: Option<&Line>) -> Option<Option<usize>> {
        let mut inner = tree.claiming(address);
        let Some(line) = line else {
            return Some(inner);
        };
        let may_hold = |declared: &Declaration| self.may_hold(declared, line);
        while let Some(index) = inner.filter(|index| !may_hold(&tree.inlined[*index].declared)) {
            inner = tree.inlined[index].into;
        }
        if inner.is_some() || may_hold(&tree.function) {
            return Some(inner);
        }
        let candidates = tree.inlined.iter().enumerate();
        let candidates = candidates.filter(|(_, inlined)| may_hold(&inlined.declared));
        let candidates: Vec<_> = candidates.collect();
        let nearest = candidates
            .iter()
            .max_by_key(|(_, inlined)| inlined.declared.line);
        let (_, nearest) = nearest?;
        // Of a function without a name only the beginning is known: it may have ended before.
        let around = candidates.iter().find(|(_, inlined)| {
            inlined.declared.name == nearest.declared.name
                || is_within(&nearest.declared.name, &inlined.declared.name)
        });
        around.map(|(index, _)| Some(*index))
    }

    /// The same for an address of which the line is not known, or only that of code in front: no more than
    /// the outermost of the inlined functions, and its file, with that line if it can be its.
    fn vaguely(
        &self,
        tree: &Tree,
        address: u32,
        before: Option<&Line>,
        aim: Aim,
    ) -> (Option<usize>, Option<Line>) {
        let near = before.and_then(|line| self.innermost(tree, address, Some(line)));
        // Either may be wrong; most of what is inlined into the runtime is the program.
        let candidates = tree.all_claiming(address).chain(near.flatten());
        let candidates = candidates.map(|inner| tree.outermost(inner));
        let is_main = |index: &usize| tree.inlined[*index].declared.name.starts_with("main.");
        let mut candidates = candidates;
        let main = candidates.clone().find(is_main);
        let outermost = main.or_else(|| candidates.next());
        let function = outermost.map_or(&tree.function, |index| &tree.inlined[index].declared);
        let line = before.filter(|line| aim == Aim::Near && self.may_hold(function, line));
        let file = || {
            Some(Line {
                file: function.file.clone()?,
                line: 0,
                column: 0,
            })
        };
        (outermost, line.cloned().or_else(file))
    }

    /// Whether a line can be a function's: it is in its file, behind its beginning, and not behind that of
    /// the next one, unless that is a function without a name within it.
    fn may_hold(&self, function: &Declaration, line: &Line) -> bool {
        if function.file.as_ref() != Some(&line.file) || function.line > line.line {
            return false;
        }
        let Some(declared) = self.declared.get(&line.file) else {
            return true;
        };
        let end = declared.partition_point(|(at, _)| *at <= line.line);
        let nearest = declared[..end].last();
        nearest.is_none_or(|(at, name)| *at == function.line || is_within(name, &function.name))
    }

    fn tree(&self, start: u32) -> Option<Rc<Tree>> {
        if let Some(known) = self.trees.borrow().get(&start) {
            return known.clone();
        }
        let read = self.functions.get(&start).and_then(|(unit, offset)| {
            let unit = self.debug.unit(*unit)?;
            self.read_tree(&unit, *offset).map(Rc::new)
        });
        self.trees.borrow_mut().insert(start, read.clone());
        read
    }

    fn read_tree(&self, unit: &Unit<'a>, offset: UnitOffset) -> Option<Tree> {
        let mut entries = unit.entries_at_offset(offset).ok()?;
        let root = entries.next_dfs().ok()??;
        let depth = root.depth();
        let mut tree = Tree {
            function: self.declaration(unit, root),
            inlined: Vec::new(),
        };
        // The inlined functions that the next entry lies in, with their depths.
        let mut open: Vec<(isize, usize)> = Vec::new();
        while let Ok(Some(entry)) = entries.next_dfs() {
            if entry.depth() <= depth || tree.inlined.len() >= MOST_INLINED {
                break;
            }
            while open
                .last()
                .is_some_and(|(outer, _)| *outer >= entry.depth())
            {
                open.pop();
            }
            if entry.tag() == gimli::DW_TAG_inlined_subroutine {
                let into = open.last().map(|(_, index)| *index);
                open.push((entry.depth(), tree.inlined.len()));
                tree.inlined.push(Inlined {
                    declared: self.declaration(unit, entry),
                    into,
                    call: self.call(unit, entry),
                    ranges: self.ranges(unit, entry),
                });
            }
        }
        Some(tree)
    }

    fn call(&self, unit: &Unit<'a>, entry: &Entry<'a>) -> Option<Line> {
        let file = file_index(entry, gimli::DW_AT_call_file)?;
        Some(Line {
            file: self.debug.file_of(unit, file)?,
            line: number(entry, gimli::DW_AT_call_line)?,
            column: number(entry, gimli::DW_AT_call_column).unwrap_or(0),
        })
    }

    fn ranges(&self, unit: &Unit<'a>, entry: &Entry<'a>) -> Vec<gimli::Range> {
        /// The most ranges that are read of one function; Binaryen's have some tens.
        const MOST: usize = 1_000;
        let most = MOST.min(self.ranges_left.get());
        let mut found = Vec::new();
        if let Ok(mut ranges) = self.debug.dwarf.die_ranges(unit, entry) {
            while let (Ok(Some(range)), true) = (ranges.next(), found.len() < most) {
                found.push(range);
            }
        }
        // Functions may share their ranges.
        self.ranges_left.set(self.ranges_left.get() - found.len());
        found
    }

    /// What is said of a function, here or where it was declared.
    fn declaration(&self, unit: &Unit<'a>, entry: &Entry<'a>) -> Declaration {
        let mut found = Declaration::default();
        self.read_declaration(unit, entry, &mut found);
        // What was inlined, or declared elsewhere, refers to its declaration, and that may do so again.
        let mut place = origin(unit, entry);
        for _ in 0..2 {
            let Some((index, offset)) = place.and_then(|place| self.debug.unit_index_of(place))
            else {
                break;
            };
            let Some(unit) = self.debug.unit(index) else {
                break;
            };
            let Ok(entry) = unit.entry(offset) else { break };
            self.read_declaration(&unit, &entry, &mut found);
            place = origin(&unit, &entry);
        }
        found
    }

    fn read_declaration(&self, unit: &Unit<'a>, entry: &Entry<'a>, found: &mut Declaration) {
        if found.name.is_empty() {
            let names = [gimli::DW_AT_name, gimli::DW_AT_linkage_name];
            let name = names
                .into_iter()
                .find_map(|name| self.debug.string(entry, name));
            found.name = name.unwrap_or_default().to_owned();
        }
        if found.file.is_none() {
            let file = file_index(entry, gimli::DW_AT_decl_file);
            found.file = file.and_then(|file| self.debug.file_of(unit, file));
            found.line = number(entry, gimli::DW_AT_decl_line).unwrap_or(0);
        }
    }
}

impl Tree {
    /// The outermost of the inlined functions around one.
    fn outermost(&self, mut index: usize) -> usize {
        while let Some(around) = self.inlined[index].into {
            index = around;
        }
        index
    }

    /// The inlined functions that say that an address is theirs, those further in first.
    fn all_claiming(&self, address: u32) -> impl Iterator<Item = usize> + Clone {
        let address = u64::from(address);
        let holds = move |range: &gimli::Range| (range.begin..range.end).contains(&address);
        let claims = move |inlined: &Inlined| inlined.ranges.iter().any(holds);
        // Those further in come later.
        let all = self.inlined.iter().enumerate().rev();
        all.filter(move |(_, inlined)| claims(inlined))
            .map(|(index, _)| index)
    }

    /// The innermost of them.
    fn claiming(&self, address: u32) -> Option<usize> {
        self.all_claiming(address).next()
    }
}

/// Whether a name is that of a function without a name within one that is called `outer`.
fn is_within(name: &str, outer: &str) -> bool {
    let rest = name.strip_prefix(outer);
    rest.is_some_and(|rest| rest.starts_with('$'))
}

/// The functions that the units tell of.
#[derive(Default)]
struct Functions<'a> {
    /// Those that have code, by the addresses at which their bodies begin.
    by_start: HashMap<u32, (usize, UnitOffset)>,
    /// Where those of a file were declared, in the order of their lines.
    by_file: HashMap<Arc<str>, Vec<(u32, &'a str)>>,
}

impl<'a> Functions<'a> {
    fn read(debug: &Debug<'a>) -> Self {
        let mut found = Self::default();
        for index in 0..debug.units.len() {
            if let Some(unit) = debug.unit(index) {
                // A unit that is damaged does not spoil the others.
                let _ = found.add(debug, index, &unit);
            }
        }
        for declared in found.by_file.values_mut() {
            declared.sort();
        }
        found
    }

    fn add(&mut self, debug: &Debug<'a>, index: usize, unit: &Unit<'a>) -> gimli::Result<()> {
        let mut entries = unit.entries();
        while let Some(entry) = entries.next_dfs()? {
            if entry.tag() != gimli::DW_TAG_subprogram {
                continue;
            }
            if let Some(AttributeValue::Addr(start)) = entry.attr_value(gimli::DW_AT_low_pc)
                && let Ok(start) = u32::try_from(start)
            {
                self.by_start
                    .entry(start)
                    .or_insert((index, entry.offset()));
            }
            let line = number(entry, gimli::DW_AT_decl_line);
            let name = debug.string(entry, gimli::DW_AT_name);
            let file = file_index(entry, gimli::DW_AT_decl_file);
            let path = file.and_then(|file| debug.file_of(unit, file));
            if let (Some(path), Some(line), Some(name)) = (path, line, name) {
                self.by_file.entry(path).or_default().push((line, name));
            }
        }
        Ok(())
    }
}

/// What an entry is another appearance of.
fn origin(unit: &Unit<'_>, entry: &Entry<'_>) -> Option<DebugInfoOffset> {
    let attributes = [gimli::DW_AT_abstract_origin, gimli::DW_AT_specification];
    let value = attributes
        .into_iter()
        .find_map(|name| entry.attr_value(name))?;
    refers_to(&unit.header, value)
}

fn file_index(entry: &Entry<'_>, name: gimli::DwAt) -> Option<u64> {
    match entry.attr_value(name)? {
        AttributeValue::FileIndex(index) => Some(index),
        other => other.udata_value(),
    }
}

fn number(entry: &Entry<'_>, name: gimli::DwAt) -> Option<u32> {
    u32::try_from(entry.attr_value(name)?.udata_value()?).ok()
}

#[cfg(test)]
mod tests;
