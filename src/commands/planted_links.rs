//! Links that a program may have made in an earlier run: one in a directory that is mounted for writing, on the way
//! to an output file outside of it. Following it would let the program choose which file of the host is replaced.

use crate::cli::Run;
use crate::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The error for an output file that such a link leads to.
pub(super) fn refuse(path: &Path, option: &str, options: &Run) -> Result<(), Error> {
    let Ok(path_from_root) = std::path::absolute(path) else {
        return Ok(());
    };
    let links = path_from_root.ancestors().filter(|path| path.is_symlink());
    let links: Vec<PathBuf> = links.filter_map(location).collect();
    if links.is_empty() {
        return Ok(());
    }
    let target = target(&path_from_root);
    for mount in &options.mounts {
        let Ok(directory) = fs::canonicalize(&mount.host) else {
            continue;
        };
        let is_within = |path: &PathBuf| path.starts_with(&directory);
        if links.iter().any(is_within) && !target.as_ref().is_some_and(is_within) {
            let (path, mount) = (path.display(), mount.host.display());
            let message = format!("{option} {path} is a link out of --dir {mount}");
            let error = Error::command_line(message).detail("a program may have made it");
            return Err(match target {
                Some(target) => error.hint(format!("if it is yours, name {}", target.display())),
                None => error,
            });
        }
    }
    Ok(())
}

/// Where a link itself is.
fn location(link: &Path) -> Option<PathBuf> {
    let directory = fs::canonicalize(link.parent()?).ok()?;
    Some(directory.join(link.file_name()?))
}

/// Where a path leads, also to a file that does not exist.
fn target(path: &Path) -> Option<PathBuf> {
    if let Ok(target) = fs::canonicalize(path) {
        return Some(target);
    }
    let path = match fs::read_link(path) {
        Ok(target) => path.parent()?.join(target),
        Err(_) => path.to_owned(),
    };
    location(&path)
}
