//! Refuses output files that are reached through a link in a writable mount that leads out of the mount. The program
//! may have created the link in an earlier run, to choose which host file is replaced.

use crate::cli::Run;
use crate::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Refuses the path of an output file that contains such a link.
///
/// # Errors
///
/// `CommandLine`, with the target as a hint.
pub(super) fn refuse(path: &Path, option: &str, options: &Run) -> Result<(), Error> {
    let Ok(absolute) = std::path::absolute(path) else {
        return Ok(());
    };
    let links = absolute.ancestors().filter(|path| path.is_symlink());
    let links: Vec<PathBuf> = links.filter_map(in_real_directory).collect();
    if links.is_empty() {
        return Ok(());
    }
    let target = target(&absolute);
    for mount in &options.mounts {
        let Ok(directory) = fs::canonicalize(&mount.host) else {
            continue;
        };
        let is_inside = |path: &PathBuf| path.starts_with(&directory);
        if links.iter().any(is_inside) && !target.as_ref().is_some_and(is_inside) {
            let (path, mount) = (path.display(), mount.host.display());
            let message = format!("{option} {path} is a link out of --dir {mount}");
            let error = Error::command_line(message).detail("a program may have made it");
            return Err(match target {
                Some(target) => error.hint(format!("if it is yours, write {}", target.display())),
                None => error,
            });
        }
    }
    Ok(())
}

/// The path of a file or link itself, with all links in its directory followed.
fn in_real_directory(path: &Path) -> Option<PathBuf> {
    let directory = fs::canonicalize(path.parent()?).ok()?;
    Some(directory.join(path.file_name()?))
}

/// The file that a path leads to, even if it does not exist yet.
fn target(path: &Path) -> Option<PathBuf> {
    if let Ok(target) = fs::canonicalize(path) {
        return Some(target);
    }
    match fs::read_link(path) {
        Ok(target) => in_real_directory(&path.parent()?.join(target)),
        Err(_) => in_real_directory(path),
    }
}
