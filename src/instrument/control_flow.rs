//! The control flow of one function that the shadow stack depends on: calls, loops and exits.

use super::InstrumentError;
use super::flow_operator::{Classifier, FlowOperator};
use super::go_flow::{GoFlow, GoScan};
use super::sites::SiteKind;
use super::slot_range::{CommonBlocks, OpenBlock};
use wasmparser::OperatorsReader;

/// The control flow of a function.
#[derive(Default)]
pub(super) struct ControlFlow {
    pub(super) points: Vec<FlowPoint>,
    /// The offset of the first operator.
    pub(super) start: usize,
    /// The offset of the function's `end`.
    pub(super) end: usize,
    pub(super) has_tail_calls: bool,
    pub(super) accesses_memory: bool,
    /// The parts of official Go's control flow. They have no meaning in other code.
    pub(super) go: GoFlow,
    /// The blocks around all calls and loops; `None` if there are no calls or loops.
    pub(super) common_blocks: Option<CommonBlocks>,
}

/// An operator that may need an update of the shadow stack. Offsets are relative to the start of the code section's
/// content.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlowPoint {
    pub(super) offset: usize,
    pub(super) kind: FlowKind,
}

/// The effect of an operator on the shadow stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FlowKind {
    /// The operator is recorded as a site.
    Site(SiteKind),
    /// A return or a tail call.
    Return,
    /// A branch to the block at this depth, where 0 is the function itself.
    Branch(u32),
    /// A branch that may not be taken, or may go to a block inside the one at this depth.
    BranchIf(u32),
    /// A loop that does not have to be recorded.
    Ignored,
}

impl ControlFlow {
    /// Reads a function's operators. `section` is the content of the code section.
    pub(super) fn read(
        section: &[u8],
        mut operators: OperatorsReader<'_>,
    ) -> Result<Self, InstrumentError> {
        let mut scan = Scan::default();
        scan.flow.start = operators.original_position();
        loop {
            let offset = operators.original_position();
            let operator = operators.visit_operator(&mut Classifier)?;
            if let (FlowOperator::End, []) = (&operator, scan.open_blocks.as_slice()) {
                scan.flow.end = offset;
                scan.flow.go = scan.go.flow;
                return Ok(scan.flow);
            }
            scan.add_operator(operator, offset, section, &mut operators)?;
        }
    }
}

/// The state while a function is read.
#[derive(Default)]
struct Scan {
    flow: ControlFlow,
    open_blocks: Vec<OpenBlock>,
    open_loops: Vec<OpenLoop>,
    /// The indices of the points of ended loops without calls. They are ignored if a loop around them has no calls
    /// either.
    callless_loops: Vec<usize>,
    /// The offset after the last return or `unreachable`, where code is dead.
    dead_offset: usize,
    go: GoScan,
}

/// A loop whose end has not been read yet.
struct OpenLoop {
    /// The index of the loop's point.
    point: usize,
    depth: usize,
    calls: LoopCalls,
}

/// The calls in a loop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LoopCalls {
    None,
    /// Some iterations may make no call, because all calls are in blocks inside the loop.
    Sometimes,
    /// Each iteration makes a call. Calls are recorded, so the loop does not have to be.
    Always,
}

impl Scan {
    fn add_operator(
        &mut self,
        operator: FlowOperator<'_>,
        offset: usize,
        section: &[u8],
        operators: &mut OperatorsReader<'_>,
    ) -> Result<(), InstrumentError> {
        self.go.add_operator(&operator, self.open_blocks.len())?;
        match operator {
            FlowOperator::Block => self.open_blocks.push(OpenBlock {
                start: offset,
                is_loop: false,
            }),
            FlowOperator::Loop => self.begin_loop(offset, operators.original_position()),
            FlowOperator::Else => {
                self.close_blocks(self.open_blocks.len().saturating_sub(1), offset);
            }
            FlowOperator::End => self.end_block(offset),
            FlowOperator::Branch(label) => {
                let depth = self.block_depth(label)?;
                self.add(offset, FlowKind::Branch(depth));
            }
            FlowOperator::BranchIf(label) => {
                let depth = self.block_depth(label)?;
                self.add(offset, FlowKind::BranchIf(depth));
            }
            FlowOperator::BranchTable(targets) => {
                let mut outermost = targets.default();
                for target in targets.targets() {
                    outermost = outermost.max(target?);
                }
                let depth = self.block_depth(outermost)?;
                self.add(offset, FlowKind::BranchIf(depth));
            }
            FlowOperator::Return => self.add_exit(offset, FlowKind::Return),
            FlowOperator::Unreachable => {
                self.add_exit(offset, FlowKind::Site(SiteKind::Unreachable));
            }
            FlowOperator::TailCall => {
                self.flow.has_tail_calls = true;
                self.add(offset, FlowKind::Return);
            }
            FlowOperator::Call(callee) => self.call(offset, callee, section, operators)?,
            FlowOperator::I64Const(_) | FlowOperator::I64Store | FlowOperator::Other => {
                self.flow.accesses_memory |= may_access_memory(section, offset);
            }
        }
        Ok(())
    }

    fn add(&mut self, offset: usize, kind: FlowKind) {
        self.flow.points.push(FlowPoint { offset, kind });
    }

    /// Adds a return or an `unreachable`, which are one byte long, unless another one is directly before it.
    fn add_exit(&mut self, offset: usize, kind: FlowKind) {
        if self.dead_offset != offset {
            self.add(offset, kind);
        }
        self.dead_offset = offset + 1;
    }

    fn block_depth(&self, label: u32) -> Result<u32, InstrumentError> {
        let depth = (self.open_blocks.len() as u32).checked_sub(label);
        depth.ok_or(InstrumentError::Unsupported("a branch out of the function"))
    }

    fn call(
        &mut self,
        offset: usize,
        callee: Option<u32>,
        section: &[u8],
        operators: &mut OperatorsReader<'_>,
    ) -> Result<(), InstrumentError> {
        const UNREACHABLE: u8 = 0;
        self.go.add_call(offset);
        if section.get(operators.original_position()) == Some(&UNREACHABLE) {
            operators.visit_operator(&mut Classifier)?;
            self.add(offset, FlowKind::Site(SiteKind::FinalCall(callee)));
            return Ok(());
        }
        self.add(offset, FlowKind::Site(SiteKind::Call(callee)));
        self.require_slot(offset);
        if let Some(innermost) = self.open_loops.last_mut() {
            let calls = if innermost.depth == self.open_blocks.len() {
                LoopCalls::Always
            } else {
                LoopCalls::Sometimes
            };
            innermost.calls = innermost.calls.max(calls);
        }
        Ok(())
    }

    fn begin_loop(&mut self, offset: usize, body: usize) {
        self.go.begin_loop(offset, body);
        self.require_slot(offset);
        self.open_blocks.push(OpenBlock {
            start: offset,
            is_loop: true,
        });
        self.open_loops.push(OpenLoop {
            point: self.flow.points.len(),
            depth: self.open_blocks.len(),
            calls: LoopCalls::None,
        });
        self.add(offset, FlowKind::Site(SiteKind::Loop));
    }

    fn end_block(&mut self, offset: usize) {
        let block = self.open_blocks.pop();
        self.close_blocks(self.open_blocks.len(), offset);
        if block.is_some_and(|block| block.is_loop)
            && let Some(ended) = self.open_loops.pop()
        {
            self.end_loop(&ended);
        }
    }

    /// Decides which loops are recorded: the outermost of nested loops without calls, and an outermost loop whose
    /// iterations may make no call.
    fn end_loop(&mut self, ended: &OpenLoop) {
        while let Some(inner) = self.callless_loops.pop_if(|inner| *inner > ended.point) {
            if ended.calls == LoopCalls::None {
                self.ignore(inner);
            }
        }
        let Some(outer) = self.open_loops.last_mut() else {
            if ended.calls == LoopCalls::Always {
                self.ignore(ended.point);
            }
            return;
        };
        match ended.calls {
            LoopCalls::None => self.callless_loops.push(ended.point),
            calls => {
                let runs_in_each_iteration = outer.depth + 1 == ended.depth;
                outer.calls = outer.calls.max(if runs_in_each_iteration {
                    calls
                } else {
                    LoopCalls::Sometimes
                });
                self.ignore(ended.point);
            }
        }
    }

    fn ignore(&mut self, point: usize) {
        if let Some(point) = self.flow.points.get_mut(point) {
            point.kind = FlowKind::Ignored;
        }
    }

    /// Closes all but the outermost `open` blocks, at their `end` or `else`.
    fn close_blocks(&mut self, open: usize, offset: usize) {
        if let Some(common) = &mut self.flow.common_blocks {
            common.close(open, offset);
        }
    }

    fn require_slot(&mut self, offset: usize) {
        match &mut self.flow.common_blocks {
            Some(common) => common.drop_closed(),
            None => {
                self.flow.common_blocks = Some(CommonBlocks::new(offset, &self.open_blocks));
            }
        }
    }
}

/// Returns true for loads and stores, and for all operators with the prefixes of bulk memory and vectors, most of
/// which access memory: <https://webassembly.github.io/spec/core/binary/instructions.html>.
fn may_access_memory(section: &[u8], offset: usize) -> bool {
    matches!(section.get(offset), Some(0x28..=0x3e | 0xfc | 0xfd))
}
