//! Resolves a guest path as the program's own library does: to a mount, and to a file of the host.

use super::official_go_paths;
use crate::host::Mount;
use crate::module::{Compiler, Module};
use std::fs;
use std::path::PathBuf;

/// How a program looks up paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookupRules {
    /// Those of official Go, with the value of `PWD`.
    Go,
    /// Those of wasi-libc, which TinyGo, Rust and C use.
    WasiLibc,
}

impl LookupRules {
    pub(super) fn of(module: &Module) -> Self {
        match module.interface.compiler {
            Compiler::Go => Self::Go,
            Compiler::TinyGo | Compiler::Other => Self::WasiLibc,
        }
    }
}

/// The mounts of a program, and the rules by which it resolves paths.
#[derive(Clone, Debug)]
pub(super) struct PathLookup {
    pub(super) rules: LookupRules,
    /// The mounts, with their names as typed.
    pub(super) mounts: Vec<Mount>,
    /// The program's variable `PWD`, unless it is empty.
    pub(super) pwd: Option<String>,
}

impl PathLookup {
    /// The host path of a guest path, which need not exist; `None` if it is outside all mounts.
    pub(super) fn host_path(&self, path: &str) -> Option<PathBuf> {
        self.mount_and_path(path).map(|(_, path)| path)
    }

    /// The host file of a guest path, with links followed; `None` if it does not exist or a link leads out of the
    /// mount.
    pub(super) fn file(&self, path: &str) -> Option<PathBuf> {
        let (mount, path) = self.mount_and_path(path)?;
        let file = fs::canonicalize(path).ok()?;
        let mount = fs::canonicalize(&mount).ok()?;
        file.starts_with(mount).then_some(file)
    }

    /// The host directory of the mount, and the host path in it.
    fn mount_and_path(&self, path: &str) -> Option<(PathBuf, PathBuf)> {
        match self.rules {
            LookupRules::Go => self.by_go(path),
            LookupRules::WasiLibc => self.by_wasi_libc(path),
        }
    }

    /// Selects the mount with the longest name that is a prefix of the cleaned path, the first one if several match:
    /// <https://github.com/golang/go/blob/go1.26.0/src/syscall/fs_wasip1.go>.
    fn by_go(&self, path: &str) -> Option<(PathBuf, PathBuf)> {
        let mut mounts = self.mounts.clone();
        official_go_paths::make_absolute(&mut mounts, self.pwd.as_deref());
        let directory = official_go_paths::working_directory(&mounts, self.pwd.as_deref());
        let path = official_go_paths::clean(&directory, path);
        // `max_by_key` returns the last maximum.
        let mounts = mounts.iter().rev();
        let mounts = mounts.filter(|mount| path.starts_with(&mount.guest));
        let mount = mounts.max_by_key(|mount| mount.guest.len())?;
        in_mount(mount, &path[mount.guest.len()..])
    }

    /// Selects the mount with the longest name whose components the path starts with, the last one if several match.
    /// Leading slashes and `./` are ignored:
    /// <https://github.com/WebAssembly/wasi-libc/blob/wasi-sdk-25/libc-bottom-half/sources/preopens.c>.
    fn by_wasi_libc(&self, path: &str) -> Option<(PathBuf, PathBuf)> {
        let path = path.trim_start_matches('/');
        let candidates = self.mounts.iter().filter_map(|mount| {
            let name = without_prefix(&mount.guest);
            let rest = path.strip_prefix(name.trim_end_matches('/'))?;
            let is_whole = name.is_empty() || rest.is_empty() || rest.starts_with('/');
            is_whole.then_some((mount, name, rest))
        });
        let (mount, _, rest) = candidates.max_by_key(|(_, name, _)| name.len())?;
        in_mount(mount, rest)
    }
}

/// A mount's host directory and a path in it, unless the path leads out of it.
fn in_mount(mount: &Mount, path: &str) -> Option<(PathBuf, PathBuf)> {
    let mut depth = 0_usize;
    for name in path.split('/') {
        depth = match name {
            "" | "." => depth,
            ".." => depth.checked_sub(1)?,
            _ => depth + 1,
        };
    }
    let path = mount.host.join(path.trim_start_matches('/'));
    Some((mount.host.clone(), path))
}

/// The name of a mount without leading slashes and `./`.
fn without_prefix(mut name: &str) -> &str {
    while let Some(rest) = name.strip_prefix('/').or_else(|| name.strip_prefix("./")) {
        name = rest;
    }
    match name {
        "." => "",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::{LookupRules, PathLookup};
    use crate::cli::values::mount;
    use crate::host::Access;
    use std::ffi::OsStr;
    use std::path::Path;

    #[test]
    fn paths_resolve_as_in_each_library() {
        let (go, libc) = (LookupRules::Go, LookupRules::WasiLibc);
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
            let lookup = PathLookup {
                rules,
                mounts: mounts.collect::<Result<_, _>>().unwrap_or_default(),
                pwd: None,
            };
            let found = lookup.host_path(path);
            assert_eq!(
                found.as_deref(),
                host.map(Path::new),
                "{rules:?} {typed:?} {path}"
            );
        }
    }
}
