//! The grammar of `--timeout`: a number with a unit, as in `1.5s` or `2m`. Without a unit it is in seconds, as for
//! `timeout(1)`.

use super::value_error::ValueError;
use humantime::DurationError;
use std::time::Duration;

/// Parses a duration such as `500ms`, `1.5s`, `1m 30s` or `10`.
///
/// # Errors
///
/// A message that says what is wrong, for anything else and for zero.
pub fn parse(text: &str) -> Result<Duration, ValueError> {
    if text.ends_with('M') {
        let number = text.trim_end_matches('M');
        return Err(
            ValueError::new("`M` means months").hint(format!("write {number}m for minutes"))
        );
    }
    let bare = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    // As in Go, the zero before the point may be missing.
    let zero = if text.starts_with('.') { "0" } else { "" };
    let unit = if bare { "s" } else { "" };
    let with_unit = format!("{zero}{text}{unit}");
    let duration = humantime::parse_duration(&with_unit).map_err(|error| refused(&error))?;
    if duration.is_zero() {
        return Err("the limit must be longer than zero".into());
    }
    Ok(duration)
}

fn refused(error: &DurationError) -> ValueError {
    let problem = match error {
        DurationError::UnknownUnit { unit, .. } => format!("`{unit}` is not a unit of time"),
        DurationError::NumberOverflow => "too long or too precise".to_owned(),
        _ => "not a duration".to_owned(),
    };
    ValueError::new(problem).hint("write a duration as in 500ms, 1.5s or 2m")
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::time::Duration;

    #[test]
    fn durations_are_parsed() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("1.5s", 1_500),
            ("10", 10_000),
            ("0.25", 250),
            ("2m", 120_000),
            ("1m30s", 90_000),
            ("1m 30s", 90_000),
            ("1h", 3_600_000),
            (".5s", 500),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "s",
            "-1s",
            "1x",
            "5M",
            "0",
            "0s",
            "1..5",
            ".",
            "1e3",
            "99999999999999999999s",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
