//! The grammar of `--fuel` and `--seed`: a whole number.

use super::value_error::ValueError;

/// Parses a whole number.
///
/// # Errors
///
/// A message that says what is allowed.
pub fn parse(text: &str) -> Result<u64, ValueError> {
    let number = text.replace('_', "").parse();
    number.map_err(|_| "not a whole number from 0 to 2^64-1".into())
}

#[cfg(test)]
mod tests {
    use super::parse;

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
            assert_eq!(parse(text).ok(), number, "{text}");
        }
    }
}
