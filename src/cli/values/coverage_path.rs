//! The grammar of `--coverage`: a path whose ending selects the format.

use super::format_path::FormatPath;
use super::value_error::ValueError;
use crate::report::CoverageFormat;
use std::ffi::OsStr;

/// The known endings.
const ENDINGS: [(&str, CoverageFormat); 6] = [
    (".out", CoverageFormat::GoProfile),
    (".txt", CoverageFormat::GoProfile),
    (".cov", CoverageFormat::GoProfile),
    (".info", CoverageFormat::Lcov),
    (".lcov", CoverageFormat::Lcov),
    (".html", CoverageFormat::Page),
];

const HINT: &str = "end it in .html for a page, .out, .txt or .cov for go tool cover, or .info or .lcov for editors";

/// Parses the path.
///
/// # Errors
///
/// A message that names the known endings, if the path has none of them.
pub fn parse(text: &OsStr) -> Result<FormatPath<CoverageFormat>, ValueError> {
    FormatPath::parse(text, &ENDINGS, HINT)
}

#[cfg(test)]
mod tests {
    use super::{CoverageFormat, parse};
    use std::ffi::OsStr;

    #[test]
    fn the_ending_selects_the_format() {
        for (text, format) in [
            ("coverage.out", Some(CoverageFormat::GoProfile)),
            ("a/c.txt", Some(CoverageFormat::GoProfile)),
            ("c.cov", Some(CoverageFormat::GoProfile)),
            ("c.info", Some(CoverageFormat::Lcov)),
            ("c.lcov", Some(CoverageFormat::Lcov)),
            ("c.html", Some(CoverageFormat::Page)),
            ("c.json", None),
            ("out", None),
            ("", None),
        ] {
            let parsed = parse(OsStr::new(text));
            assert_eq!(parsed.ok().map(|path| path.format), format, "{text}");
        }
    }
}
