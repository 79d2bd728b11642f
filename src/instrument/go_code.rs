//! The instrumentation of official Go's code, which needs more than that of other code: see [`GoSites`] and
//! [`ResumptionInstrument`].

use super::InstrumentError;
use super::additions::Additions;
use super::control_flow::ControlFlow;
use super::edit::FunctionEdit;
use super::go_callers::GoCallers;
use super::go_sites::GoSites;
use super::original::OriginalModule;
use super::resumption::{ResumptionExports, ResumptionInstrument};
use super::shadow_stack::ShadowStackInstrument;
use crate::module::{FrameSizes, GoPc, GoTable, Module};
use wasmparser::{FuncType, FunctionBody, ValType};

/// The local with the block to jump to: the parameter of functions compiled by official Go.
pub(super) const GO_BLOCK: u32 = 0;

/// Whether the jumps in official Go's functions are recorded. Without them, the position after a call that has returned
/// is not known, and programs run about 5 % faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoJumps {
    /// They are.
    Recorded,
    /// They are not.
    Ignored,
}

/// The instrumentation of a module compiled by official Go.
pub(super) struct GoInstrument<'a> {
    table: GoTable<'a>,
    jumps: GoJumps,
    resumption: Option<ResumptionInstrument>,
}

impl<'a> GoInstrument<'a> {
    /// Adds the items for a module; `None` if it has no function table of official Go.
    pub(super) fn add_to(
        additions: &mut Additions,
        original: &OriginalModule<'_>,
        module: &'a Module,
        shadow_stack: &ShadowStackInstrument,
        jumps: GoJumps,
    ) -> Option<Self> {
        let table = GoTable::find(&module.wasm)?;
        let top = shadow_stack.top;
        let resumption = ResumptionInstrument::add_to(additions, original, &table, top);
        Some(Self {
            table,
            jumps,
            resumption,
        })
    }

    pub(super) fn export(&self, additions: &mut Additions) -> Option<ResumptionExports> {
        let resumption = self.resumption.as_ref()?;
        Some(resumption.export(additions))
    }

    pub(super) fn callers(&self, sites: &GoSites) -> GoCallers {
        GoCallers::new(FrameSizes::read(&self.table), sites)
    }

    /// The function with this index, if official Go compiled it.
    pub(super) fn function<'f>(
        &'f self,
        index: u32,
        ty: &FuncType,
        flow: &'f ControlFlow,
    ) -> Option<GoFunction<'f>> {
        let entry = self.table.entry(index)?;
        let is_compiled = ty.params() == [ValType::I32] && ty.results() == [ValType::I32];
        is_compiled.then_some(GoFunction {
            table: &self.table,
            jumps: self.jumps,
            entry,
            flow,
        })
    }

    /// The indices and names of functions.
    pub(super) fn function_names(
        &self,
        original: &OriginalModule<'_>,
    ) -> impl Iterator<Item = (u32, &'a str)> {
        let own = original.imported_functions..original.items.functions;
        own.filter_map(|function| {
            let pc = self.table.entry(function)?;
            Some((function, self.table.function_name(pc)?))
        })
    }

    /// Adds code to a function.
    pub(super) fn instrument(
        &self,
        function: u32,
        body: &FunctionBody<'_>,
        original: &OriginalModule<'_>,
        edit: &mut FunctionEdit<'_>,
    ) -> Result<(), InstrumentError> {
        match &self.resumption {
            Some(resumption) => resumption.instrument(function, body, original, edit),
            None => Ok(()),
        }
    }
}

/// A function that official Go compiled.
pub(super) struct GoFunction<'f> {
    table: &'f GoTable<'f>,
    jumps: GoJumps,
    entry: GoPc,
    flow: &'f ControlFlow,
}

impl GoFunction<'_> {
    /// The facts about the call at an offset.
    pub(super) fn call(&self, offset: usize) -> Option<CallPosition> {
        let calls = &self.flow.go.calls;
        let found = calls.binary_search_by_key(&offset, |call| call.offset);
        let call = calls.get(found.ok()?)?;
        let address = call.return_address.map(i64::cast_unsigned);
        let own_address = address.filter(|address| {
            let pc = self.table.pc(*address);
            pc.is_some_and(|pc| pc.function == self.entry.function && pc.block > 0)
        });
        Some(match own_address {
            Some(address) => CallPosition::ReturnAddress(address),
            None => CallPosition::Block(call.block),
        })
    }

    /// The loop to which all jumps go, if it is at an offset and jumps are recorded.
    pub(super) fn jump_target(&self, offset: usize) -> Option<JumpTarget> {
        if self.jumps == GoJumps::Ignored {
            return None;
        }
        let first = self.flow.go.first_loop?;
        let targets = first.branch_targets.filter(|_| first.offset == offset)?;
        Some(JumpTarget {
            body: first.body,
            blocks: targets.checked_add(1)?,
        })
    }
}

/// The position of a call in official Go's code.
pub(super) enum CallPosition {
    /// The return address on Go's stack.
    ReturnAddress(u64),
    /// The block, for a helper in assembly that does not use Go's stack.
    Block(u32),
}

/// The loop to which all jumps in a function go.
pub(super) struct JumpTarget {
    /// The offset of the first operator in the loop.
    pub(super) body: usize,
    /// The number of blocks to which a jump can go.
    pub(super) blocks: u32,
}
