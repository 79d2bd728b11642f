//! The grammar of `--clock`: a point in time in UTC, written as in RFC 3339
//! (<https://www.rfc-editor.org/rfc/rfc3339#section-5.6>).

use super::value_error::ValueError;
use std::time::{Duration, SystemTime};

/// The first second that Go programs cannot represent: they count nanoseconds since 1970 in 63 bits.
const END: Duration = Duration::from_secs(i64::MAX as u64 / 1_000_000_000);

/// Parses a time such as `2026-01-01T00:00:00Z` or `2026-01-01T00:00:00.25Z`, from 1970 to 2262.
///
/// # Errors
///
/// A message that says what is wrong, for anything else.
pub fn parse(text: &str) -> Result<SystemTime, ValueError> {
    let time = humantime::parse_rfc3339(text).map_err(|error| match error {
        _ if has_offset(text) => ValueError::new("the time must be in UTC").hint("end it in Z"),
        humantime::TimestampError::OutOfRange if is_well_formed(text) => {
            "there is no such time since 1970".into()
        }
        _ => ValueError::new("not a time").hint("write a time as in 2026-01-01T00:00:00Z"),
    })?;
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) if since < END => Ok(time),
        _ => Err(
            "the year must be from 1970 to 2262: Go programs cannot represent later times".into(),
        ),
    }
}

/// Returns whether the time ends in an offset from UTC.
fn has_offset(text: &str) -> bool {
    let time = text
        .split_once(['T', 't', ' '])
        .map_or("", |(_, time)| time);
    time.contains(['+', '-'])
}

/// Returns whether digits and separators are in the right places.
fn is_well_formed(text: &str) -> bool {
    let shape = "0000-00-00T00:00:00";
    let fits = |(shape, found): (char, char)| match shape {
        '0' => found.is_ascii_digit(),
        _ => found == shape,
    };
    text.len() > shape.len() && text.ends_with('Z') && shape.chars().zip(text.chars()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::time::{Duration, SystemTime};

    #[test]
    fn times_are_parsed() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.25Z", 250),
            ("2009-11-10T23:00:00Z", 1_257_894_000_000),
            ("2024-02-29T12:30:15.5Z", 1_709_209_815_500),
            ("2262-04-11T23:47:15Z", 9_223_372_035_000),
        ] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
            assert_eq!(parse(text), Ok(time), "{text}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for (text, problem) in [
            ("", "not a time"),
            ("now", "not a time"),
            ("0", "not a time"),
            ("2026-01-01", "not a time"),
            ("2026-01-01T00:00:00", "not a time"),
            ("2026-01-01 00:00:00Z", "not a time"),
            ("2026-01-01T00:00Z", "not a time"),
            ("-2026-01-01T00:00:00Z", "not a time"),
            ("2026-01-01T00:00:00+01:00", "UTC"),
            ("2026-01-01T00:00:00-00:00", "UTC"),
            ("2026-02-30T00:00:00Z", "no such time"),
            ("2026-13-01T00:00:00Z", "no such time"),
            ("1969-12-31T23:59:59Z", "no such time"),
            ("2262-04-12T00:00:00Z", "2262"),
            ("9999-12-31T23:59:59Z", "2262"),
        ] {
            let parsed = parse(text);
            assert!(
                matches!(&parsed, Err(error) if error.problem.contains(problem)),
                "{text}: {parsed:?}"
            );
        }
    }
}
