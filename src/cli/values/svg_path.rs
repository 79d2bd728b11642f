//! The grammar of `--treemap`: the path of an SVG file.

use super::value_error::ValueError;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Parses the path.
///
/// # Errors
///
/// A message with the ending, if the path does not have it.
pub fn parse(text: &OsStr) -> Result<PathBuf, ValueError> {
    let path = Path::new(text);
    match path.extension() {
        Some(ending) if ending == "svg" => Ok(path.to_owned()),
        _ => Err(ValueError::new("a treemap is an SVG file").hint("end the path in .svg")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::ffi::OsStr;

    #[test]
    fn the_path_ends_in_svg() {
        for (text, is_accepted) in [
            ("sizes.svg", true),
            ("a/b.c.svg", true),
            (".svg", false),
            ("sizes.png", false),
            ("svg", false),
            ("-", false),
            ("", false),
        ] {
            assert_eq!(parse(OsStr::new(text)).is_ok(), is_accepted, "{text}");
        }
    }
}
