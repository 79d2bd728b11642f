//! Which code of a function runs directly before an address.
//!
//! A row of a line table is valid up to the next row. But wasm-opt drops the rows of code whose line is unknown, and rows
//! of operators that it replaces: <https://github.com/WebAssembly/binaryen/blob/main/src/wasm/wasm-debug.cpp>. The row
//! before such code then belongs to other code, for example to another branch of a `switch`. A row is reliable if all
//! code between it and the address runs in order.

use wasmparser::{BinaryReader, FunctionBody, Operator};

/// How control gets from a row's address to a later address in the same function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// All code between them runs in order.
    Straight,
    /// The same, except that Asyncify has divided the code into parts that are skipped while the stack is rewound:
    /// <https://github.com/WebAssembly/binaryen/blob/main/src/passes/Asyncify.cpp>.
    Divided,
    /// The address can be reached without the row.
    Separate,
}

/// The places in a function's code at which control flow may merge or end.
pub(super) struct Flow {
    /// Sorted by address.
    cuts: Vec<Cut>,
    /// The address after the function's last operator.
    end: u32,
}

/// A place that separates the code after it from rows before it.
struct Cut {
    /// The address of the first row that is separated. Rows before it are not.
    from: u32,
    /// The address of the code after the cut.
    at: u32,
    /// `Divided` or `Separate`.
    reach: Reach,
}

/// The maximum number of cuts between a row and an address.
const MAX_CUTS: usize = 1_000;

/// A block whose end has not been read yet.
struct FlowBlock {
    start: u32,
    kind: FlowBlockKind,
    is_targeted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FlowBlockKind {
    Function,
    Block,
    Loop,
    If,
    /// An `if` that Asyncify added.
    AsyncifyIf,
}

impl Flow {
    /// Reads the code of the function whose body starts at `start` in the content of the code section.
    pub(super) fn read(code: &[u8], start: u32) -> Option<Self> {
        let reader = BinaryReader::new(code.get(start as usize..)?, start as usize);
        let mut operators = FunctionBody::new(reader).get_operators_reader().ok()?;
        let mut scan = FlowScan::new(start);
        while !scan.blocks.is_empty() {
            let (operator, offset) = operators.read_with_offset().ok()?;
            scan.add(&operator, u32::try_from(offset).ok()?)?;
        }
        Some(Self {
            cuts: scan.cuts,
            end: u32::try_from(operators.original_position()).ok()?,
        })
    }

    /// The memory that it uses, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.cuts.len() * 2 * size_of::<Cut>()
    }

    /// Returns true if an address is after the function's code.
    pub(super) fn ends_before(&self, address: u32) -> bool {
        self.end <= address
    }

    /// How control gets from a row's address to a later address.
    pub(super) fn reach(&self, row: u32, address: u32) -> Reach {
        let end = self.cuts.partition_point(|cut| cut.at <= address);
        let between = self.cuts[..end].iter().rev();
        let between = between.take_while(|cut| cut.at > row);
        let mut reach = Reach::Straight;
        for (count, cut) in between.enumerate() {
            if count >= MAX_CUTS {
                return Reach::Separate;
            }
            if cut.from <= row {
                match cut.reach {
                    Reach::Separate => return Reach::Separate,
                    other => reach = other,
                }
            }
        }
        reach
    }
}

/// The state while a function is read.
struct FlowScan {
    cuts: Vec<Cut>,
    blocks: Vec<FlowBlock>,
    /// The kinds of the last operators, the latest last.
    last: [OperatorKind; 2],
}

/// The operators by which the conditions that Asyncify adds are recognised.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OperatorKind {
    /// It reads Asyncify's state.
    GlobalGet,
    Eqz,
    /// Its condition is Asyncify's state.
    SelectByGlobal,
    Other,
}

impl FlowScan {
    fn new(start: u32) -> Self {
        let function = FlowBlock {
            start,
            kind: FlowBlockKind::Function,
            is_targeted: false,
        };
        Self {
            cuts: Vec::new(),
            blocks: vec![function],
            last: [OperatorKind::Other; 2],
        }
    }

    /// Adds an operator; `None` if it branches out of the function.
    fn add(&mut self, operator: &Operator<'_>, offset: u32) -> Option<()> {
        match operator {
            Operator::Block { .. } => self.open(offset, FlowBlockKind::Block),
            Operator::Loop { .. } => self.open(offset, FlowBlockKind::Loop),
            Operator::If { .. } => self.open(offset, self.if_kind()),
            Operator::Else => self.cut(0, offset, Reach::Separate),
            Operator::End => self.end(offset),
            Operator::Br { relative_depth } => {
                self.target(*relative_depth)?;
                self.cut(0, offset + 1, Reach::Separate);
            }
            Operator::BrIf { relative_depth } => self.target(*relative_depth)?,
            Operator::BrTable { targets } => {
                for target in targets.targets() {
                    self.target(target.ok()?)?;
                }
                self.target(targets.default())?;
                self.cut(0, offset + 1, Reach::Separate);
            }
            Operator::Return | Operator::Unreachable => {
                self.cut(0, offset + 1, Reach::Separate);
            }
            _ => {}
        }
        let kind = match operator {
            Operator::GlobalGet { .. } => OperatorKind::GlobalGet,
            Operator::I32Eqz => OperatorKind::Eqz,
            Operator::Select if self.last[1] == OperatorKind::GlobalGet => {
                OperatorKind::SelectByGlobal
            }
            _ => OperatorKind::Other,
        };
        self.last = [self.last[1], kind];
        Some(())
    }

    /// Asyncify's conditions are `state == 0`, and `state ? is_this_call : 1` or its negation.
    fn if_kind(&self) -> FlowBlockKind {
        use OperatorKind::{Eqz, GlobalGet, SelectByGlobal};
        match self.last {
            [GlobalGet | SelectByGlobal, Eqz] | [_, SelectByGlobal] => FlowBlockKind::AsyncifyIf,
            _ => FlowBlockKind::If,
        }
    }

    fn open(&mut self, start: u32, kind: FlowBlockKind) {
        self.blocks.push(FlowBlock {
            start,
            kind,
            is_targeted: false,
        });
    }

    fn end(&mut self, offset: u32) {
        let Some(block) = self.blocks.pop() else {
            return;
        };
        match block.kind {
            FlowBlockKind::Function | FlowBlockKind::Loop => {}
            _ if block.is_targeted => self.cut(0, offset, Reach::Separate),
            FlowBlockKind::Block => {}
            FlowBlockKind::If => self.cut(block.start, offset, Reach::Separate),
            FlowBlockKind::AsyncifyIf => self.cut(block.start, offset, Reach::Divided),
        }
    }

    fn target(&mut self, depth: u32) -> Option<()> {
        let index = self.blocks.len().checked_sub(1 + depth as usize)?;
        self.blocks[index].is_targeted = true;
        Some(())
    }

    fn cut(&mut self, from: u32, at: u32, reach: Reach) {
        self.cuts.push(Cut { from, at, reach });
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::{Flow, Reach};
    use wasmparser::{Operator, Parser, Payload};

    /// How control gets from the `nop` in a function's code to a call after the code.
    fn reach(code: &str) -> Reach {
        let module = format!("(module (global i32 (i32.const 0)) (func $f {code} call $f))");
        let wasm = wat::parse_str(&module).expect("a module");
        let mut payloads = Parser::new(0).parse_all(&wasm).map_while(Result::ok);
        let body = payloads.find_map(|payload| match payload {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        let body = body.expect("a function");
        let operators = body
            .get_operators_reader()
            .expect("operators")
            .into_iter_with_offsets();
        let (mut row, mut call) = (0, 0);
        for (operator, offset) in operators.map_while(Result::ok) {
            match operator {
                Operator::Nop => row = offset as u32,
                Operator::Call { .. } => call = offset as u32,
                _ => {}
            }
        }
        let flow = Flow::read(&wasm, body.range().start as u32).expect("a function");
        assert!(!flow.ends_before(call) && flow.ends_before(body.range().end as u32));
        flow.reach(row, call)
    }

    #[test]
    fn code_is_separated_where_control_merges_or_ends() {
        for (code, expected) in [
            ("nop", Reach::Straight),
            ("nop unreachable", Reach::Separate),
            ("nop return", Reach::Separate),
            ("block nop end", Reach::Straight),
            ("block nop br 0 end", Reach::Separate),
            ("nop block br 0 end", Reach::Separate),
            ("block global.get 0 br_if 0 nop end", Reach::Separate),
            ("block global.get 0 br_table 0 0 end nop", Reach::Straight),
            ("nop global.get 0 br_if 0", Reach::Straight),
            ("nop loop global.get 0 br_if 0 end", Reach::Straight),
            ("global.get 0 if nop end", Reach::Separate),
            ("nop global.get 0 if end", Reach::Straight),
            ("global.get 0 if nop else end", Reach::Separate),
            ("global.get 0 i32.eqz if nop end", Reach::Divided),
            (
                "i32.const 1 i32.const 1 global.get 0 select if nop end",
                Reach::Divided,
            ),
        ] {
            assert_eq!(reach(code), expected, "{code}");
        }
    }
}
