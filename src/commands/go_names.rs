//! The guest names of mounts for a program of official Go. Its system calls look a path up from a working
//! directory that is absolute and by names that have to be so too, so that a relative name would never be found:
//! <https://github.com/golang/go/blob/go1.26.0/src/syscall/fs_wasip1.go>.

use crate::host::Mount;

/// The name of the whole file system.
const ROOT: &str = "/";

/// Takes relative guest names from the program's working directory: `PWD` where it has that variable, else `/`.
/// Without it, Go's working directory is the first mount, so one that is named `/` is put first.
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

/// The program's working directory, as Go has it, and its `PWD`, which counts unless it is empty.
pub(super) fn working_directory(mounts: &[Mount], pwd: Option<&str>) -> String {
    match (pwd, mounts.first()) {
        (Some(pwd), _) => clean(ROOT, pwd),
        (None, Some(first)) => clean(ROOT, &first.guest),
        (None, None) => ROOT.to_owned(),
    }
}

/// A path from a directory, absolute and without `.` and `..`.
pub(super) fn clean(directory: &str, path: &str) -> String {
    let from = if path.starts_with('/') { "" } else { directory };
    let mut names: Vec<&str> = Vec::new();
    for name in from.split('/').chain(path.split('/')) {
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
    use crate::host::Access;
    use crate::host::Mount;

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
    fn names_are_taken_from_the_working_directory() {
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
            let now: Vec<_> = mounts.iter().map(|mount| mount.guest.as_str()).collect();
            assert_eq!(now, absolute, "{pwd:?} {names:?}");
            assert_eq!(
                working_directory(&mounts, pwd),
                directory,
                "{pwd:?} {names:?}"
            );
        }
    }
}
