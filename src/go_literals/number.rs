//! Number literals: Go's integers (<https://go.dev/ref/spec#Integer_literals>) and decimal floats, with a sign, and the
//! words `true`, `false`, `nan` and `inf`. Octal numbers are written `0o17`; `017` is refused, because it is octal in
//! Go and decimal elsewhere.

use std::ops::{Neg, RangeInclusive};
use std::str::FromStr;

/// Parses an i32: -2^31 to 2^32-1 (the upper half as its two's complement), `true` or `false`.
///
/// # Errors
///
/// A message that says what is wrong with `text`.
pub fn parse_i32(text: &str) -> Result<i32, String> {
    match text {
        "true" => Ok(1),
        "false" => Ok(0),
        // The cast wraps the unsigned half of the range.
        _ => integer_in(i32::MIN.into()..=u32::MAX.into(), "-2^31 to 2^32-1", text)
            .map(|value| value as i32),
    }
}

/// Parses an i64: -2^63 to 2^64-1 (the upper half as its two's complement).
///
/// # Errors
///
/// A message that says what is wrong with `text`.
pub fn parse_i64(text: &str) -> Result<i64, String> {
    let range = i64::MIN.into()..=u64::MAX.into();
    integer_in(range, "-2^63 to 2^64-1", text).map(|value| value as i64)
}

/// Parses an integer of any Go type.
///
/// # Errors
///
/// A message that says what is wrong with `text`.
pub fn parse_integer(text: &str) -> Result<i128, String> {
    let (sign, digits) = sign(text);
    let (radix, digits) = radix(digits)?;
    let digits = without_underscores(digits, radix != 10).ok_or_else(|| not_an_integer(text))?;
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(not_an_integer(text));
    }
    let magnitude = i128::from_str_radix(&digits, radix);
    // A number of more than 128 bits is out of every range.
    Ok(sign * magnitude.unwrap_or(i128::MAX))
}

/// Parses an integer in a range, which is `printed` in messages.
fn integer_in(range: RangeInclusive<i128>, printed: &str, text: &str) -> Result<i128, String> {
    match parse_integer(text)? {
        value if range.contains(&value) => Ok(value),
        _ => Err(format!("{text} is out of range ({printed})")),
    }
}

/// Parses an f32 or f64, correctly rounded.
///
/// # Errors
///
/// A message that says what is wrong with `text`.
pub fn parse_float<F: FromStr + Neg<Output = F>>(text: &str) -> Result<F, String> {
    let not_a_number = || format!("`{text}` is not a number");
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = match unsigned.to_ascii_lowercase() {
        word if ["nan", "inf", "infinity"].contains(&word.as_str()) => word,
        _ => {
            let numeric =
                |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+' | '_');
            if !unsigned.chars().all(numeric) || unsigned.starts_with(['-', '+']) {
                return Err(not_a_number());
            }
            without_underscores(unsigned, false).ok_or_else(not_a_number)?
        }
    };
    let magnitude: F = plain.parse().map_err(|_| not_a_number())?;
    Ok(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

fn sign(text: &str) -> (i128, &str) {
    match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn radix(digits: &str) -> Result<(u32, &str), String> {
    let mut chars = digits.chars();
    match (chars.next(), chars.next()) {
        (Some('0'), Some('x' | 'X')) => Ok((16, &digits[2..])),
        (Some('0'), Some('o' | 'O')) => Ok((8, &digits[2..])),
        (Some('0'), Some('b' | 'B')) => Ok((2, &digits[2..])),
        (Some('0'), Some(c)) if c.is_ascii_digit() || c == '_' => {
            let bare = digits.trim_start_matches(['0', '_']);
            let bare = if bare.is_empty() { "0" } else { bare };
            Err(format!(
                "{digits} could be octal or decimal; write 0o{bare} or {bare}"
            ))
        }
        _ => Ok((10, digits)),
    }
}

/// Removes the underscores that Go allows: one between two digits, or after a prefix.
fn without_underscores(digits: &str, after_prefix: bool) -> Option<String> {
    if !digits.contains('_') {
        return Some(digits.to_owned());
    }
    let stray = (digits.starts_with('_') && !after_prefix)
        || digits.ends_with('_')
        || digits.contains("__")
        || ["_.", "._", "_e", "e_", "_E", "E_"]
            .iter()
            .any(|pair| !after_prefix && digits.contains(pair));
    (!stray).then(|| digits.replace('_', ""))
}

fn not_an_integer(text: &str) -> String {
    format!("`{text}` is not an integer")
}

#[cfg(test)]
mod tests {
    use super::{parse_float, parse_i32, parse_i64};

    #[test]
    fn i32_is_signed_or_unsigned() {
        for (text, value) in [
            ("0", 0),
            ("42", 42),
            ("-7", -7),
            ("+7", 7),
            ("0xff", 255),
            ("0XFF", 255),
            ("-0x80", -128),
            ("0b101", 5),
            ("0o17", 15),
            ("1_000", 1_000),
            ("0x_ff_ff", 65_535),
            ("2147483647", i32::MAX),
            ("2147483648", i32::MIN),
            ("4294967295", -1),
            ("0xffffffff", -1),
            ("-2147483648", i32::MIN),
            ("true", 1),
            ("false", 0),
        ] {
            assert_eq!(parse_i32(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn i64_is_signed_or_unsigned() {
        for (text, value) in [
            ("-9223372036854775808", i64::MIN),
            ("9223372036854775807", i64::MAX),
            ("18446744073709551615", -1),
            ("0x8000000000000000", i64::MIN),
        ] {
            assert_eq!(parse_i64(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn other_text_is_not_an_i32() {
        for (text, problem) in [
            ("", "not an integer"),
            ("-", "not an integer"),
            ("--1", "not an integer"),
            ("1.5", "not an integer"),
            ("1e3", "not an integer"),
            ("ten", "not an integer"),
            ("0x", "not an integer"),
            ("0xg", "not an integer"),
            ("0b2", "not an integer"),
            ("_1", "not an integer"),
            ("1_", "not an integer"),
            ("1__0", "not an integer"),
            (" 1", "not an integer"),
            ("１", "not an integer"),
            ("True", "not an integer"),
            ("010", "write 0o10 or 10"),
            ("00", "write 0o0 or 0"),
            ("4294967296", "out of range (-2^31 to 2^32-1)"),
            ("-2147483649", "out of range"),
            (
                "99999999999999999999999999999999999999999999",
                "out of range",
            ),
        ] {
            let parsed = parse_i32(text);
            assert!(
                matches!(&parsed, Err(error) if error.contains(problem)),
                "{text}: {parsed:?}"
            );
        }
    }

    #[test]
    fn other_text_is_not_an_i64() {
        for text in [
            "18446744073709551616",
            "-9223372036854775809",
            "true",
            "1.0",
        ] {
            assert!(parse_i64(text).is_err(), "{text}");
        }
    }

    #[test]
    fn floats_are_rounded_once() {
        for (text, value) in [
            ("1.5", 1.5),
            ("-1e3", -1_000.0),
            ("3", 3.0),
            ("1_000.5", 1_000.5),
            ("1e-400", 0.0),
            ("1e400", f64::INFINITY),
            ("inf", f64::INFINITY),
            ("-inf", f64::NEG_INFINITY),
            ("+Inf", f64::INFINITY),
            ("0.1", 0.1),
        ] {
            assert_eq!(parse_float::<f64>(text), Ok(value), "{text}");
        }
        assert!(matches!(parse_float::<f64>("NaN"), Ok(value) if value.is_nan()));
        assert!(matches!(parse_float::<f64>("-0"), Ok(value) if value.is_sign_negative()));
        // Slightly above the middle of two f32 values. Through f64 it would be rounded down.
        let text = "1.00000005960464477539062500001";
        assert_eq!(parse_float::<f32>(text), Ok(1.000_000_1));
    }

    #[test]
    fn other_text_is_not_a_float() {
        for text in [
            "", "-", ".", "e5", "1e", "--1", "+-1", "0x10", "1_", "1_.5", "true", "1,5",
        ] {
            assert!(parse_float::<f64>(text).is_err(), "{text}");
            assert!(parse_float::<f32>(text).is_err(), "{text}");
        }
    }
}
