//! The grammar of `--fuel` and `--seed`: a whole number.

use super::value_error::ValueError;

/// Parses the value of `--fuel`.
///
/// # Errors
///
/// A message that says what is allowed.
pub fn parse_fuel(text: &str) -> Result<u64, ValueError> {
    whole_number(text)
}

/// Parses the value of `--seed`.
///
/// # Errors
///
/// A message that says what is allowed.
pub fn parse_seed(text: &str) -> Result<u64, ValueError> {
    whole_number(text)
}

fn whole_number(text: &str) -> Result<u64, ValueError> {
    let number = text.replace('_', "").parse();
    number.map_err(|_| "not a whole number from 0 to 2^64-1".into())
}

#[cfg(test)]
mod tests {
    use super::{parse_fuel, parse_seed};

    #[test]
    fn whole_numbers_are_parsed() {
        for (text, number) in [
            ("0", Some(0)),
            ("1_000", Some(1_000)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("1.5", None),
            ("1e3", None),
            ("", None),
        ] {
            assert_eq!(parse_fuel(text).ok(), number, "{text}");
            assert_eq!(parse_seed(text).ok(), number, "{text}");
        }
    }
}
