//! Records where goroutines are resumed. Official Go switches goroutines by unwinding the wasm stack. The function
//! `wasm_pc_f_loop` then calls the innermost function of the resumed goroutine, whose callers are only on Go's stack in
//! linear memory: <https://github.com/golang/go/blob/go1.23.0/src/runtime/asm_wasm.s>. So the position on Go's stack is
//! recorded at this call.

use super::InstrumentError;
use super::additions::Additions;
use super::edit::FunctionEdit;
use super::original::OriginalModule;
use crate::module::GoTable;
use std::collections::HashSet;
use wasm_encoder::{ExportKind, ValType};
use wasmparser::{FunctionBody, Operator};

/// The functions that resume goroutines. The second one does so for an export that was called.
const RESUMING_FUNCTIONS: [&str; 2] = ["wasm_pc_f_loop", "wasm_pc_f_loop_export"];

/// The global that holds Go's stack pointer, and the one that holds the address of the running goroutine's `g`:
/// <https://github.com/golang/go/blob/go1.23.0/src/cmd/link/internal/wasm/asm.go>.
const STACK_POINTER: u32 = 0;
const GOROUTINE: u32 = 2;

/// The names of the exported globals that describe the last resumption. All are `i32`.
#[derive(Clone, Debug)]
pub struct ResumptionExports {
    /// The number of resumptions, modulo 2^32.
    pub count: String,
    /// The address of the first free slot of the shadow stack, which is that of the resumed function.
    pub slot: String,
    /// Go's stack pointer.
    pub stack_pointer: String,
    /// The address of the goroutine's `g`.
    pub goroutine: String,
    /// The resumed function's slot in the module's table.
    pub function: String,
    /// The block at which the function is resumed.
    pub block: String,
}

/// Records resumptions in globals.
pub(super) struct ResumptionInstrument {
    /// The indices of the functions that resume goroutines.
    functions: HashSet<u32>,
    top: u32,
    count: u32,
    slot: u32,
    stack_pointer: u32,
    goroutine: u32,
    function: u32,
    block: u32,
}

impl ResumptionInstrument {
    /// Adds the globals. `None` if the module does not resume goroutines in the known way. `top` is the global with the
    /// first free slot of the shadow stack.
    pub(super) fn add_to(
        additions: &mut Additions,
        original: &OriginalModule<'_>,
        table: &GoTable<'_>,
        top: u32,
    ) -> Option<Self> {
        if !original.has_go_globals {
            return None;
        }
        let own = original.imported_functions..original.items.functions;
        let functions: HashSet<_> = own
            .filter(|function| {
                let name = table
                    .entry(*function)
                    .and_then(|pc| table.function_name(pc));
                name.is_some_and(|name| RESUMING_FUNCTIONS.contains(&name))
            })
            .collect();
        if functions.is_empty() {
            return None;
        }
        Some(Self {
            functions,
            top,
            count: additions.global_i32(),
            slot: additions.global_i32(),
            stack_pointer: additions.global_i32(),
            goroutine: additions.global_i32(),
            function: additions.global_i32(),
            block: additions.global_i32(),
        })
    }

    /// Exports the globals.
    pub(super) fn export(&self, additions: &mut Additions) -> ResumptionExports {
        let mut export = |name, index| additions.export(name, ExportKind::Global, index);
        ResumptionExports {
            count: export("resumed", self.count),
            slot: export("resumed.slot", self.slot),
            stack_pointer: export("resumed.sp", self.stack_pointer),
            goroutine: export("resumed.g", self.goroutine),
            function: export("resumed.function", self.function),
            block: export("resumed.block", self.block),
        }
    }

    /// Adds code before the calls of a function that resume a goroutine.
    pub(super) fn instrument(
        &self,
        function: u32,
        body: &FunctionBody<'_>,
        original: &OriginalModule<'_>,
        edit: &mut FunctionEdit<'_>,
    ) -> Result<(), InstrumentError> {
        if !self.functions.contains(&function) {
            return Ok(());
        }
        let mut locals = None;
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, offset) = operator?;
            let Operator::CallIndirect { type_index, .. } = operator else {
                continue;
            };
            if original.is_go_function_type(type_index) {
                let locals = *locals.get_or_insert_with(|| {
                    [edit.add_local(ValType::I32), edit.add_local(ValType::I32)]
                });
                self.record(edit, offset, locals);
            }
        }
        Ok(())
    }

    /// The operands are the block and the function's slot in the table.
    fn record(&self, edit: &mut FunctionEdit<'_>, offset: usize, [block, function]: [u32; 2]) {
        edit.insert_at(offset)
            .local_set(function)
            .local_tee(block)
            .global_set(self.block)
            .local_get(function)
            .global_set(self.function)
            .global_get(self.top)
            .global_set(self.slot)
            .global_get(STACK_POINTER)
            .global_set(self.stack_pointer)
            .global_get(GOROUTINE)
            .i32_wrap_i64()
            .global_set(self.goroutine)
            .global_get(self.count)
            .i32_const(1)
            .i32_add()
            .global_set(self.count)
            .local_get(block)
            .local_get(function);
    }
}
