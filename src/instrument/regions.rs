//! Divides the code of a function into regions. All code of a region runs equally often, except after a trap in the
//! middle of it. A region ends where control flow forks or joins, and after each call, which may not return. Code after a
//! block belongs to the region before the block again if each entry into the block leads there.

use super::InstrumentError;
use crate::module::{CodeRow, FileLine};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::iter::Peekable;
use std::slice::Iter;
use wasmparser::{BlockType, Operator, OperatorsReader};

/// A region of a function's code that has lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Region {
    /// The offset of the first operator of one of the lines.
    pub(super) offset: usize,
    pub(super) lines: Vec<FileLine>,
}

/// The code of a line in a region.
#[derive(Clone, Copy)]
struct LinePlace {
    region: u32,
    line: FileLine,
    /// The offset of the first operator.
    offset: usize,
    /// True if the code only reads constants, and reads or writes locals. Compilers move such code, also to regions that
    /// run although the line does not.
    is_movable: bool,
}

/// A block whose end has not been read yet.
struct EnclosingBlock {
    kind: BlockKind,
    /// The region before the block.
    before: u32,
    /// Whether code before the block runs.
    liveness: Liveness,
    /// Whether a branch goes to the end of the block.
    is_target: bool,
    /// The depth of the outermost block that code in this block may leave other than at its end.
    left_depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    Block,
    Loop,
    If,
    Else,
}

/// Whether code can be reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Liveness {
    Live,
    Dead,
}

/// The only global that LLVM's code uses. Code that wasm-opt adds to switch goroutines begins with another:
/// <https://github.com/WebAssembly/binaryen/blob/version_116/src/passes/Asyncify.cpp>.
const STACK_POINTER: u32 = 0;

/// The maximum number of parents that are searched for a place of the same line.
const MAX_SEARCHED_PARENTS: usize = 32;

/// Reads the regions of a function that have lines. `rows` are the lines of its code. A line is omitted in a region that
/// runs at most as often as another one with the line. `declaration` is the line of the function's declaration. It has one
/// region, which begins the function, since TinyGo also gives it to later code without a line.
///
/// # Errors
///
/// If the function is malformed.
pub(super) fn read(
    mut operators: OperatorsReader<'_>,
    rows: &[CodeRow],
    declaration: Option<FileLine>,
) -> Result<Vec<Region>, InstrumentError> {
    let mut scan = RegionScan::new(rows);
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        scan.add_operator(&operator, offset)?;
    }
    scan.keep_first_place(declaration);
    scan.drop_moved_places();
    scan.drop_repeated_places();
    Ok(scan.regions())
}

struct RegionScan<'a> {
    /// The rows that have not been reached yet.
    rows: Peekable<Iter<'a, CodeRow>>,
    line: Option<FileLine>,
    /// The number of blocks around the start of the line's code. The code after the end of one of them is that of another
    /// line, even if the debug information does not say of which.
    line_depth: usize,
    /// The address of the last row.
    row_address: usize,
    /// The offset of the last operator, if it is `return` outside of all blocks.
    last_return: Option<usize>,
    /// The line whose code continues after code that wasm-opt has added.
    interrupted_line: Option<FileLine>,
    /// For each region, one that runs at least as often; `None` for the start of a function or a loop.
    parents: Vec<Option<u32>>,
    places: Vec<LinePlace>,
    /// The index of each place.
    indices: HashMap<(u32, FileLine), usize>,
    region: u32,
    liveness: Liveness,
    /// The blocks around the current operator, the function first.
    open_blocks: Vec<EnclosingBlock>,
}

impl<'a> RegionScan<'a> {
    fn new(rows: &'a [CodeRow]) -> Self {
        let mut scan = Self {
            rows: rows.iter().peekable(),
            line: None,
            line_depth: 0,
            row_address: 0,
            last_return: None,
            interrupted_line: None,
            parents: vec![None],
            places: Vec::new(),
            indices: HashMap::new(),
            region: 0,
            liveness: Liveness::Live,
            open_blocks: Vec::new(),
        };
        scan.open(BlockKind::Block);
        scan
    }

    fn add_operator(
        &mut self,
        operator: &Operator<'_>,
        offset: usize,
    ) -> Result<(), InstrumentError> {
        self.read_rows(operator, offset);
        let last_return = self.last_return.take();
        match operator {
            Operator::Block { .. } => self.open(BlockKind::Block),
            Operator::Loop { .. } => {
                self.open(BlockKind::Loop);
                self.begin_region(None);
            }
            Operator::If { blockty } => {
                self.add_place(offset, operator);
                self.begin_if(*blockty);
            }
            Operator::Else => self.begin_else(),
            Operator::End => {
                self.add_final_row(offset, last_return);
                self.close();
            }
            Operator::Nop => {}
            Operator::GlobalGet { global_index } if *global_index != STACK_POINTER => {
                self.interrupted_line = self.line.take().or(self.interrupted_line);
            }
            _ => {
                self.add_place(offset, operator);
                self.transfer_control(operator)?;
                let is_last = matches!(operator, Operator::Return) && self.open_blocks.len() == 1;
                self.last_return = is_last.then_some(offset);
            }
        }
        Ok(())
    }

    /// Adds the place of the last `return` of a function, if there is a row for the `end` at `offset`. LLVM omits the
    /// operator at the end, so that the row is that of the end, and wasm-opt adds the operator again.
    fn add_final_row(&mut self, offset: usize, last_return: Option<usize>) {
        if self.open_blocks.len() != 1 || self.row_address != offset {
            return;
        }
        let liveness = self.liveness;
        if last_return.is_some() {
            self.liveness = Liveness::Live;
        }
        self.add_place(last_return.unwrap_or(offset), &Operator::Return);
        self.liveness = liveness;
    }

    /// Reads the rows up to an operator.
    fn read_rows(&mut self, operator: &Operator<'_>, offset: usize) {
        let begins_block = matches!(
            operator,
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. }
        );
        while let Some(row) = self.rows.next_if(|row| row.address as usize <= offset) {
            self.line = row.line;
            self.row_address = row.address as usize;
            self.line_depth = self.open_blocks.len() + usize::from(begins_block);
            self.interrupted_line = None;
        }
    }

    /// Forgets the line if its code began in more than `depth` blocks.
    fn end_line(&mut self, depth: usize) {
        if depth < self.line_depth {
            self.line = None;
            self.interrupted_line = None;
        }
    }

    /// Adds the place of an operator that is executed.
    fn add_place(&mut self, offset: usize, operator: &Operator<'_>) {
        let (Some(line), Liveness::Live) = (self.line, self.liveness) else {
            return;
        };
        let is_movable = is_movable(operator);
        let next = self.places.len();
        let index = *self.indices.entry((self.region, line)).or_insert(next);
        match self.places.get_mut(index) {
            Some(known) => known.is_movable &= is_movable,
            None => self.places.push(LinePlace {
                region: self.region,
                line,
                offset,
                is_movable,
            }),
        }
    }

    fn transfer_control(&mut self, operator: &Operator<'_>) -> Result<(), InstrumentError> {
        match operator {
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth)?;
                self.liveness = Liveness::Dead;
            }
            Operator::BrIf { relative_depth } => {
                self.branch(*relative_depth)?;
                self.begin_region(Some(self.region));
            }
            Operator::BrTable { targets } => {
                self.branch(targets.default())?;
                for target in targets.targets() {
                    self.branch(target?)?;
                }
                self.liveness = Liveness::Dead;
            }
            Operator::Return
            | Operator::Unreachable
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. } => {
                self.leave_blocks(0);
                self.liveness = Liveness::Dead;
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => {
                self.leave_blocks(0);
                self.begin_region(Some(self.region));
            }
            _ => {}
        }
        Ok(())
    }

    fn begin_region(&mut self, parent: Option<u32>) {
        self.region = self.parents.len() as u32;
        self.parents.push(parent);
    }

    fn open(&mut self, kind: BlockKind) {
        self.open_blocks.push(EnclosingBlock {
            kind,
            before: self.region,
            liveness: self.liveness,
            is_target: false,
            left_depth: usize::MAX,
        });
    }

    fn begin_if(&mut self, ty: BlockType) {
        self.open(BlockKind::If);
        self.begin_region(Some(self.region));
        if ty == BlockType::Empty && self.line.is_none() {
            self.line = self.interrupted_line.take();
        }
    }

    fn begin_else(&mut self) {
        let Some(block) = self.open_blocks.last_mut() else {
            return;
        };
        block.kind = BlockKind::Else;
        // The end of the first branch continues after the block.
        block.is_target |= self.liveness == Liveness::Live;
        self.liveness = block.liveness;
        let before = block.before;
        self.begin_region(Some(before));
        self.end_line(self.open_blocks.len() - 1);
    }

    fn close(&mut self) {
        let Some(block) = self.open_blocks.pop() else {
            return;
        };
        let may_be_skipped = block.kind == BlockKind::If;
        if block.liveness == Liveness::Live && (may_be_skipped || block.is_target) {
            self.liveness = Liveness::Live;
        }
        if block.left_depth <= self.open_blocks.len() {
            self.leave_blocks(block.left_depth);
            self.begin_region(Some(block.before));
        } else {
            self.region = block.before;
        }
        self.end_line(self.open_blocks.len());
    }

    fn branch(&mut self, label: u32) -> Result<(), InstrumentError> {
        let depth = self.open_blocks.len().checked_sub(label as usize + 1);
        let depth = depth.ok_or(InstrumentError::Unsupported("a branch out of the function"))?;
        let target = &mut self.open_blocks[depth];
        if target.kind != BlockKind::Loop && self.liveness == Liveness::Live {
            target.is_target = true;
        }
        self.leave_blocks(depth + 1);
        Ok(())
    }

    /// Records that the open blocks from a depth on may be left here.
    fn leave_blocks(&mut self, depth: usize) {
        if let Some(innermost) = self.open_blocks.last_mut() {
            innermost.left_depth = innermost.left_depth.min(depth);
        }
    }

    /// Drops the places of a line except the first.
    fn keep_first_place(&mut self, line: Option<FileLine>) {
        let mut is_first = true;
        self.places.retain(|place| {
            let is_kept = is_first || Some(place.line) != line;
            is_first &= Some(place.line) != line;
            is_kept
        });
    }

    /// Drops places with movable code if the line has another place.
    fn drop_moved_places(&mut self) {
        let fixed = self.places.iter().filter(|place| !place.is_movable);
        let fixed: HashSet<_> = fixed.map(|place| place.line).collect();
        self.places
            .retain(|place| !place.is_movable || !fixed.contains(&place.line));
    }

    /// Drops places in regions that run at most as often as another region with the line.
    fn drop_repeated_places(&mut self) {
        let places = self.places.iter();
        let known: HashSet<_> = places.map(|place| (place.region, place.line)).collect();
        let parent = |region: &u32| self.parents[*region as usize];
        self.places.retain(|place| {
            let parents = std::iter::successors(parent(&place.region), parent);
            let mut parents = parents.take(MAX_SEARCHED_PARENTS);
            !parents.any(|parent| known.contains(&(parent, place.line)))
        });
    }

    fn regions(self) -> Vec<Region> {
        let mut regions: BTreeMap<u32, Region> = BTreeMap::new();
        for place in self.places {
            let region = regions.entry(place.region).or_insert_with(|| Region {
                offset: place.offset,
                lines: Vec::new(),
            });
            region.offset = region.offset.min(place.offset);
            region.lines.push(place.line);
        }
        regions.into_values().collect()
    }
}

/// Returns true for operators that only read constants, and read or write locals.
fn is_movable(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::LocalGet { .. }
            | Operator::LocalSet { .. }
            | Operator::LocalTee { .. }
            | Operator::Drop
    )
}

#[cfg(test)]
mod tests;
