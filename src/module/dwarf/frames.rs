//! Finds the functions at an address: a compiled function, and the functions inlined into it. LLVM's optimiser moves code
//! without all of its debug information, so that an inlined function may claim code of another function, or not claim
//! its own code. Lines are more reliable and take precedence.

use super::Debug;
use super::functions::{Declaration, Functions};
use super::lines::{Line, LineAccuracy, Lines, SourcePosition};
use super::tree::{LineBound, MAX_DEPTH, Tree, names_around};
use std::cell::RefCell;
use std::collections::HashMap;
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
    /// The trees that were read, by the address of the function's body.
    trees: RefCell<HashMap<u32, Option<Rc<Tree<'a>>>>>,
}

/// The memory for a position, and for a function's tree, in bytes.
const BYTES_PER_POSITION: usize = 128;
const BYTES_PER_TREE: usize = 256;

impl<'a> Positions<'a> {
    /// Reads the debug information; `None` if there is none.
    pub fn read(wasm: &'a [u8]) -> Option<Self> {
        let debug = Debug::read(wasm)?;
        Some(Self {
            functions: Functions::read(&debug),
            lines: Lines::read(&debug),
            debug,
            trees: RefCell::default(),
        })
    }

    /// The functions at an address, the innermost first. There are none if they are unknown or exceed the budget. The body
    /// of the compiled function starts at `start`. Code before `since` does not fall through to the address.
    pub fn at(&self, start: u32, since: u32, address: u32) -> Vec<Position<'a>> {
        let Some(tree) = self.tree(start) else {
            return Vec::new();
        };
        let row = self.lines.at(start, since, address);
        let (line, accuracy) = row.map_or((None, LineAccuracy::Unknown), |(line, accuracy)| {
            (Some(line), accuracy)
        });
        let exact = match accuracy {
            LineAccuracy::Exact => self.innermost(&tree, address, line),
            LineAccuracy::Nearby | LineAccuracy::Unknown => None,
        };
        let (inner, line) = match exact {
            Some(inner) => (inner, line),
            None => self.outermost(&tree, address, line, accuracy),
        };
        self.positions_from(&tree, inner, line, accuracy)
            .unwrap_or_default()
    }

    /// The positions from the inlined function `inner` to the compiled function; `None` if they exceed the budget.
    fn positions_from(
        &self,
        tree: &Tree<'a>,
        mut inner: Option<u32>,
        mut line: Option<SourcePosition>,
        mut accuracy: LineAccuracy,
    ) -> Option<Vec<Position<'a>>> {
        let mut positions = Vec::new();
        while let (Some(index), true) = (inner, positions.len() < MAX_DEPTH) {
            let inlined = tree.get(index);
            let line = std::mem::replace(&mut line, inlined.call);
            let accuracy = std::mem::replace(&mut accuracy, LineAccuracy::Exact);
            positions.push(self.position(inlined.declaration.name, line, accuracy)?);
            inner = inlined.into;
        }
        positions.push(self.position(tree.function.name, line, accuracy)?);
        Some(positions)
    }

    fn position(
        &self,
        function: &'a str,
        line: Option<SourcePosition>,
        accuracy: LineAccuracy,
    ) -> Option<Position<'a>> {
        let line = line.map(|position| Line {
            file: position
                .file
                .map_or_else(|| "".into(), |file| self.debug.path_of(file)),
            line: position.line,
            column: position.column,
        });
        let path = line.as_ref().map_or(0, |line| line.file.len());
        self.debug
            .budget
            .bytes(BYTES_PER_POSITION + function.len() + path)?;
        Some(Position {
            function,
            line,
            accuracy,
        })
    }

    /// The innermost function at an address that may contain the line: an inlined one, or `Some(None)` for the compiled
    /// one. `None` if no function may contain it.
    fn innermost(
        &self,
        tree: &Tree<'a>,
        address: u32,
        line: Option<SourcePosition>,
    ) -> Option<Option<u32>> {
        let mut inner = tree.claim(address).innermost;
        let Some(line) = line else {
            return Some(inner);
        };
        let may_contain = |function: &Declaration<'_>| self.may_contain(function, line);
        while let Some(index) = inner.filter(|index| !may_contain(&tree.get(*index).declaration)) {
            inner = tree.get(index).into;
        }
        if inner.is_some() || may_contain(&tree.function) {
            return Some(inner);
        }
        self.inlined_with_line(tree, line).map(Some)
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

    /// The outermost inlined function at an address whose line is unknown, or is known only for code before it. Also
    /// returns the file of the function, with the line if the function may contain it.
    fn outermost(
        &self,
        tree: &Tree<'a>,
        address: u32,
        before: Option<SourcePosition>,
        accuracy: LineAccuracy,
    ) -> (Option<u32>, Option<SourcePosition>) {
        let near = before.and_then(|line| self.innermost(tree, address, Some(line)));
        let near = near.flatten().map(|index| tree.outermost(index));
        let is_main = |index: &u32| tree.get(*index).declaration.name.starts_with("main.");
        let claim = tree.claim(address);
        // Both may be wrong. Functions of the program are preferred, since they are usually what is inlined into the
        // runtime.
        let outermost = claim.of_main.map(|index| tree.outermost(index));
        let outermost = outermost
            .or(near.filter(is_main))
            .or(claim.innermost.map(|index| tree.outermost(index)))
            .or(near);
        let function = outermost.map_or(&tree.function, |index| &tree.get(index).declaration);
        let line = before
            .filter(|line| accuracy == LineAccuracy::Nearby && self.may_contain(function, *line));
        let file = || {
            Some(SourcePosition {
                file: Some(function.file?),
                line: 0,
                column: 0,
            })
        };
        (outermost, line.or_else(file))
    }

    /// Returns true if a function may contain a line. The line must be in the function's file, at or after its declaration,
    /// and before the declaration of the next function that is not an anonymous function within this one.
    fn may_contain(&self, function: &Declaration<'_>, line: SourcePosition) -> bool {
        let Some(file) = line.file.filter(|file| function.file == Some(*file)) else {
            return false;
        };
        let last = self.functions.last_before(file, line.line);
        function.line <= line.line
            && last.is_none_or(|(at, name)| at == function.line || is_within(name, function.name))
    }

    fn tree(&self, start: u32) -> Option<Rc<Tree<'a>>> {
        if let Some(known) = self.trees.borrow().get(&start) {
            return known.clone();
        }
        self.debug.budget.bytes(BYTES_PER_TREE)?;
        let read = self.functions.at(start).and_then(|(unit, offset)| {
            let unit = self.debug.unit(unit)?;
            Tree::read(&self.debug, &self.functions, &unit, offset).map(Rc::new)
        });
        self.trees.borrow_mut().insert(start, read.clone());
        read
    }
}

/// Returns true for the name of an anonymous function within the function `outer`.
fn is_within(name: &str, outer: &str) -> bool {
    let rest = name.strip_prefix(outer);
    rest.is_some_and(|rest| rest.starts_with('$'))
}

#[cfg(test)]
mod tests;
