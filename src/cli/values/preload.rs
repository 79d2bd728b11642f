//! The grammar of `--preload`: `NAME=FILE`.

use super::value_error::ValueError;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A module to link, and the name that others import it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preload {
    /// The name.
    pub name: String,
    /// The module's path.
    pub path: PathBuf,
}

impl Preload {
    /// Parses `NAME=FILE`; the first `=` is the separator.
    ///
    /// # Errors
    ///
    /// A message that says what is wrong.
    pub fn parse(text: &OsStr) -> Result<Self, ValueError> {
        let form = || {
            ValueError::new("expected a name and a file")
                .hint("write NAME=FILE, as in env=library.wasm")
        };
        let bytes = text.as_bytes();
        let at = bytes
            .iter()
            .position(|byte| *byte == b'=')
            .ok_or_else(form)?;
        let (name, path) = (&bytes[..at], &bytes[at + 1..]);
        if name.is_empty() || path.is_empty() {
            return Err(form());
        }
        let name =
            std::str::from_utf8(name).map_err(|_| ValueError::new("the name is not UTF-8"))?;
        Ok(Self {
            name: name.to_owned(),
            path: PathBuf::from(OsStr::from_bytes(path)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Preload;
    use std::ffi::OsStr;

    #[test]
    fn preloads_are_parsed() {
        let preload = Preload::parse(OsStr::new("env=a=b.wasm"));
        assert!(matches!(&preload, Ok(p) if p.name == "env" && p.path.as_os_str() == "a=b.wasm"));
        for text in ["", "env", "=a.wasm", "env="] {
            assert!(Preload::parse(OsStr::new(text)).is_err(), "{text}");
        }
    }
}
