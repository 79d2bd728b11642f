//! Where a program's own code looks for a path: which mount it takes, and the file of the host that this comes to.
//! A hint is given only if the path is found there with the options that it names.

use super::go_names;
use crate::host::Mount;
use crate::module::{Compiler, Module};
use std::fs;
use std::path::PathBuf;

/// How a program looks for paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// As official Go does, with the value of `PWD`.
    Go,
    /// As wasi-libc does, which TinyGo, Rust and C use.
    WasiLibc,
}

impl Rules {
    pub(super) fn of(module: &Module) -> Self {
        match module.interface.compiler {
            Compiler::Go => Self::Go,
            Compiler::TinyGo | Compiler::Other => Self::WasiLibc,
        }
    }
}

/// What a program can see.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    pub(super) rules: Rules,
    /// The mounts, as they were typed.
    pub(super) mounts: Vec<Mount>,
    /// The program's variable `PWD`, unless it is empty.
    pub(super) pwd: Option<String>,
}

impl Lookup {
    /// The file of the host that the program gets by this path, whether it exists or not; `None` where it asks
    /// for a path in no mount.
    pub(super) fn host_path(&self, path: &str) -> Option<PathBuf> {
        self.place(path).map(|(_, path)| path)
    }

    /// The file that the program gets by this path, with all links followed; `None` where there is none, or where
    /// links lead out of the mount.
    pub(super) fn file(&self, path: &str) -> Option<PathBuf> {
        let (mount, path) = self.place(path)?;
        let file = fs::canonicalize(path).ok()?;
        let mount = fs::canonicalize(mount).ok()?;
        file.starts_with(mount).then_some(file)
    }

    /// The mount's directory, and the path in it.
    fn place(&self, path: &str) -> Option<(PathBuf, PathBuf)> {
        match self.rules {
            Rules::Go => self.by_go(path),
            Rules::WasiLibc => self.by_wasi_libc(path),
        }
    }

    /// The longest name that the cleaned path begins with, the first one of several.
    fn by_go(&self, path: &str) -> Option<(PathBuf, PathBuf)> {
        let mut mounts = self.mounts.clone();
        go_names::make_absolute(&mut mounts, self.pwd.as_deref());
        let directory = go_names::working_directory(&mounts, self.pwd.as_deref());
        let path = go_names::clean(&directory, path);
        let fitting = mounts
            .iter()
            .rev()
            .filter(|mount| path.starts_with(&mount.guest));
        let mount = fitting.max_by_key(|mount| mount.guest.len())?;
        below(mount, &path[mount.guest.len()..])
    }

    /// The longest name whose components the path begins with, the last one of several. Slashes and `./` at the
    /// beginning do not count: <https://github.com/WebAssembly/wasi-libc/blob/wasi-sdk-25/libc-bottom-half/sources/preopens.c>.
    fn by_wasi_libc(&self, path: &str) -> Option<(PathBuf, PathBuf)> {
        let path = path.trim_start_matches('/');
        let rest = |mount: &Mount| {
            let name = stripped(&mount.guest);
            let rest = path.strip_prefix(name.trim_end_matches('/'))?;
            (name.is_empty() || rest.is_empty() || rest.starts_with('/'))
                .then(|| (name.len(), rest.to_owned()))
        };
        let fitting = self
            .mounts
            .iter()
            .filter_map(|mount| Some((mount, rest(mount)?)));
        let (mount, (_, rest)) = fitting.max_by_key(|(_, (length, _))| *length)?;
        below(mount, &rest)
    }
}

/// A mount's directory and a path in it, where that does not lead out of it.
fn below(mount: &Mount, path: &str) -> Option<(PathBuf, PathBuf)> {
    let mut depth = 0_i32;
    for name in path.split('/') {
        depth += match name {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        if depth < 0 {
            return None;
        }
    }
    let path = mount.host.join(path.trim_start_matches('/'));
    Some((mount.host.clone(), path))
}

/// A mount's name without what does not count at its beginning.
fn stripped(mut name: &str) -> &str {
    loop {
        name = match name {
            "." => "",
            name if name.starts_with('/') => &name[1..],
            name if name.starts_with("./") => &name[2..],
            name => return name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lookup, Rules};
    use crate::cli::values::mount;
    use crate::host::Access;
    use std::ffi::OsStr;

    #[test]
    fn paths_are_found_as_each_library_finds_them() {
        let (go, libc) = (Rules::Go, Rules::WasiLibc);
        for (rules, typed, path, host) in [
            (libc, vec!["."], "a/b", Some("./a/b")),
            (libc, vec!["."], "../a", None),
            (libc, vec!["."], "/etc/x", Some("./etc/x")),
            (libc, vec![".", "/etc"], "/etc/x", Some("/etc/x")),
            (libc, vec![".", ".."], "../a", Some("../a")),
            (libc, vec!["./sub/"], "sub/a", Some("./sub/a")),
            (libc, vec!["sub"], "subway", None),
            (libc, vec!["h::/data"], "data/x", Some("h/x")),
            (libc, vec!["a::/d", "b::/d"], "/d", Some("b/")),
            (libc, vec![], "a", None),
            (go, vec!["."], "a/../b", Some("./b")),
            (go, vec![".."], "../a", Some("../a")),
            (go, vec!["."], "/etc/x", Some("./etc/x")),
            (go, vec!["/etc", "."], "/etc/x", Some("/etc/x")),
            (go, vec!["sub"], "a", Some("sub/a")),
            (go, vec!["sub"], "sub/a", Some("sub/sub/a")),
            (go, vec!["sub", "."], "sub/a", Some("sub/a")),
            (go, vec!["a::/d", "b::/d"], "/d/x", Some("a/x")),
            (go, vec!["h::/data"], "/etc", None),
        ] {
            let mounts = typed.iter().map(|text| {
                let mount = mount::parse(OsStr::new(text), Access::ReadWrite);
                mount.map_err(|error| format!("{text}: {error}"))
            });
            let lookup = Lookup {
                rules,
                mounts: mounts.collect::<Result<_, _>>().unwrap_or_default(),
                pwd: None,
            };
            let found = lookup.host_path(path);
            assert_eq!(
                found.as_deref(),
                host.map(std::path::Path::new),
                "{rules:?} {typed:?} {path}"
            );
        }
    }
}
