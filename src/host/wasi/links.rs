//! Absolute symbolic links in a mount named `/`. They are resolved from the mount's root, as in a chroot, where
//! `..` in a link leads no further than to the root. A path that leads out by itself is refused all the same, as
//! WASI's conformance suite has it. cap-std refuses such links, so its refusal comes first: only then is
//! the path expanded, link by link, into one that takes no absolute link. cap-std follows that path in turn and
//! keeps it in the mount, whatever changed meanwhile. What it costs is a call of the host for each component.

use super::Errno;
use cap_std::fs::Dir;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How many links a path may lead through, as of Linux.
const MAX_LINKS: usize = 40;

/// What becomes of a link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastLink {
    Follow,
    Keep,
}

/// A path without absolute links, and the directory that it starts from.
pub(super) struct Expanded {
    pub(super) from: Rc<Dir>,
    pub(super) path: PathBuf,
}

/// Expands a path that starts from `start`, a directory in the mount whose root is `root`.
///
/// # Errors
///
/// `PERM` where the path leads out of `start`, `LOOP` where there are too many links, and what reading them ends in.
pub(super) fn expand(
    start: &Rc<Dir>,
    root: &Rc<Dir>,
    path: &str,
    last_link: LastLink,
) -> Result<Expanded, Errno> {
    let mut from = start;
    let mut done = PathBuf::new();
    let mut links = 0;
    // The components that are left, the next one at the end.
    let mut left = Vec::new();
    if put_before(&mut left, OsStr::new(path)) {
        return Err(Errno::PERM);
    }
    while let Some(name) = left.pop() {
        let is_last = left.is_empty();
        if name == ".." {
            go_up(from, &mut done, links > 0 && Rc::ptr_eq(from, root))?;
            continue;
        }
        done.push(&name);
        if is_last && last_link == LastLink::Keep {
            continue;
        }
        match from.read_link_contents(&done).map_err(Errno::from) {
            Ok(_) if links == MAX_LINKS => return Err(Errno::LOOP),
            Ok(content) => {
                links += 1;
                done.pop();
                if put_before(&mut left, content.as_os_str()) {
                    done.clear();
                    from = root;
                }
            }
            // It is no link, or is to be created.
            Err(Errno::INVAL) => {}
            Err(Errno::NOENT) if is_last => {}
            Err(error) => return Err(error),
        }
    }
    if done.as_os_str().is_empty() {
        done.push(".");
    }
    if path.ends_with('/') {
        done.push("");
    }
    Ok(Expanded {
        from: Rc::clone(from),
        path: done,
    })
}

/// Goes up from a path under `from`, which has to be a directory's.
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

/// Puts a path's components before those that are left, and returns whether the path is absolute.
fn put_before(left: &mut Vec<OsString>, path: &OsStr) -> bool {
    let components = path.as_bytes().split(|byte| *byte == b'/');
    let components = components.filter(|name| !matches!(*name, b"" | b"."));
    left.extend(
        components
            .rev()
            .map(|name| OsStr::from_bytes(name).to_owned()),
    );
    Path::new(path).is_absolute()
}
