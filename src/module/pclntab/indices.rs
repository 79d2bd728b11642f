//! The numbering of functions. Official Go's linker puts all functions into a table, in the order of its own function
//! table, and the upper bits of a program counter are a function's index there. The module may have other indices,
//! since tools such as wasm-opt reorder functions:
//! <https://github.com/golang/go/blob/go1.23.0/src/cmd/link/internal/wasm/asm.go>.

use std::collections::HashMap;
use wasmparser::{Element, ElementItems, ElementKind, Operator, Parser, Payload};

/// The number of the lower bits of a program counter, which have the block in the function.
const BLOCK_BITS: u32 = 16;

/// A position in the code of an official Go program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoPc {
    /// The number of the function in Go's function table.
    pub function: u32,
    /// The number of the block in the function. A call ends a block, and so does a jump.
    pub block: u32,
}

/// The functions in the order of Go's function table.
#[derive(Clone, Debug)]
pub(super) struct FunctionIndices {
    /// The index of the first function in the module's table.
    first_slot: u32,
    count: u32,
    /// The numbers of functions by their indices in the module; `None` for a function with several.
    numbers: HashMap<u32, Option<u32>>,
}

impl FunctionIndices {
    /// Reads the element section; `None` if it is not as Go's linker writes it.
    pub(super) fn read(wasm: &[u8]) -> Option<Self> {
        let payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
        let mut elements = payloads.filter_map(|payload| match payload {
            Payload::ElementSection(elements) => Some(elements),
            _ => None,
        });
        let element = elements.next()?.into_iter().next()?.ok()?;
        let first_slot = first_slot(&element)?;
        let ElementItems::Functions(functions) = element.items else {
            return None;
        };
        let count = functions.count();
        let mut numbers = HashMap::new();
        for (number, function) in functions.into_iter().enumerate() {
            let number = u32::try_from(number).ok();
            numbers
                .entry(function.ok()?)
                .and_modify(|number| *number = None)
                .or_insert(number);
        }
        Some(Self {
            first_slot,
            count,
            numbers,
        })
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The number of a function by its index in the module.
    pub(super) fn number(&self, index: u32) -> Option<u32> {
        *self.numbers.get(&index)?
    }

    /// Converts a program counter as it is on Go's stack.
    pub(super) fn pc(&self, address: u64) -> Option<GoPc> {
        let slot = u32::try_from(address >> BLOCK_BITS).ok()?;
        self.pc_at(slot, address as u32 & ((1 << BLOCK_BITS) - 1))
    }

    /// The position in the function at a slot of the module's table.
    pub(super) fn pc_at(&self, slot: u32, block: u32) -> Option<GoPc> {
        let function = slot.checked_sub(self.first_slot)?;
        (function < self.count).then_some(GoPc { function, block })
    }
}

fn first_slot(element: &Element<'_>) -> Option<u32> {
    let ElementKind::Active { offset_expr, .. } = &element.kind else {
        return None;
    };
    match offset_expr.get_operators_reader().read() {
        Ok(Operator::I32Const { value }) => Some(value.cast_unsigned()),
        _ => None,
    }
}
