//! Absolute symbolic links in a mount named `/`. They resolve from the mount's root, as after
//! [`chroot`](https://man7.org/linux/man-pages/man2/chroot.2.html), where `..` in a link stays at the root. A path of
//! the guest's own that leads out is refused all the same, as the
//! [conformance suite](https://github.com/WebAssembly/wasi-testsuite) requires. cap-std refuses absolute links, so a path
//! is expanded only after such a refusal, link by link, into one without absolute links. cap-std then resolves that
//! path and keeps it in the mount, whatever changed meanwhile. This costs a system call for each component.

use super::Errno;
use cap_std::fs::Dir;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How many links a path may lead through, as in Linux:
/// <https://man7.org/linux/man-pages/man7/path_resolution.7.html>.
pub const MAX_SYMLINKS: usize = 40;

/// What to do with a link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastLink {
    Follow,
    Keep,
}

/// A path without absolute links and the directory that it starts from.
pub(super) struct Expanded {
    pub(super) from: Rc<Dir>,
    pub(super) path: PathBuf,
}

/// Expands a path from `start`, a directory in the mount with the root `root`.
///
/// # Errors
///
/// `PERM` where the path leads out of `start`, `LOOP` where there are too many links, or the error of reading a link.
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
    match path.as_os_str().is_empty() {
        true if stays_at_root => return Ok(()),
        true => return Err(Errno::PERM),
        false => {}
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
