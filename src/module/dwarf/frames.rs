//! Finds the functions at an address: a compiled function, and the functions inlined into it. LLVM's optimiser moves
//! code without all of its debug information, so that an inlined function may claim code of another function, or not
//! claim its own code. Lines are more reliable and take precedence. Without a reliable line, only the compiled function
//! is known to be active.

use super::Debug;
use super::evidence::{Evidence, Optimization};
use super::flow::Flow;
use super::functions::{Declaration, Functions};
use super::lines::{Line, LineAccuracy, Lines, SourcePosition};
use super::tree::{LineBound, MAX_DEPTH, Tree, Uses, names_around};
use std::cell::RefCell;
use std::collections::HashMap;
use std::iter;
use std::rc::Rc;

/// A function at an address.
#[derive(Clone, Debug)]
pub struct Position<'a> {
    /// The function's name in the debug information.
    pub function: &'a str,
    /// The line, if it is known.
    pub line: Option<Line>,
    /// The accuracy of the line.
    pub accuracy: LineAccuracy,
}

/// Looks up addresses in the debug information.
pub struct Positions<'a> {
    debug: Debug<'a>,
    lines: Lines,
    functions: Functions<'a>,
    optimization: Optimization,
    /// The functions that were read, by the address of the function's body.
    compiled: RefCell<HashMap<u32, Option<Rc<Compiled<'a>>>>>,
}

/// A compiled function.
struct Compiled<'a> {
    tree: Tree<'a>,
    flow: Flow,
}

/// The functions that contain a line: an inlined one and those around it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Inlining {
    /// The innermost function; `None` for the compiled function.
    inner: Option<u32>,
    /// Whether the functions between the innermost and the compiled one are known.
    callers: Callers,
}

/// Whether the functions into which a function is inlined are known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Callers {
    Known,
    /// The function is inlined several times, and it is not known which of them it is.
    Unknown,
}

/// The maximum distance between a line that is nearby and the line that was being executed.
pub const MAX_NEARBY_LINES: u32 = 10;

/// The maximum number of functions that claim an address and are considered.
const MAX_CLAIMANTS: usize = 100;

/// The number of ranges that are searched in one step.
const RANGES_PER_STEP: usize = 8;

/// The memory for a position, and for a function's tree, in bytes.
const BYTES_PER_POSITION: usize = 128;
const BYTES_PER_TREE: usize = 256;

impl<'a> Positions<'a> {
    /// Reads the debug information; `None` if there is none.
    pub fn read(wasm: &'a [u8]) -> Option<Self> {
        let debug = Debug::read(wasm)?;
        let functions = Functions::read(&debug);
        Some(Self {
            optimization: functions.optimization(),
            functions,
            lines: Lines::read(&debug),
            debug,
            compiled: RefCell::default(),
        })
    }

    /// Returns true if there are no lines.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The functions at an address, the innermost first. There are none if they are unknown or exceed the budget. The body
    /// of the compiled function starts at `start`.
    pub fn at(&self, start: u32, address: u32) -> Vec<Position<'a>> {
        let Some(compiled) = self.compiled(start) else {
            return Vec::new();
        };
        let positions = self.reliable_positions(&compiled, start, address);
        let positions = positions.or_else(|| {
            let function = &compiled.tree.function;
            Some(vec![self.position(
                function,
                None,
                LineAccuracy::Unknown,
            )?])
        });
        positions.unwrap_or_default()
    }

    /// The compiled function whose body starts at `start`, with the line of its declaration.
    pub fn declaration(&self, start: u32) -> Option<Position<'a>> {
        let compiled = self.compiled(start)?;
        let function = &compiled.tree.function;
        let mut position = self.position(function, None, LineAccuracy::Unknown)?;
        if let Some(line) = &mut position.line {
            line.line = function.line;
        }
        Some(position)
    }

    /// Returns true if a function with a wanted name is inlined into the compiled function whose body starts at `start`.
    pub fn is_inlined(&self, start: u32, is_wanted: impl Fn(&str) -> bool) -> bool {
        let compiled = self.compiled(start);
        compiled.is_some_and(|compiled| {
            let mut inlined = compiled.tree.inlined.iter();
            inlined.any(|inlined| is_wanted(inlined.declaration.name))
        })
    }

    /// The position of `main.main` in a compiled function whose body starts at `start`, with an unknown line, if all of the
    /// function's code of package `main` is inlined through `main.main`.
    pub fn of_main(&self, start: u32) -> Option<Position<'a>> {
        let compiled = self.compiled(start)?;
        let main = compiled.tree.only_function_of_main()?;
        self.position(main, None, LineAccuracy::Unknown)
    }

    /// The positions at an address for which the line table has reliable evidence.
    fn reliable_positions(
        &self,
        compiled: &Compiled<'a>,
        start: u32,
        address: u32,
    ) -> Option<Vec<Position<'a>>> {
        let Compiled { tree, flow } = compiled;
        let rows = self.lines.around(start, address)?;
        let code = self.debug.code;
        let (line, accuracy) = match Evidence::of(&rows, address, code, flow, self.optimization) {
            Evidence::Line(line) => (line, LineAccuracy::Exact),
            Evidence::Between(before, after)
                if before.line.abs_diff(after.line) <= MAX_NEARBY_LINES
                    && self.inlining(tree, address, before)
                        == self.inlining(tree, address, after) =>
            {
                (before, LineAccuracy::Nearby)
            }
            Evidence::Between(..) | Evidence::None => return None,
        };
        let inlining = self.inlining(tree, address, line)?;
        self.positions_from(tree, inlining, line, accuracy)
    }

    /// The positions from the innermost function to the compiled function; `None` if they exceed the budget.
    fn positions_from(
        &self,
        tree: &Tree<'a>,
        inlining: Inlining,
        line: SourcePosition,
        accuracy: LineAccuracy,
    ) -> Option<Vec<Position<'a>>> {
        let mut positions = Vec::new();
        let mut inner = inlining.inner;
        let mut line = Some(line);
        let mut accuracy = accuracy;
        while let (Some(index), true) = (inner, positions.len() < MAX_DEPTH) {
            let inlined = tree.get(index);
            positions.push(self.position(&inlined.declaration, line, accuracy)?);
            (inner, line) = match inlining.callers {
                Callers::Known => (inlined.into, inlined.call),
                Callers::Unknown => (None, None),
            };
            accuracy = LineAccuracy::Exact;
        }
        positions.push(self.position(&tree.function, line, accuracy)?);
        Some(positions)
    }

    fn position(
        &self,
        function: &Declaration<'a>,
        line: Option<SourcePosition>,
        accuracy: LineAccuracy,
    ) -> Option<Position<'a>> {
        let known = line.and_then(|line| self.checked_line(function, line, accuracy));
        let file = || {
            Some(SourcePosition {
                file: Some(function.file?),
                line: 0,
                column: 0,
            })
        };
        let (position, accuracy) = match known {
            Some((line, accuracy)) => (Some(line), accuracy),
            None => (file(), LineAccuracy::Unknown),
        };
        let line = position.map(|position| Line {
            file: position
                .file
                .map_or_else(|| "".into(), |file| self.debug.path_of(file)),
            line: position.line,
            column: position.column,
        });
        let path = line.as_ref().map_or(0, |line| line.file.len());
        self.debug
            .budget
            .take_bytes(BYTES_PER_POSITION + function.name.len() + path)?;
        Some(Position {
            function: function.name,
            line,
            accuracy,
        })
    }

    /// A line in a function with its accuracy; `None` if it may be far from the line that was being executed. TinyGo gives
    /// code without a position the line of the function's declaration:
    /// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/compiler/compiler.go>.
    fn checked_line(
        &self,
        function: &Declaration<'_>,
        line: SourcePosition,
        accuracy: LineAccuracy,
    ) -> Option<(SourcePosition, LineAccuracy)> {
        let is_declaration = function.file == line.file && function.line == line.line;
        match (line.line, accuracy) {
            (0, _) => None,
            _ if is_declaration => self
                .is_short(function)
                .then_some((line, LineAccuracy::Nearby)),
            (_, accuracy) => Some((line, accuracy)),
        }
    }

    /// Returns true if all lines of a function are near its declaration.
    fn is_short(&self, function: &Declaration<'_>) -> bool {
        let file = function.file;
        let next = file.and_then(|file| self.functions.next_after(file, function));
        next.is_some_and(|next| next - function.line <= MAX_NEARBY_LINES + 1)
    }

    /// The functions at an address that contain a line; `None` if no function may contain it. The line of a function's
    /// declaration may be that of other code, so an inlined function must also claim the address.
    fn inlining(&self, tree: &Tree<'a>, address: u32, line: SourcePosition) -> Option<Inlining> {
        let known = |inner| Inlining {
            inner,
            callers: Callers::Known,
        };
        let claimant = tree.claim(address);
        if claimant.is_some_and(|index| self.may_contain(&tree.get(index).declaration, line)) {
            return Some(known(claimant));
        }
        if let Some(claimant) = self.outer_claimant(tree, address, line) {
            return Some(claimant);
        }
        if self.may_contain(&tree.function, line) {
            return Some(known(None));
        }
        let found = self.inlined_with_line(tree, line)?;
        let declaration = &tree.get(found).declaration;
        if declaration.line == line.line {
            return None;
        }
        let callers = match tree.uses(found) {
            Uses::Once => Callers::Known,
            Uses::Several => Callers::Unknown,
            Uses::SeveralInstances => return None,
        };
        Some(Inlining {
            inner: Some(found),
            callers,
        })
    }

    /// The innermost inlined function that may contain a line, of all that claim an address and of those around them.
    fn outer_claimant(
        &self,
        tree: &Tree<'a>,
        address: u32,
        line: SourcePosition,
    ) -> Option<Inlining> {
        let steps = tree.range_count() / RANGES_PER_STEP;
        self.debug.budget.take_steps(steps)?;
        let around = |index| iter::successors(Some(index), |index| tree.get(*index).into);
        let claimants = tree.claimants(address).take(MAX_CLAIMANTS);
        let mut found: Vec<_> = claimants
            .flat_map(around)
            .filter(|index| self.may_contain(&tree.get(*index).declaration, line))
            .collect();
        found.sort_unstable();
        found.dedup();
        let (inner, others) = found.split_last()?;
        let is_same = |index: &u32| tree.is_declared_with(*index, *inner);
        let callers = match others.iter().rfind(|index| is_same(index)) {
            None => Callers::Known,
            Some(other) if tree.name(*other) == tree.name(*inner) => Callers::Unknown,
            Some(_) => return None,
        };
        Some(Inlining {
            inner: Some(*inner),
            callers,
        })
    }

    /// An inlined function that may contain a line, regardless of the addresses that it claims.
    fn inlined_with_line(&self, tree: &Tree<'a>, line: SourcePosition) -> Option<u32> {
        let file = line.file?;
        let named = |name| tree.named(file, name, line.line);
        let nearest = match self.functions.last_before(file, line.line) {
            None => tree.last_declared(file, line.line, LineBound::AtOrBefore),
            Some((at, name)) => tree.last_declared(file, at, LineBound::At).or_else(|| {
                let around = names_around(name).filter_map(named);
                around.max_by_key(|index| (tree.get(*index).declaration.line, *index))
            }),
        };
        let name = tree.get(nearest?).declaration.name;
        // The end of an anonymous function is unknown, and may be before the line.
        let around = names_around(name).filter_map(named);
        around
            .filter(|index| self.may_contain(&tree.get(*index).declaration, line))
            .min()
    }

    /// Returns true if a function may contain a line. The line must be in the function's file, at or after its
    /// declaration, and before the declaration of the next function that is not an anonymous function within this one.
    fn may_contain(&self, function: &Declaration<'_>, line: SourcePosition) -> bool {
        let Some(file) = line.file.filter(|file| function.file == Some(*file)) else {
            return false;
        };
        let last = self.functions.last_before(file, line.line);
        function.line <= line.line
            && last.is_none_or(|(at, name)| at == function.line || is_within(name, function.name))
    }

    fn compiled(&self, start: u32) -> Option<Rc<Compiled<'a>>> {
        if let Some(known) = self.compiled.borrow().get(&start) {
            return known.clone();
        }
        self.debug.budget.take_bytes(BYTES_PER_TREE)?;
        let read = self.read_compiled(start).map(Rc::new);
        self.compiled.borrow_mut().insert(start, read.clone());
        read
    }

    fn read_compiled(&self, start: u32) -> Option<Compiled<'a>> {
        let (unit, offset) = self.functions.at(start)?;
        let unit = self.debug.unit(unit)?;
        let tree = Tree::read(&self.debug, &self.functions, &unit, offset)?;
        let flow = Flow::read(self.debug.code, start)?;
        self.debug.budget.take_bytes(flow.bytes())?;
        Some(Compiled { tree, flow })
    }
}

/// Returns true for the name of an anonymous function within the function `outer`.
pub(super) fn is_within(name: &str, outer: &str) -> bool {
    let rest = name.strip_prefix(outer);
    rest.is_some_and(|rest| rest.starts_with('$'))
}

#[cfg(test)]
mod tests;
