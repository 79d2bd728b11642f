//! The grammar of `--profile`: a file, whose ending says what is to be written.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Where a profile goes, and in which form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The file.
    pub path: PathBuf,
    /// The form.
    pub format: Format,
}

/// The forms of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line for each stack.
    Folded,
    /// A flame graph.
    Flame,
    /// What `go tool pprof` opens.
    Pprof,
}

/// The endings that are understood.
const ENDINGS: [(&str, Format); 4] = [
    (".folded", Format::Folded),
    (".txt", Format::Folded),
    (".svg", Format::Flame),
    (".pb.gz", Format::Pprof),
];

impl Target {
    /// Reads a file's name.
    ///
    /// # Errors
    ///
    /// A sentence that names the endings, where it has none of them.
    pub fn parse(text: &OsStr) -> Result<Self, String> {
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
            None => Err("a profile's file ends in .folded, .txt, .svg or .pb.gz".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Target};
    use std::ffi::OsStr;

    #[test]
    fn the_ending_decides() {
        for (text, format) in [
            ("p.folded", Some(Format::Folded)),
            ("a/p.txt", Some(Format::Folded)),
            ("p.svg", Some(Format::Flame)),
            ("cpu.pb.gz", Some(Format::Pprof)),
            ("p.pb", None),
            ("p.gz", None),
            ("svg", None),
            ("p.svg/", Some(Format::Flame)),
            ("..", None),
            ("", None),
        ] {
            let parsed = Target::parse(OsStr::new(text));
            assert_eq!(parsed.ok().map(|target| target.format), format, "{text}");
        }
    }
}
