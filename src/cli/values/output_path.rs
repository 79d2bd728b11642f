//! The grammar of options that name a file to write. `-` is refused, because it could mean either stream.

use super::value_error::ValueError;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Parses the path of a file.
///
/// # Errors
///
/// A message that says what to write instead.
pub fn parse(text: &OsStr) -> Result<PathBuf, ValueError> {
    match text.as_encoded_bytes() {
        b"" => Err("the path is empty".into()),
        b"-" => Err(
            ValueError::new("`-` could be either stream").hint(
                "write /dev/stdout for standard output, /dev/stderr for standard error, or ./- for a file of that name",
            ),
        ),
        _ => Ok(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::ffi::OsStr;

    #[test]
    fn a_dash_is_refused() {
        for (text, is_accepted) in [
            ("r.json", true),
            ("./-", true),
            ("/dev/stdout", true),
            ("-", false),
            ("", false),
        ] {
            assert_eq!(parse(OsStr::new(text)).is_ok(), is_accepted, "{text}");
        }
    }
}
