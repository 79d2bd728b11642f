//! Paths in programs built with official Go. Their `syscall` package resolves a path against an absolute working
//! directory and finds its mount by absolute name, so it would never find a mount with a relative name:
//! <https://github.com/golang/go/blob/go1.26.0/src/syscall/fs_wasip1.go>.

use crate::host::Mount;

/// The root of the guest's file system.
const ROOT: &str = "/";

/// Makes relative guest names absolute, against `PWD` if it is set, else `/`. If `PWD` is not set, Go's working
/// directory is the first mount, so a mount named `/` is moved to the front.
pub(super) fn make_absolute(mounts: &mut [Mount], pwd: Option<&str>) {
    let directory = clean(ROOT, pwd.unwrap_or(ROOT));
    for mount in &mut *mounts {
        if !mount.guest.starts_with('/') {
            mount.guest = clean(&directory, &mount.guest);
        }
    }
    if pwd.is_none() {
        mounts.sort_by_key(|mount| mount.guest != ROOT);
    }
}

/// Go's working directory. `pwd` is the variable `PWD`, unless it is empty.
pub(super) fn working_directory(mounts: &[Mount], pwd: Option<&str>) -> String {
    match (pwd, mounts.first()) {
        (Some(pwd), _) => clean(ROOT, pwd),
        (None, Some(first)) => clean(ROOT, &first.guest),
        (None, None) => ROOT.to_owned(),
    }
}

/// Makes a path absolute, against `directory`, and resolves `.` and `..`.
pub(super) fn clean(directory: &str, path: &str) -> String {
    let base = if path.starts_with('/') { "" } else { directory };
    let mut names: Vec<&str> = Vec::new();
    for name in base.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{clean, make_absolute, working_directory};
    use crate::host::{Access, Mount};

    #[test]
    fn paths_are_cleaned() {
        for (directory, path, cleaned) in [
            ("/", ".", "/"),
            ("/", "sub", "/sub"),
            ("/", "./sub/", "/sub"),
            ("/", "..", "/"),
            ("/", "../../x", "/x"),
            ("/home/me", ".", "/home/me"),
            ("/home/me", "../you", "/home/you"),
            ("/home/me", "/a//b/../c", "/a/c"),
        ] {
            assert_eq!(clean(directory, path), cleaned, "{directory} {path}");
        }
    }

    #[test]
    fn names_are_made_absolute() {
        for (pwd, names, absolute, directory) in [
            (None, vec!["."], vec!["/"], "/"),
            (None, vec!["sub", "."], vec!["/", "/sub"], "/"),
            (None, vec!["/data", ".."], vec!["/", "/data"], "/"),
            (None, vec!["sub"], vec!["/sub"], "/sub"),
            (None, vec![], vec![], "/"),
            (
                Some("/w"),
                vec!["sub", ".", "/"],
                vec!["/w/sub", "/w", "/"],
                "/w",
            ),
            (Some("w"), vec!["."], vec!["/w"], "/w"),
        ] {
            let mount = |guest: &str| Mount {
                host: "host".into(),
                guest: guest.to_owned(),
                access: Access::ReadWrite,
            };
            let mut mounts: Vec<_> = names.iter().map(|name| mount(name)).collect();
            make_absolute(&mut mounts, pwd);
            let actual: Vec<_> = mounts.iter().map(|mount| mount.guest.as_str()).collect();
            assert_eq!(actual, absolute, "{pwd:?} {names:?}");
            assert_eq!(
                working_directory(&mounts, pwd),
                directory,
                "{pwd:?} {names:?}"
            );
        }
    }
}
