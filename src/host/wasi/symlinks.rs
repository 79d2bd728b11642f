//! Absolute symbolic links in a mount named `/`. They are resolved from the mount's root, as after
//! [`chroot`](https://man7.org/linux/man-pages/man2/chroot.2.html), and `..` in a link stays at the root. A path of the
//! guest itself that leads out of the mount is refused, as the
//! [conformance suite](https://github.com/WebAssembly/wasi-testsuite) requires.
//!
//! cap-std refuses absolute links. After such a refusal, the path is expanded link by link into one without absolute
//! links, at the cost of a system call for each component. cap-std then resolves the new path and keeps it in the
//! mount, even if the links have changed since.

use super::Errno;
use cap_std::fs::Dir;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The maximum number of links in the resolution of a path, as in Linux:
/// <https://man7.org/linux/man-pages/man7/path_resolution.7.html>.
pub const MAX_SYMLINKS: usize = 40;

/// What to do with a link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastLink {
    Follow,
    Keep,
}

/// A path without absolute links, and the directory that it is relative to.
pub(super) struct Expanded {
    pub(super) from: Rc<Dir>,
    pub(super) path: PathBuf,
}

/// Expands a path that is relative to `start`, a directory in the mount with the root `root`.
///
/// # Errors
///
/// `PERM` if the path leads out of `start`, `LOOP` if there are too many links, or the error of reading a link.
pub(super) fn expand(
    start: &Rc<Dir>,
    root: &Rc<Dir>,
    path: &str,
    last_link: LastLink,
) -> Result<Expanded, Errno> {
    let mut from = start;
    let mut expanded = PathBuf::new();
    let mut links = 0;
    // The remaining components, the next one at the end.
    let mut remaining = Vec::new();
    if prepend(&mut remaining, OsStr::new(path)) {
        return Err(Errno::PERM);
    }
    while let Some(name) = remaining.pop() {
        let is_last = remaining.is_empty();
        if name == ".." {
            go_up(from, &mut expanded, links > 0 && Rc::ptr_eq(from, root))?;
            continue;
        }
        expanded.push(&name);
        if is_last && last_link == LastLink::Keep {
            continue;
        }
        match from.read_link_contents(&expanded).map_err(Errno::from) {
            Ok(_) if links == MAX_SYMLINKS => return Err(Errno::LOOP),
            Ok(content) => {
                links += 1;
                expanded.pop();
                if prepend(&mut remaining, content.as_os_str()) {
                    expanded.clear();
                    from = root;
                }
            }
            // Not a link, or a file to create.
            Err(Errno::INVAL) => {}
            Err(Errno::NOENT) if is_last => {}
            Err(error) => return Err(error),
        }
    }
    if expanded.as_os_str().is_empty() {
        expanded.push(".");
    }
    if path.ends_with('/') {
        expanded.push("");
    }
    Ok(Expanded {
        from: Rc::clone(from),
        path: expanded,
    })
}

/// Goes up from a path under `from`, which must be a directory.
fn go_up(from: &Dir, path: &mut PathBuf, stays_at_root: bool) -> Result<(), Errno> {
    if path.as_os_str().is_empty() {
        return if stays_at_root {
            Ok(())
        } else {
            Err(Errno::PERM)
        };
    }
    if !from.symlink_metadata(&path)?.is_dir() {
        return Err(Errno::NOTDIR);
    }
    path.pop();
    Ok(())
}

/// Prepends a path's components to the remaining ones. Returns true if the path is absolute.
fn prepend(remaining: &mut Vec<OsString>, path: &OsStr) -> bool {
    let components = path.as_bytes().split(|byte| *byte == b'/');
    let components = components.filter(|name| !matches!(*name, b"" | b"."));
    remaining.extend(
        components
            .rev()
            .map(|name| OsStr::from_bytes(name).to_owned()),
    );
    Path::new(path).is_absolute()
}
