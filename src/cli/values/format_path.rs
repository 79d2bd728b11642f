//! Paths whose ending selects the format of the file.

use super::value_error::ValueError;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A file to write, and its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatPath<F> {
    /// Its path.
    pub path: PathBuf,
    /// Its format.
    pub format: F,
}

impl<F: Copy> FormatPath<F> {
    /// Parses a path with one of the known endings.
    ///
    /// # Errors
    ///
    /// A message with `hint`, if the path has none of them.
    pub(super) fn parse(
        text: &OsStr,
        endings: &[(&str, F)],
        hint: &str,
    ) -> Result<Self, ValueError> {
        let path = Path::new(text);
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let ending = endings
            .iter()
            .find(|(ending, _)| name.ends_with(ending.as_bytes()));
        match ending {
            Some((_, format)) => Ok(Self {
                path: path.to_owned(),
                format: *format,
            }),
            None => Err(ValueError::new("the ending of the file selects no format").hint(hint)),
        }
    }
}
