//! The grammar of options that name a file to write: a path. `-` is none, since it means either stream.

use std::ffi::OsStr;
use std::path::PathBuf;

/// Reads a file's path.
///
/// # Errors
///
/// A sentence that names what to write instead.
pub fn parse(text: &OsStr) -> Result<PathBuf, String> {
    match text.as_encoded_bytes() {
        b"" => Err("the name of a file is missing".to_owned()),
        b"-" => Err(
            "write /dev/stdout for standard output, /dev/stderr for standard error, or ./- for a file"
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
    fn a_dash_is_no_file() {
        for (text, is_file) in [
            ("r.json", true),
            ("./-", true),
            ("/dev/stdout", true),
            ("-", false),
            ("", false),
        ] {
            assert_eq!(parse(OsStr::new(text)).is_ok(), is_file, "{text}");
        }
    }
}
