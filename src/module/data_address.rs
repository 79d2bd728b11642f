//! The addresses to which data segments are written.

use wasmparser::{Data, DataKind, Operator};

/// The address of a segment, if it is written to a constant address of the first memory.
pub(super) fn constant_address(data: &Data<'_>) -> Option<u32> {
    let DataKind::Active {
        memory_index: 0,
        offset_expr,
    } = &data.kind
    else {
        return None;
    };
    match offset_expr.get_operators_reader().read() {
        Ok(Operator::I32Const { value }) => Some(value.cast_unsigned()),
        _ => None,
    }
}
