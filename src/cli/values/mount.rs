//! The grammar of `--dir` and `--ro-dir`: `HOST` or `HOST::GUEST`.

use super::value_error::ValueError;
use crate::host::{Access, Mount};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Parses `HOST` or `HOST::GUEST`; the first `::` is the separator.
///
/// # Errors
///
/// A message that says what is wrong, for an empty part and for a guest name that is not UTF-8.
pub fn parse(text: &OsStr, access: Access) -> Result<Mount, ValueError> {
    let bytes = text.as_bytes();
    let separator = bytes.windows(2).position(|pair| pair == b"::");
    let (host, guest) = match separator {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, bytes),
    };
    if host.is_empty() {
        return Err(
            ValueError::new("the host directory is missing").hint("write HOST or HOST::GUEST")
        );
    }
    if guest.is_empty() {
        return Err(
            ValueError::new("the guest's name is missing after `::`").hint("write HOST::GUEST")
        );
    }
    let guest = std::str::from_utf8(guest)
        .map_err(|_| ValueError::new("the guest's name is not UTF-8").hint("write HOST::GUEST"))?;
    Ok(Mount {
        host: PathBuf::from(OsStr::from_bytes(host)),
        guest: guest.to_owned(),
        access,
    })
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::host::Access;
    use std::ffi::OsStr;

    #[test]
    fn mounts_are_parsed() {
        for (text, host, guest) in [
            (".", ".", "."),
            ("/tmp", "/tmp", "/tmp"),
            ("data::/data", "data", "/data"),
            ("a:b::/c", "a:b", "/c"),
            ("a::b::c", "a", "b::c"),
        ] {
            let mount = parse(OsStr::new(text), Access::ReadWrite);
            assert!(
                matches!(&mount, Ok(m) if m.host.as_os_str() == host && m.guest == guest),
                "{text}: {mount:?}"
            );
        }
    }

    #[test]
    fn empty_parts_are_refused() {
        for text in ["", "::", "::/data", "data::"] {
            assert!(
                parse(OsStr::new(text), Access::ReadWrite).is_err(),
                "{text}"
            );
        }
    }
}
