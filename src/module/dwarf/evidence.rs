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
    /// The positions before and after the address. All code between them is in the order of the source.
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
        rows: &Rows<'_>,
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
                Self::around_row(rows, flow)
            } else {
                Self::Line(rows.position)
            };
        }
        let next = next_row(rows, address, flow);
        let is_same_line = |next: SourcePosition| next.is_same_line(rows.position);
        if is_of_control(rows, address, code) && !next.is_some_and(is_same_line) {
            return Self::None;
        }
        match flow.reach(rows.address, address) {
            Reach::Straight => Self::Line(rows.position),
            Reach::Separate => Self::None,
            Reach::Divided => match next {
                Some(next) if !is_same_line(next) => Self::Between(rows.position, next),
                _ => Self::Line(rows.position),
            },
        }
    }

    /// Judges the rows before and after a misplaced one. Code in the order of the source has a line between theirs.
    fn around_row(rows: &Rows<'_>, flow: &Flow) -> Self {
        let next = rows.next.filter(|(at, _)| !flow.ends_before(*at));
        match (rows.previous(), next) {
            (Some(previous), Some((_, next))) if previous.is_same_line(next) => {
                Self::Line(previous)
            }
            (Some(previous), Some((_, next))) => Self::Between(previous, next),
            _ => Self::None,
        }
    }
}

/// The next row, if all code between the address and the row runs in order.
fn next_row(rows: &Rows<'_>, address: u32, flow: &Flow) -> Option<SourcePosition> {
    let (at, position) = rows.next?;
    let is_reached = !flow.ends_before(at) && flow.reach(address, at) != Reach::Separate;
    is_reached.then_some(position)
}

/// Returns true if the row belongs to a control operator before the address, such as `block`. LLVM gives it the line of
/// an operator in the block, which wasm-opt may move or drop. Without a second row of this line, the line is wrong for
/// a third of the calls.
fn is_of_control(rows: &Rows<'_>, address: u32, code: &[u8]) -> bool {
    const BLOCK: u8 = 0x02;
    const ELSE: u8 = 0x05;
    const END: u8 = 0x0b;
    let operator = code.get(rows.address as usize);
    rows.address != address && operator.is_some_and(|at| matches!(*at, BLOCK..=ELSE | END))
}

/// Returns true if the row belongs to a constant and may have the line of other code. Without optimization, LLVM gives
/// all uses of a constant the line of the first one, and wasm-opt drops the row of the operator after the constant.
fn is_misplaced(rows: &Rows<'_>, address: u32, code: &[u8]) -> bool {
    const CONSTANTS: std::ops::RangeInclusive<u8> = 0x41..=0x44;
    let operator = code.get(rows.address as usize);
    let is_constant = operator.is_some_and(|operator| CONSTANTS.contains(operator));
    is_constant && rows.address != address && rows.returns_to_line()
}

#[cfg(test)]
mod tests {
    use super::{Evidence, Optimization};
    use crate::module::dwarf::flow::Flow;
    use crate::module::dwarf::lines::{LineRow, Rows, SourcePosition};

    /// A function body: no locals, `block`, `call 0`, `nop`, `i32.const 0`, `drop`, two `end`s.
    const BODY: [u8; 11] = [
        0x00, 0x02, 0x40, 0x10, 0x00, 0x01, 0x41, 0x00, 0x1a, 0x0b, 0x0b,
    ];
    const BLOCK: u32 = 1;
    const CALL: u32 = 3;
    const NOP: u32 = 5;
    const CONSTANT: u32 = 6;
    const DROP: u32 = 8;
    const END: u32 = 9;

    fn line(line: u32) -> SourcePosition {
        SourcePosition {
            file: None,
            line,
            column: 0,
        }
    }

    #[test]
    fn a_row_of_a_block_needs_a_second_row() -> Result<(), &'static str> {
        let flow = Flow::read(&BODY, 0).ok_or("the function is invalid")?;
        for (address, next, is_known) in [
            (BLOCK, None, false),
            (BLOCK, Some((NOP, line(8))), false),
            (BLOCK, Some((NOP, line(7))), true),
            (CALL, None, true),
            (CALL, Some((NOP, line(8))), true),
        ] {
            let rows = Rows {
                address,
                position: line(7),
                is_current: true,
                before: &[],
                next,
            };
            let evidence = Evidence::of(&rows, CALL, &BODY, &flow, Optimization::On);
            assert_eq!(
                matches!(evidence, Evidence::Line(_)),
                is_known,
                "a row at {address}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_line_that_a_constant_repeats_is_that_of_the_rows_around_it() -> Result<(), &'static str> {
        let flow = Flow::read(&BODY, 0).ok_or("the function is invalid")?;
        for (before, next, expected) in [
            (&[][..], Some(9), [7, 7]),
            (&[8], Some(9), [7, 7]),
            (&[7], Some(9), [7, 7]),
            (&[7, 8], Some(8), [8, 8]),
            (&[7, 8], Some(9), [8, 9]),
            (&[7, 8], None, [0, 0]),
        ] {
            let row = |at: &u32| LineRow {
                address: CALL,
                position: Some(line(*at)),
            };
            let before: Vec<_> = before.iter().map(row).collect();
            let rows = Rows {
                address: CONSTANT,
                position: line(7),
                is_current: true,
                before: &before,
                next: next.map(|next| (END, line(next))),
            };
            let found = match Evidence::of(&rows, DROP, &BODY, &flow, Optimization::Off) {
                Evidence::Line(found) => [found.line, found.line],
                Evidence::Between(before, after) => [before.line, after.line],
                Evidence::None => [0, 0],
            };
            assert_eq!(found, expected, "next is {next:?}");
        }
        Ok(())
    }
}
