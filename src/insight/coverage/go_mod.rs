//! The Go module that contains a directory.

use super::source_text;
use std::collections::HashMap;
use std::path::Path;

/// A Go module: <https://go.dev/ref/mod#introduction>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GoModule {
    /// The directory with go.mod.
    directory: String,
    /// The import path of that directory.
    path: String,
}

/// The maximum size of a go.mod that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

impl GoModule {
    /// The import path of a directory in the module.
    pub(super) fn import_path(&self, directory: &str) -> Option<String> {
        let rest = directory.strip_prefix(&self.directory)?;
        let is_inside = rest.is_empty() || rest.starts_with('/');
        let is_vendored = rest.split('/').any(|element| element == "vendor");
        (is_inside && !is_vendored).then(|| format!("{}{rest}", self.path))
    }

    /// Infers the module of a directory from the import path of a package near it, which ends in the same elements as the
    /// package's directory.
    pub(super) fn infer(directory: &str, packages: &HashMap<&str, String>) -> Option<Self> {
        let candidates = packages.iter().filter_map(|(package_directory, package)| {
            let (root, path) = without_common_end(package_directory, package);
            let module = Self {
                directory: root.to_owned(),
                path: path.to_owned(),
            };
            let is_import_path = path
                .split('/')
                .next()
                .is_some_and(|name| name.contains('.'));
            (is_import_path && module.import_path(directory).is_some()).then_some(module)
        });
        // The shortest directory contains the most packages.
        candidates.min_by(|a, b| (a.directory.len(), &a.path).cmp(&(b.directory.len(), &b.path)))
    }
}

/// Finds the nearest go.mod in a directory and those above it.
pub(super) fn above(directory: &str) -> Option<GoModule> {
    let directories = Path::new(directory).ancestors();
    let mut directories = directories.filter(|directory| directory.is_absolute());
    directories.find_map(|directory| {
        let text = source_text::read(&directory.join("go.mod"), MAX_BYTES)?;
        Some(GoModule {
            directory: directory.to_str()?.trim_end_matches('/').to_owned(),
            path: module_path(&text)?.to_owned(),
        })
    })
}

/// The path in the `module` directive: <https://go.dev/ref/mod#go-mod-file-module>.
fn module_path(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix("module")?;
        let path = rest.strip_prefix([' ', '\t'])?;
        let path = path.split("//").next()?.trim();
        Some(path.trim_matches(['"', '`']))
    })
}

/// Removes the elements at the end that two paths have in common.
fn without_common_end<'a>(mut a: &'a str, mut b: &'a str) -> (&'a str, &'a str) {
    while let (Some((a_start, a_end)), Some((b_start, b_end))) =
        (a.rsplit_once('/'), b.rsplit_once('/'))
        && a_end == b_end
    {
        (a, b) = (a_start, b_start);
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    use super::{GoModule, module_path};

    #[test]
    fn go_mod_has_the_module_path() {
        for (text, expected) in [
            ("module example.org/m\n\ngo 1.23\n", Some("example.org/m")),
            ("// c\n\tmodule \"m\" // d\n", Some("m")),
            ("modules x\n", None),
            ("", None),
        ] {
            assert_eq!(module_path(text), expected, "{text}");
        }
    }

    #[test]
    fn a_module_is_inferred_from_other_packages() {
        let packages = [
            ("/home/me/shop/calc", "example.org/shop/calc"),
            ("/go/src/fmt", "fmt"),
            ("/home/me/shop/cmd", "main"),
        ];
        let packages = packages.map(|(directory, package)| (directory, package.to_owned()));
        let module = GoModule::infer("/home/me/shop/cmd", &packages.into());
        let import_path = module.and_then(|module| module.import_path("/home/me/shop/cmd"));
        assert_eq!(import_path.as_deref(), Some("example.org/shop/cmd"));
    }
}
