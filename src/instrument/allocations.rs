//! Reports allocations: each function of Go's runtime that allocates first calls the runner. The functions are found by
//! their names in the name section.
//!
//! The runner's function is called through an added table, since an added import would change the indices of all other
//! functions. The runner must fill the table before the module runs.

use super::additions::Additions;
use super::edit::FunctionEdit;
use super::original::OriginalModule;
use std::collections::HashSet;
use wasmparser::ValType;

/// The function of TinyGo's runtime that allocates: `alloc(size, layout)`.
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/gc_blocks.go>
const TINYGO_ALLOCATOR: &str = "runtime.alloc";

/// The prefix of the functions of Go's runtime that allocate: `mallocgc(size, typ, needzero)`, and since Go 1.26 one for
/// each size class with the same parameters. `mallocgc` calls others that allocate, such as `mallocgcLarge`.
/// <https://github.com/golang/go/blob/go1.26.0/src/runtime/malloc.go>
const GO_ALLOCATOR_PREFIX: &str = "runtime.mallocgc";

/// The function that resumes Go's functions after the stack was switched, or grew at their start.
/// <https://github.com/golang/go/blob/go1.26.0/src/runtime/asm_wasm.s>
const GO_RESUMER: &str = "wasm_pc_f_loop";

/// Where a function that allocates has its first argument, the size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeArgument {
    /// In its first parameter. It reports this parameter.
    Parameter,
    /// On Go's stack in linear memory. It reports the stack pointer.
    OnStack,
}

/// The calls that an instrumented module makes to report allocations.
#[derive(Clone, Debug)]
pub struct AllocationCalls {
    /// The name of the export of the table. Its only element must be a function with one `i32` parameter and no
    /// results.
    pub table: String,
    /// The meaning of the parameter.
    pub size: SizeArgument,
    /// The functions whose own calls of a function that allocates are part of an earlier allocation.
    pub inner_callers: HashSet<u32>,
}

/// Adds the calls that report allocations.
pub(super) struct AllocationInstrument {
    allocators: HashSet<u32>,
    /// See [`AllocationCalls::inner_callers`].
    pub(super) inner_callers: HashSet<u32>,
    pub(super) size: SizeArgument,
    /// The index of the table with the runner's function.
    pub(super) table: u32,
    /// The type of the runner's function.
    call_type: u32,
}

impl AllocationInstrument {
    /// Adds a table for the runner's function; `None` if the module has no function that allocates. `names` has the
    /// indices and names of functions.
    pub(super) fn add_to<'n>(
        additions: &mut Additions,
        original: &OriginalModule<'_>,
        names: impl Iterator<Item = (u32, &'n str)>,
    ) -> Option<Self> {
        let (mut tinygo, mut go, mut resumers) = (HashSet::new(), HashSet::new(), HashSet::new());
        for (function, name) in names {
            let Some(ty) = original.function_type(function) else {
                continue;
            };
            let _ = match name {
                TINYGO_ALLOCATOR if ty.params().first() == Some(&ValType::I32) => {
                    tinygo.insert(function)
                }
                GO_RESUMER => resumers.insert(function),
                _ if is_go_allocator(name) && original.may_have_stack_pointer => {
                    go.insert(function)
                }
                _ => false,
            };
        }
        let (allocators, size) = if tinygo.is_empty() {
            (go, SizeArgument::OnStack)
        } else {
            (tinygo, SizeArgument::Parameter)
        };
        if allocators.is_empty() {
            return None;
        }
        Some(Self {
            inner_callers: &resumers | &allocators,
            allocators,
            size,
            table: additions.function_table(),
            call_type: additions.func_type(&[wasm_encoder::ValType::I32], &[]),
        })
    }

    /// Adds a call at the start of a function, if it allocates.
    pub(super) fn instrument(&self, function: u32, edit: &mut FunctionEdit<'_>) {
        if !self.allocators.contains(&function) {
            return;
        }
        let mut code = edit.insert_at_entry();
        match self.size {
            SizeArgument::Parameter => code.local_get(0),
            SizeArgument::OnStack => code.global_get(0),
        };
        code.i32_const(0).call_indirect(self.table, self.call_type);
    }
}

/// Returns true for [`GO_ALLOCATOR_PREFIX`] and longer names, but not for those of function literals in these functions.
fn is_go_allocator(name: &str) -> bool {
    let rest = name.strip_prefix(GO_ALLOCATOR_PREFIX);
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
