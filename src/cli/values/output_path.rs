//! The grammar of options that name a file to write. `-` is refused, because it could mean either stream.

use std::ffi::OsStr;
use std::path::PathBuf;

/// Parses the path of a file.
///
/// # Errors
///
/// A message that says what to write instead.
pub fn parse(text: &OsStr) -> Result<PathBuf, String> {
    match text.as_encoded_bytes() {
        b"" => Err("the path is empty".to_owned()),
        b"-" => Err(
            "write /dev/stdout for standard output, /dev/stderr for standard error, or ./- for a file of that name"
                .to_owned(),
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
