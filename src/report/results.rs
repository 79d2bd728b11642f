//! Results of calls as text: one a line, in forms that the command line reads back.

use crate::guest::{Reference, Value};
use std::io::{self, Write};

/// Prints results to standard output at once.
///
/// # Errors
///
/// Whatever the write ends in.
pub fn print(values: &[Value]) -> io::Result<()> {
    let text: String = values.iter().map(|value| text(value) + "\n").collect();
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

fn text(value: &Value) -> String {
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

/// The shortest digits that read back as the same float, which both forms have; very large and very
/// small ones with an exponent, as Go prints them.
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
    use crate::guest::{Reference, Value};

    #[test]
    fn values_are_shown_as_they_are_typed() {
        for (value, shown) in [
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
            assert_eq!(text(&value), shown);
        }
    }
}
