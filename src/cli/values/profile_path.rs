//! The grammar of `--profile`: a path whose ending selects the format.

use super::value_error::ValueError;
use crate::report::ProfileFormat;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The file for a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfilePath {
    /// Its path.
    pub path: PathBuf,
    /// Its format.
    pub format: ProfileFormat,
}

/// The known endings.
const ENDINGS: [(&str, ProfileFormat); 4] = [
    (".folded", ProfileFormat::Folded),
    (".txt", ProfileFormat::Folded),
    (".svg", ProfileFormat::Flame),
    (".pb.gz", ProfileFormat::Pprof),
];

impl ProfilePath {
    /// Parses the path.
    ///
    /// # Errors
    ///
    /// A message that names the known endings, if the path has none of them.
    pub fn parse(text: &OsStr) -> Result<Self, ValueError> {
        let path = Path::new(text);
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let ending = ENDINGS
            .iter()
            .find(|(ending, _)| name.ends_with(ending.as_bytes()));
        match ending {
            Some((_, format)) => Ok(Self {
                path: path.to_owned(),
                format: *format,
            }),
            None => {
                Err(
                    ValueError::new("the ending of the file selects no format").hint(
                        "end it in .folded or .txt for stacks, .svg for a flame graph, or .pb.gz for go tool pprof",
                    ),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ProfileFormat, ProfilePath};
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
            let parsed = ProfilePath::parse(OsStr::new(text));
            assert_eq!(parsed.ok().map(|path| path.format), format, "{text}");
        }
    }
}
