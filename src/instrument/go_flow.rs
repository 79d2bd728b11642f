//! The control flow of a function compiled by official Go. The function's code is in a loop that starts with a branch
//! table. Its targets are the blocks of the function, in order: each begins after the end of a nested wasm block. Before a
//! call, the return address is stored on Go's stack:
//! <https://github.com/golang/go/blob/go1.23.0/src/cmd/internal/obj/wasm/wasmobj.go>.

use super::InstrumentError;
use super::flow_operator::FlowOperator;

/// The parts of official Go's control flow. In other code, they have no meaning.
#[derive(Default)]
pub(super) struct GoFlow {
    /// The calls, in order.
    pub(super) calls: Vec<GoCall>,
    /// The first loop.
    pub(super) first_loop: Option<FirstLoop>,
}

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GoCall {
    pub(super) offset: usize,
    /// The constant that was stored last since the call before: the return address. Calls of helpers in assembly have
    /// none.
    pub(super) return_address: Option<i64>,
    /// The block of the call.
    pub(super) block: u32,
}

/// The loop to which all jumps in a function go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FirstLoop {
    pub(super) offset: usize,
    /// The offset of the first operator in the loop.
    pub(super) body: usize,
    /// The number of targets of the branch table, if there is one.
    pub(super) branch_targets: Option<u32>,
}

/// The state while a function is read.
#[derive(Default)]
pub(super) struct GoScan {
    pub(super) flow: GoFlow,
    /// The constant that the last operator pushed.
    constant: Option<i64>,
    /// The constant that was stored last since the last call.
    stored: Option<i64>,
    /// The first blocks of the branch table's targets, innermost target first.
    target_blocks: Vec<u32>,
    /// The number of open wasm blocks at the branch table.
    table_depth: usize,
    /// The number of targets whose blocks have ended.
    ended_targets: usize,
    block: u32,
}

impl GoScan {
    /// Adds an operator at which `depth` wasm blocks are open.
    pub(super) fn add_operator(
        &mut self,
        operator: &FlowOperator<'_>,
        depth: usize,
    ) -> Result<(), InstrumentError> {
        let constant = self.constant.take();
        match operator {
            FlowOperator::I64Const(value) => self.constant = Some(*value),
            FlowOperator::I64Store => self.stored = constant.or(self.stored),
            FlowOperator::End => {
                // The innermost target is the end of the innermost block. Other blocks may end between two targets.
                let next = self.table_depth.checked_sub(self.ended_targets);
                if next == Some(depth)
                    && let Some(block) = self.target_blocks.get(self.ended_targets)
                {
                    self.block = *block;
                    self.ended_targets += 1;
                }
            }
            FlowOperator::BranchTable(targets) => {
                let first = self.flow.first_loop.as_mut();
                if let Some(first) = first.filter(|first| first.branch_targets.is_none()) {
                    first.branch_targets = Some(targets.len());
                    self.table_depth = depth;
                    for (block, target) in targets.targets().enumerate() {
                        if target? as usize == self.target_blocks.len() {
                            self.target_blocks.push(block as u32);
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn add_call(&mut self, offset: usize) {
        let return_address = self.stored.take();
        self.flow.calls.push(GoCall {
            offset,
            return_address,
            block: self.block,
        });
    }

    pub(super) fn begin_loop(&mut self, offset: usize, body: usize) {
        self.flow.first_loop.get_or_insert(FirstLoop {
            offset,
            body,
            branch_targets: None,
        });
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::super::control_flow::ControlFlow;
    use wasmparser::{Parser, Payload};

    #[test]
    fn calls_have_return_addresses_and_blocks() {
        let text = "(module (memory 1) (func $helper) (func (param i32)
            loop block block block
                local.get 0
                br_table 0 0 1 2 2
              end
              call $helper
              i32.const 8  i64.const 0x10000003  i64.store
              i32.const 0  drop
              call $helper
              end
              i32.const 8  i64.const 5  i64.const 1  i64.add  i64.store
              local.get 0  if call $helper end
              end
              call $helper
            end))";
        let wasm = wat::parse_str(text).expect("a module");
        let mut bodies = Parser::new(0).parse_all(&wasm).filter_map(|payload| {
            match payload.expect("a section") {
                Payload::CodeSectionEntry(body) => Some(body),
                _ => None,
            }
        });
        let body = bodies.nth(1).expect("a second function");
        let operators = body.get_operators_reader().expect("operators");
        let go = ControlFlow::read(&wasm, operators).expect("a function").go;
        let first = go.first_loop.expect("a loop");
        assert_eq!(first.branch_targets, Some(4));
        let calls = go.calls.iter();
        let calls: Vec<_> = calls
            .map(|call| (call.return_address, call.block))
            .collect();
        assert_eq!(
            calls,
            [(None, 0), (Some(0x1000_0003), 0), (None, 2), (None, 3)]
        );
    }
}
