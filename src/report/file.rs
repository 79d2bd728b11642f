//! Files that are written whole or not at all.

use crate::host;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Replaces the file at `path` by one with this content. What is no file, as a pipe, is written to;
/// so is a standard stream under one of its names, where it stands at the moment.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    match path.to_str() {
        Some("/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") => {
            return host::write_output(content);
        }
        Some("/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2") => return host::write_error(content),
        _ => {}
    }
    let is_no_file = || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if is_no_file() {
        let mut stream = fs::OpenOptions::new().append(true).open(path)?;
        return stream.write_all(content);
    }
    // A link is followed, not replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::metadata(folder)?;
    // The new file is as open to others as the old one, or as any new file.
    let mode = fs::metadata(&path).map_or(0o666, |metadata| metadata.permissions().mode());
    let mut beside = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(mode & 0o777))
        .tempfile_in(folder)?;
    beside.write_all(content)?;
    beside.persist(&path).map(drop).map_err(|error| error.error)
}
