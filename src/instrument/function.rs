//! Instruments functions for the shadow stack. Before each call and each loop, where programs spend their time or hang,
//! a function writes the site's number to its slot. Before a trap outside of its slot range, it acquires a slot that it
//! does not free.

use super::additions::Additions;
use super::control_flow::{ControlFlow, FlowKind, FlowPoint};
use super::edit::FunctionEdit;
use super::go_code::{CallPosition, GO_BLOCK, GoFunction, JumpTarget};
use super::original::OriginalModule;
use super::shadow_stack::ShadowStackInstrument;
use super::sites::{SiteKind, SiteTable};
use super::slot_range::SlotRange;
use super::{FunctionInstruments, InstrumentError};
use wasm_encoder::{BlockType, SectionId, ValType};
use wasmparser::{BinaryReader, CodeSectionReader, FuncType};

/// Instruments all functions. Returns their code, without their number, and the sites in it.
pub(super) fn instrument_all(
    original: &OriginalModule<'_>,
    instruments: FunctionInstruments<'_, '_>,
    additions: &mut Additions,
) -> Result<(Vec<u8>, SiteTable), InstrumentError> {
    let mut sites = SiteTable::new(original.imported_functions);
    let Some(section) = original.section(SectionId::Code) else {
        return Ok((Vec::new(), sites));
    };
    let FunctionInstruments {
        shadow_stack,
        events,
        go,
        mut coverage,
    } = instruments;
    // Instrumentation adds about half.
    let mut code = Vec::with_capacity(section.len() / 2 * 3);
    // Offsets are relative to the start of the section's content, as in debug information:
    // <https://yurydelendik.github.io/webassembly-dwarf/>.
    let bodies = CodeSectionReader::new(BinaryReader::new(section, 0))?;
    for (body, type_index) in bodies.into_iter().zip(&original.function_types) {
        let body = body?;
        let ty = original.types.get(*type_index as usize);
        let ty = ty.ok_or(InstrumentError::Unsupported("a function without a type"))?;
        let index = sites.begin_function(body.range().start);
        let mut edit = FunctionEdit::new(section, &body, ty.params().len())?;
        if let Some(go) = go {
            go.instrument(index, &body, original, &mut edit)?;
        }
        events.instrument(index, &mut edit);
        if let Some(coverage) = &mut coverage {
            coverage.instrument(&body, additions, &mut edit)?;
        }
        if let Some(shadow_stack) = shadow_stack {
            let flow = ControlFlow::read(section, body.get_operators_reader()?)?;
            sites.has_tail_calls |= flow.has_tail_calls;
            let mut function = InstrumentedFunction {
                index,
                edit: &mut edit,
                shadow_stack,
                sites: &mut sites,
                go: go.and_then(|go| go.function(index, ty, &flow)),
            };
            function.add_shadow_stack(&flow, original, ty, additions)?;
        }
        edit.write(&mut code);
    }
    Ok((code, sites))
}

/// How a function can be called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CallKinds {
    /// Only by direct calls. The caller's site then identifies the function.
    Direct,
    /// Also through a table. The caller's site then does not identify the function.
    Any,
}

/// A function that is being instrumented.
struct InstrumentedFunction<'a, 's> {
    index: u32,
    edit: &'a mut FunctionEdit<'s>,
    shadow_stack: &'a ShadowStackInstrument,
    sites: &'a mut SiteTable,
    /// Present if official Go compiled the function.
    go: Option<GoFunction<'a>>,
}

impl InstrumentedFunction<'_, '_> {
    /// Adds the code that records sites.
    fn add_shadow_stack(
        &mut self,
        flow: &ControlFlow,
        original: &OriginalModule<'_>,
        ty: &FuncType,
        additions: &mut Additions,
    ) -> Result<(), InstrumentError> {
        let call_kinds = if original.address_taken.contains(&self.index) {
            CallKinds::Any
        } else {
            CallKinds::Direct
        };
        match SlotRange::choose(flow) {
            Some(range) => {
                let wrapper = if range.is_wrapped {
                    Some(block_type(ty, additions)?)
                } else {
                    None
                };
                self.instrument(&flow.points, &range, wrapper, call_kinds);
            }
            None => self.record_traps(&flow.points),
        }
        Ok(())
    }

    /// Inserts the code that holds a slot in a range and records the sites there. `wrapper` is the type of the block
    /// around the function's code.
    fn instrument(
        &mut self,
        points: &[FlowPoint],
        range: &SlotRange,
        wrapper: Option<BlockType>,
        call_kinds: CallKinds,
    ) {
        let enter = points.partition_point(|point| point.offset < range.enter);
        let leave = points.partition_point(|point| point.offset < range.leave);
        let shadow_stack = self.shadow_stack;
        self.record_traps(&points[..enter]);
        let slot = self.edit.add_local(ValType::I32);
        if let Some(wrapper) = wrapper {
            self.edit.insert_at(range.enter).block(wrapper);
        }
        shadow_stack.enter(self.edit.insert_at(range.enter), slot);
        if call_kinds == CallKinds::Any {
            self.record(range.enter, slot, SiteKind::Entry);
        }
        for FlowPoint { offset, kind } in points[enter..leave].iter().copied() {
            let leaves_range = match kind {
                FlowKind::Site(site) => {
                    self.record(offset, slot, site);
                    false
                }
                FlowKind::Return => true,
                FlowKind::Branch(depth) => depth <= range.depth,
                FlowKind::BranchIf(_) | FlowKind::Ignored => false,
            };
            if leaves_range {
                shadow_stack.leave(self.edit.insert_at(offset), slot);
            }
        }
        if wrapper.is_some() {
            self.edit.insert_at(range.leave).end();
        }
        shadow_stack.leave(self.edit.insert_at(range.leave), slot);
        self.record_traps(&points[leave..]);
    }

    fn record(&mut self, offset: usize, slot: u32, kind: SiteKind) {
        let site = self.add_site(offset, kind);
        let shadow_stack = self.shadow_stack;
        let target = self.go.as_ref().and_then(|go| go.jump_target(offset));
        if let Some(JumpTarget { body, blocks }) = target
            && let Some(first) = self.sites.go.add_loop(site, blocks)
        {
            let code = self.edit.insert_at(body);
            shadow_stack.record_block(code, slot, (first, GO_BLOCK));
        } else {
            shadow_stack.record(self.edit.insert_at(offset), slot, site);
        }
    }

    fn add_site(&mut self, offset: usize, kind: SiteKind) -> i32 {
        let site = self.sites.add(self.index, offset, kind);
        match self.go.as_ref().and_then(|go| go.call(offset)) {
            Some(CallPosition::ReturnAddress(address)) => {
                self.sites.go.add_return_address(site, address);
            }
            Some(CallPosition::Block(block)) => self.sites.go.add_helper_call(site, block),
            None => {}
        }
        site
    }

    /// Records sites outside of the slot range. These are only traps: all calls that return and all loops are inside.
    fn record_traps(&mut self, points: &[FlowPoint]) {
        for point in points {
            if let FlowKind::Site(kind) = point.kind {
                let site = self.add_site(point.offset, kind);
                let code = self.edit.insert_at(point.offset);
                self.shadow_stack.push(code, site);
            }
        }
    }
}

/// The type of a block with a function's results.
fn block_type(ty: &FuncType, additions: &mut Additions) -> Result<BlockType, InstrumentError> {
    let results = ty.results().iter().map(|result| value_type(*result));
    let results: Vec<_> = results.collect::<Result<_, _>>()?;
    Ok(match results.as_slice() {
        [] => BlockType::Empty,
        [result] => BlockType::Result(*result),
        several => BlockType::FunctionType(additions.func_type(&[], several)),
    })
}

fn value_type(ty: wasmparser::ValType) -> Result<ValType, InstrumentError> {
    match ty {
        wasmparser::ValType::I32 => Ok(ValType::I32),
        wasmparser::ValType::I64 => Ok(ValType::I64),
        wasmparser::ValType::F32 => Ok(ValType::F32),
        wasmparser::ValType::F64 => Ok(ValType::F64),
        wasmparser::ValType::V128 => Ok(ValType::V128),
        wasmparser::ValType::FUNCREF => Ok(ValType::FUNCREF),
        wasmparser::ValType::EXTERNREF => Ok(ValType::EXTERNREF),
        wasmparser::ValType::Ref(_) => Err(InstrumentError::Unsupported("a typed reference")),
    }
}
