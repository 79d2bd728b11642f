//! Formats the results of calls as text: one per line, in the syntax of arguments. A slice is printed as Go prints it.

use crate::guest::{ElementValue, Number, Reference, ResultValue, SliceValue, Value};
use std::io::{self, BufWriter, Write};

/// The size of the parts in which results are written.
const BUFFER_BYTES: usize = 64 << 10;

/// Writes results, each on a line. Text is written as is.
///
/// # Errors
///
/// Those of the writer.
pub fn write(results: &[ResultValue], to: impl Write) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(BUFFER_BYTES, to);
    for result in results {
        write_value(result, &mut to)?;
        to.write_all(b"\n")?;
    }
    to.flush()
}

fn write_value(result: &ResultValue, to: &mut impl Write) -> io::Result<()> {
    match result {
        ResultValue::Text(bytes) => to.write_all(bytes),
        ResultValue::Slice(slice) => write_slice(slice, to),
        ResultValue::Tuple(values) => {
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    to.write_all(b" ")?;
                }
                write_value(value, to)?;
            }
            Ok(())
        }
        other => to.write_all(text(other).as_bytes()),
    }
}

fn write_slice(slice: &SliceValue, to: &mut impl Write) -> io::Result<()> {
    to.write_all(b"[")?;
    for (index, element) in slice.elements().enumerate() {
        if index > 0 {
            to.write_all(b" ")?;
        }
        match element {
            ElementValue::Number(Number::Integer(value)) => write!(to, "{value}")?,
            ElementValue::Number(number) => to.write_all(number_text(number).as_bytes())?,
            ElementValue::Text(text) => to.write_all(text)?,
        }
    }
    to.write_all(b"]")
}

/// Formats a result as text. Invalid UTF-8 is replaced.
pub(super) fn text(result: &ResultValue) -> String {
    match result {
        ResultValue::Wasm(value) => value_text(value),
        ResultValue::Number(_, number) => number_text(*number),
        ResultValue::Hex(bits) => format!("{bits:#x}"),
        ResultValue::Bytes(bytes) => hex(bytes),
        ResultValue::Text(_) | ResultValue::Slice(_) | ResultValue::Tuple(_) => {
            let mut text = Vec::new();
            // Writing to memory does not fail.
            let _ = write_value(result, &mut text);
            String::from_utf8_lossy(&text).into_owned()
        }
    }
}

/// Formats a number.
pub(super) fn number_text(number: Number) -> String {
    match number {
        Number::Bool(value) => value.to_string(),
        Number::Integer(value) => value.to_string(),
        Number::Float32(value) => value_text(&Value::F32(value)),
        Number::Float64(value) => value_text(&Value::F64(value)),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |nibble: u8| DIGITS[usize::from(nibble & 15)];
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

fn value_text(value: &Value) -> String {
    match value {
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::F32(value) => float(f64::from(*value), value.to_string(), format!("{value:e}")),
        Value::F64(value) => float(*value, value.to_string(), format!("{value:e}")),
        Value::V128(value) => format!("{value:#034x}"),
        Value::FuncRef(Reference::Null) | Value::ExternRef(Reference::Null) => "null".to_owned(),
        Value::FuncRef(Reference::Some) => "funcref".to_owned(),
        Value::ExternRef(Reference::Some) => "externref".to_owned(),
    }
}

/// Chooses between the two notations of a float, both with the shortest digits that parse to the same value. As in Go,
/// very large and very small numbers have an exponent.
fn float(magnitude: f64, positional: String, scientific: String) -> String {
    let magnitude = magnitude.abs();
    if magnitude.is_nan() {
        "nan".to_owned()
    } else if magnitude != 0.0 && magnitude.is_finite() && !(1e-4..1e21).contains(&magnitude) {
        scientific
    } else {
        positional
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::guest::{Reference, ResultValue, Value};

    #[test]
    fn values_are_printed_in_the_syntax_of_arguments() {
        for (value, expected) in [
            (Value::I32(-1), "-1"),
            (Value::I64(i64::MIN), "-9223372036854775808"),
            (Value::F32(0.1), "0.1"),
            (Value::F32(16_777_216.0), "16777216"),
            (Value::F32(1e-7), "1e-7"),
            (Value::F64(3.0), "3"),
            (Value::F64(-0.0), "-0"),
            (Value::F64(0.1), "0.1"),
            (Value::F64(1e20), "100000000000000000000"),
            (Value::F64(1.5e300), "1.5e300"),
            (Value::F64(f64::NAN), "nan"),
            (Value::F64(-f64::NAN), "nan"),
            (Value::F64(f64::INFINITY), "inf"),
            (Value::F64(f64::NEG_INFINITY), "-inf"),
            (Value::V128(1), "0x00000000000000000000000000000001"),
            (Value::FuncRef(Reference::Null), "null"),
            (Value::FuncRef(Reference::Some), "funcref"),
        ] {
            assert_eq!(text(&ResultValue::Wasm(value)), expected);
        }
    }
}
