//! How reliable the line table is at an address.
//!
//! In optimized code, a row is reliable if all code between it and the address runs in order. In TinyGo's modules, the
//! line of every such call has the name of the called function. Rows before other code are wrong for a third of the
//! calls.

use super::flow::{Flow, Reach};
use super::lines::{Rows, SourcePosition};

/// What the line table shows for an address.
#[derive(Clone, Copy)]
pub(super) enum Evidence {
    /// The line of the address.
    Line(SourcePosition),
    /// The positions before and after the address. All code between them runs in order.
    Between(SourcePosition, SourcePosition),
    /// Nothing reliable.
    None,
}

/// Whether a module was compiled with optimization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Optimization {
    /// With `-opt=0`. Code is in the order of the source.
    Off,
    On,
}

impl Evidence {
    /// Judges the rows around an address in the content of a code section.
    pub(super) fn of(
        rows: &Rows,
        address: u32,
        code: &[u8],
        flow: &Flow,
        optimization: Optimization,
    ) -> Self {
        if !rows.is_current {
            return Self::None;
        }
        if optimization == Optimization::Off {
            return if is_misplaced(rows, address, code) {
                Self::None
            } else {
                Self::Line(rows.position)
            };
        }
        match flow.reach(rows.address, address) {
            Reach::Straight => Self::Line(rows.position),
            Reach::Separate => Self::None,
            Reach::Divided => match next_row(rows, address, flow) {
                Some(next) if !next.is_same_line(rows.position) => {
                    Self::Between(rows.position, next)
                }
                _ => Self::Line(rows.position),
            },
        }
    }
}

/// The next row, if all code between the address and the row runs in order.
fn next_row(rows: &Rows, address: u32, flow: &Flow) -> Option<SourcePosition> {
    let (at, position) = rows.next?;
    let is_reached = !flow.ends_before(at) && flow.reach(address, at) != Reach::Separate;
    is_reached.then_some(position)
}

/// Returns true if the row belongs to a constant, and the row before it to another line. Without optimization, LLVM
/// gives constants the line of their first use, and wasm-opt drops the row of the operator after the constant.
fn is_misplaced(rows: &Rows, address: u32, code: &[u8]) -> bool {
    const CONSTANTS: std::ops::RangeInclusive<u8> = 0x41..=0x44;
    let operator = code.get(rows.address as usize);
    let is_constant = operator.is_some_and(|operator| CONSTANTS.contains(operator));
    let is_other_line = |previous: SourcePosition| !previous.is_same_line(rows.position);
    is_constant && rows.address != address && rows.previous.is_none_or(is_other_line)
}
