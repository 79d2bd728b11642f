//! Reports each unwind of the stack: Asyncify's function that begins one calls the runner first. In TinyGo's programs, a
//! goroutine that waits unwinds the stack:
//! <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/internal/task/task_asyncify_wasm.S>.
//!
//! The runner's function is called as in [`allocations`](super::allocations).

use super::additions::Additions;
use super::edit::FunctionEdit;
use crate::module::{Module, START_UNWIND};

/// Adds the call that reports an unwind.
pub(super) struct UnwindInstrument {
    start_unwind: u32,
    /// The index of the table with the runner's function.
    pub(super) table: u32,
    /// The type of the runner's function.
    call_type: u32,
}

impl UnwindInstrument {
    /// Adds a table for the runner's function; `None` if the module does not unwind its stack.
    pub(super) fn add_to(additions: &mut Additions, module: &Module) -> Option<Self> {
        let (_, start_unwind) = module.interface.exported_function(START_UNWIND)?;
        Some(Self {
            start_unwind,
            table: additions.function_table(),
            call_type: additions.func_type(&[], &[]),
        })
    }

    /// Adds a call at the start of a function, if it starts to unwind the stack.
    pub(super) fn instrument(&self, function: u32, edit: &mut FunctionEdit<'_>) {
        if function == self.start_unwind {
            let mut code = edit.insert_at_entry();
            code.i32_const(0).call_indirect(self.table, self.call_type);
        }
    }
}
