//! Reads the arguments of a stub as strings and numbers. A string is passed as two parameters of type i32, its address
//! and its length, but so are two numbers. If the types are ambiguous, two parameters are a string if the memory there
//! reads as text.

use super::Host;
use super::import_rules::StringPositions;
use crate::go_literals::string::quote_start;
use crate::module::ValueType;
use wasmi::{Caller, Extern, Val};

/// The number of bytes of a string that are examined, and that a trace prints.
const MAX_TEXT_BYTES: usize = 1000;

/// An argument, or two that are a string.
pub(super) enum Argument<'m> {
    String(&'m [u8]),
    Number(String),
}

impl Argument<'_> {
    /// The argument as a trace prints it.
    pub(super) fn quoted(&self) -> String {
        match self {
            Self::String(bytes) => quote_start(bytes, MAX_TEXT_BYTES),
            Self::Number(number) => number.clone(),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::String(bytes) => bytes,
            Self::Number(number) => number.as_bytes(),
        }
    }
}

/// Returns the positions of the strings among parameters of these types. They are detected in each call only if the
/// number of adjacent parameters of type i32 is odd.
///
/// # Errors
///
/// A message if there is no string at a position of the rule.
pub(super) fn string_positions(
    rule: &StringPositions,
    params: &[ValueType],
) -> Result<StringPositions, String> {
    let StringPositions::At(positions) = rule else {
        return Ok(positions_by_type(params));
    };
    let is_i32 = |index: usize| params.get(index) == Some(&ValueType::I32);
    let unfit = positions
        .iter()
        .find(|first| !is_i32(**first) || !is_i32(first.saturating_add(1)));
    match unfit {
        None => Ok(rule.clone()),
        Some(first) => Err(format!(
            "parameters {first} and {}, counted from 0, are not an address and a length of type i32",
            first.saturating_add(1)
        )),
    }
}

fn positions_by_type(params: &[ValueType]) -> StringPositions {
    let mut positions = Vec::new();
    let mut index = 0;
    for run in params.chunk_by(|first, next| first == next) {
        if run.first() == Some(&ValueType::I32) && run.len() > 1 {
            if !run.len().is_multiple_of(2) {
                return StringPositions::Detect;
            }
            positions.extend((index..index + run.len()).step_by(2));
        }
        index += run.len();
    }
    StringPositions::At(positions)
}

/// Reads the arguments of a call.
///
/// # Errors
///
/// The problem, if a string at one of the positions is not in the guest's memory.
pub(super) fn arguments<'m>(
    caller: &'m Caller<'_, Host>,
    positions: &StringPositions,
    values: &[Val],
) -> Result<Vec<Argument<'m>>, &'static str> {
    let memory = match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Some(memory.data(caller)),
        _ => None,
    };
    let mut arguments = Vec::with_capacity(values.len());
    let (mut index, mut rest) = (0, values);
    while let [value, after @ ..] = rest {
        let string = match positions {
            StringPositions::Detect => memory
                .and_then(|memory| string(memory, rest))
                .filter(|string| is_text(string)),
            StringPositions::At(positions) if positions.contains(&index) => {
                let memory = memory.ok_or("but the program exports no memory")?;
                Some(string(memory, rest).ok_or("outside of the program's memory")?)
            }
            StringPositions::At(_) => None,
        };
        let (argument, length) = match string {
            Some(string) => (Argument::String(string), 2),
            None => (Argument::Number(number(value)), 1),
        };
        arguments.push(argument);
        index += length;
        rest = after.get(length - 1..).unwrap_or(&[]);
    }
    Ok(arguments)
}

/// The bytes at the address and length that `values` starts with; `None` if they are not in memory.
fn string<'m>(memory: &'m [u8], values: &[Val]) -> Option<&'m [u8]> {
    match values {
        // In wasm, addresses and lengths are unsigned.
        [Val::I32(address), Val::I32(length), ..] => {
            let (address, length) = (*address as u32 as usize, *length as u32 as usize);
            memory.get(address..address.checked_add(length)?)
        }
        _ => None,
    }
}

/// Returns true if bytes are most likely text: UTF-8 without control characters, except those that format text. Empty
/// text is not, since any number may be followed by a zero.
fn is_text(bytes: &[u8]) -> bool {
    let start = bytes.get(..MAX_TEXT_BYTES).unwrap_or(bytes);
    let text = match str::from_utf8(start) {
        Ok(text) => text,
        // The last character is cut off.
        Err(error) if error.error_len().is_none() && start.len() < bytes.len() => {
            str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let formats = |c| matches!(c, '\t' | '\n' | '\r' | '\x1b');
    !text.is_empty() && !text.contains(|c: char| c.is_control() && !formats(c))
}

/// Formats a value that is not part of a string.
pub(super) fn number(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(value) => value.to_float().to_string(),
        Val::F64(value) => value.to_float().to_string(),
        Val::V128(value) => format!("{:#034x}", value.as_u128()),
        Val::FuncRef(_) => "funcref".to_owned(),
        Val::ExternRef(_) => "externref".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{StringPositions, is_text, positions_by_type};
    use crate::module::ValueType::{self, F64, I32, I64};

    #[test]
    fn unambiguous_types_determine_the_strings() {
        let at = |positions: &[usize]| StringPositions::At(positions.to_vec());
        let cases: [(&[ValueType], _); 8] = [
            (&[], at(&[])),
            (&[I32], at(&[])),
            (&[I32, I32], at(&[0])),
            (&[I32, I32, I32, I32], at(&[0, 2])),
            (&[I64, I32, I32, F64, I32], at(&[1])),
            (&[I32, F64, I32, I32], at(&[2])),
            (&[I32, I32, I32], StringPositions::Detect),
            (&[I32, I32, I64, I32, I32, I32], StringPositions::Detect),
        ];
        for (params, positions) in cases {
            assert_eq!(positions_by_type(params), positions, "{params:?}");
        }
    }

    #[test]
    fn text_is_recognized() {
        let long = "é".repeat(1000);
        for (bytes, expected) in [
            (b"".as_slice(), false),
            (b"hello\n", true),
            (b"\x1b[31mred", true),
            (b"caf\xc3\xa9", true),
            (b"caf\xc3", false),
            (b"a\0", false),
            (b"\x01", false),
            (b"\xff", false),
            (long.as_bytes(), true),
            (&long.as_bytes()[1..], false),
        ] {
            assert_eq!(is_text(bytes), expected, "{bytes:?}");
        }
    }
}
