//! The grammar of `--profile`: a path whose ending selects the format.

use super::format_path::FormatPath;
use super::value_error::ValueError;
use crate::report::ProfileFormat;
use std::ffi::OsStr;

/// The known endings.
const ENDINGS: [(&str, ProfileFormat); 4] = [
    (".folded", ProfileFormat::Folded),
    (".txt", ProfileFormat::Folded),
    (".svg", ProfileFormat::Flame),
    (".pb.gz", ProfileFormat::Pprof),
];

const HINT: &str =
    "end it in .folded or .txt for stacks, .svg for a flame graph, or .pb.gz for go tool pprof";

/// Parses the path.
///
/// # Errors
///
/// A message that names the known endings, if the path has none of them.
pub fn parse(text: &OsStr) -> Result<FormatPath<ProfileFormat>, ValueError> {
    FormatPath::parse(text, &ENDINGS, HINT)
}

#[cfg(test)]
mod tests {
    use super::{ProfileFormat, parse};
    use std::ffi::OsStr;

    #[test]
    fn the_ending_selects_the_format() {
        for (text, format) in [
            ("p.folded", Some(ProfileFormat::Folded)),
            ("a/p.txt", Some(ProfileFormat::Folded)),
            ("p.svg", Some(ProfileFormat::Flame)),
            ("cpu.pb.gz", Some(ProfileFormat::Pprof)),
            ("p.pb", None),
            ("p.gz", None),
            ("svg", None),
            ("p.svg/", Some(ProfileFormat::Flame)),
            ("..", None),
            ("", None),
        ] {
            let parsed = parse(OsStr::new(text));
            assert_eq!(parsed.ok().map(|path| path.format), format, "{text}");
        }
    }
}
