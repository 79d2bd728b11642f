//! The grammar of `--max-memory`, `--heap` and `--max-stack`: a number of bytes, with or without a unit.
//! Written by hand: it is short, and exact for fractions.

use super::value_error::ValueError;
use crate::size::Size;

/// The known units, in lower case. A single letter is a binary unit, as in `ulimit`, `docker` and Java.
const UNITS: [(&str, u64); 13] = [
    ("b", 1),
    ("k", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1_000),
    ("m", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("t", 1 << 40),
    ("tib", 1 << 40),
    ("tb", 1_000_000_000_000),
];

/// The largest `--heap`: the limit of a 32-bit memory.
const MAX_HEAP: Size = Size(4 << 30);

/// The smallest `--max-stack`: 256 frames, enough for TinyGo's runtime to start and print.
const MIN_STACK: Size = Size(64 << 10);

/// Parses a size such as `64MiB`, `1.5GiB` or `131072`.
///
/// # Errors
///
/// A message that says what is wrong, for other text, for a size that is not a whole number of bytes, and for one
/// above 2^64 - 1.
pub fn parse(text: &str) -> Result<Size, ValueError> {
    let unit_at = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = unit.trim();
    if !unit.chars().all(char::is_alphabetic) {
        return Err(not_a_size());
    }
    let factor = if unit.is_empty() {
        1
    } else {
        let name = unit.to_ascii_lowercase();
        let known = UNITS.iter().find(|(known, _)| *known == name);
        known.map(|(_, factor)| *factor).ok_or_else(|| {
            ValueError::new(format!("`{unit}` is not a unit"))
                .hint("write bytes, or KiB, MiB or GiB, as in 64MiB")
        })?
    };
    bytes(number, factor).map(Size)
}

/// Parses the value of `--heap`.
///
/// # Errors
///
/// As for `parse`, and for more than a memory can have.
pub fn parse_heap(text: &str) -> Result<Size, ValueError> {
    match parse(text)? {
        size if size > MAX_HEAP => Err(ValueError::new(format!("a memory has at most {MAX_HEAP}"))),
        size => Ok(size),
    }
}

/// Parses the value of `--max-stack`.
///
/// # Errors
///
/// As for `parse`, and for less than a program needs.
pub fn parse_stack(text: &str) -> Result<Size, ValueError> {
    match parse(text)? {
        size if size < MIN_STACK => Err(ValueError::new(format!(
            "a Go program needs a stack of at least {MIN_STACK}"
        ))),
        size => Ok(size),
    }
}

fn not_a_size() -> ValueError {
    ValueError::new("not a size").hint("write a number with or without a unit, as in 64MiB")
}

/// Returns `number` × `factor` exactly, without floating point.
fn bytes(number: &str, factor: u64) -> Result<u64, ValueError> {
    let digits: String = number.chars().filter(|c| *c != '_').collect();
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    if (whole.is_empty() && fraction.is_empty())
        || fraction.contains('.')
        || (digits.contains('.') && fraction.is_empty())
    {
        return Err(not_a_size());
    }
    let too_large = || ValueError::new("more than 2^64 - 1 bytes");
    let scale = 10_u128
        .checked_pow(fraction.len() as u32)
        .ok_or("the fraction has too many digits")?;
    let scaled: u128 = format!("{whole}{fraction}")
        .parse()
        .map_err(|_| too_large())?;
    let product = scaled
        .checked_mul(u128::from(factor))
        .ok_or_else(too_large)?;
    if product % scale != 0 {
        return Err("not a whole number of bytes".into());
    }
    u64::try_from(product / scale).map_err(|_| too_large())
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::size::Size;

    #[test]
    fn sizes_are_parsed() {
        for (text, bytes) in [
            ("0", 0),
            ("131072", 131_072),
            ("131_072", 131_072),
            ("64MiB", 64 << 20),
            ("64 MiB", 64 << 20),
            ("64mib", 64 << 20),
            ("64M", 64 << 20),
            ("64MB", 64_000_000),
            ("1.5GiB", 3 << 29),
            ("0.5K", 512),
            (".5K", 512),
            ("2T", 2 << 40),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse(text), Ok(Size(bytes)), "{text}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for (text, problem) in [
            ("", "not a size"),
            ("MiB", "not a size"),
            ("1.", "not a size"),
            ("1.2.3K", "not a size"),
            ("-1", "not a size"),
            ("1,5K", "not a size"),
            ("64MX", "`MX` is not a unit"),
            ("1e6", "not a size"),
            ("1.0001K", "not a whole number of bytes"),
            ("18446744073709551616", "more than 2^64 - 1"),
            ("99999999999T", "more than 2^64 - 1"),
            (
                "1.00000000000000000000000000000000000000001",
                "too many digits",
            ),
        ] {
            let parsed = parse(text);
            assert!(
                matches!(&parsed, Err(error) if error.problem.contains(problem)),
                "{text}: {parsed:?}"
            );
        }
    }
}
