//! The packages of source files. The debug information has only the paths of files and the names of functions, which
//! begin with the import path of their package. The import path of package `main` is that of its directory in the module
//! of the nearest go.mod.

use super::go_mod::{self, GoModule};
use crate::module::{DeclaredFunction, SourceFiles};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The packages of the source files of a module's code.
#[derive(Debug)]
pub struct SourcePackages {
    files: Vec<SourceName>,
    /// The lines of the declarations of named functions, by file, in order.
    declarations: BTreeMap<u32, Vec<u32>>,
    /// The Go modules that contain the program's package `main` or the tests that the program runs.
    own_modules: Vec<GoModule>,
    /// The working directory.
    current: String,
}

/// The names of a source file.
#[derive(Debug)]
struct SourceName {
    /// The path in the debug information, with `/` between its elements.
    path: String,
    /// The import path of the package.
    package: Option<String>,
    /// Whether the package is part of one of the program's own Go modules.
    is_own: bool,
}

/// A pattern for import paths or, if it begins with `/`, for directories, in which `...` matches any text:
/// <https://go.dev/ref/mod#glos-package-path>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackagePattern(String);

impl PackagePattern {
    /// Creates a pattern. One that begins with `.` is relative to the directory `current`.
    pub fn new(pattern: &str, current: &Path) -> Self {
        let is_relative = matches!(pattern, "." | "..")
            || pattern.starts_with("./")
            || pattern.starts_with("../");
        let absolute = is_relative.then(|| clean(&current.join(pattern).to_string_lossy()));
        Self(absolute.unwrap_or_else(|| pattern.to_owned()))
    }

    /// As in Go, `x/...` also matches `x`.
    fn matches(&self, text: &str) -> bool {
        let Self(pattern) = self;
        let without_end = pattern.strip_suffix("/...");
        without_end.is_some_and(|start| matches_wildcards(start, text))
            || matches_wildcards(pattern, text)
    }
}

/// Returns true if a text matches a pattern whose only wildcard is `...`.
fn matches_wildcards(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

impl SourcePackages {
    /// Finds the packages of source files. Looks for go.mod in the directories of the program's files. `current` is the
    /// working directory.
    pub fn find(sources: &SourceFiles<'_>, current: &Path) -> Self {
        let paths: Vec<_> = sources.paths.iter().map(|path| clean(path)).collect();
        let packages = packages_by_directory(&sources.declarations, &paths);
        let own_modules = own_modules(&paths, &packages);
        let files = paths.iter().map(|path| {
            let directory = directory(path);
            let own = own_modules
                .iter()
                .find_map(|own| own.import_path(directory));
            let known = packages.get(directory).filter(|package| *package != MAIN);
            SourceName {
                is_own: own.is_some() && known.is_none_or(|known| Some(known) == own.as_ref()),
                package: known.cloned().or(own),
                path: path.clone(),
            }
        });
        Self {
            files: files.collect(),
            declarations: lines_of_named(&sources.declarations),
            own_modules,
            current: clean(&current.to_string_lossy()),
        }
    }

    /// Selects the files of packages that match one of the patterns, or of the program's own packages if there are no
    /// patterns. Files with tests are never selected.
    pub fn select(&self, patterns: &[PackagePattern]) -> Vec<bool> {
        let is_selected = |file: &SourceName| {
            if file.path.ends_with("_test.go") {
                return false;
            }
            if patterns.is_empty() {
                return self.is_own(file);
            }
            patterns.iter().any(|pattern| file.matches(pattern))
        };
        self.files.iter().map(is_selected).collect()
    }

    /// Without go.mod, Go files outside of GOROOT and the module cache are the program's own; of other languages, those
    /// in the working directory.
    fn is_own(&self, file: &SourceName) -> bool {
        if !file.path.ends_with(".go") {
            let rest = file.path.strip_prefix(&self.current);
            return self.own_modules.is_empty() && rest.is_some_and(|rest| rest.starts_with('/'));
        }
        file.is_own
            || self.own_modules.is_empty()
                && !file.path.contains('@')
                && !file.is_of_standard_library()
    }

    /// The lines of the declarations of named functions, by file, in order.
    pub(super) fn declarations(&self) -> &BTreeMap<u32, Vec<u32>> {
        &self.declarations
    }

    /// The working directory.
    pub(super) fn current(&self) -> &Path {
        Path::new(&self.current)
    }

    /// The path of a file.
    pub fn path(&self, file: u32) -> Option<&str> {
        Some(&self.files.get(file as usize)?.path)
    }

    /// The name of a file in reports: its import path, if it is known, or its path.
    pub fn name(&self, file: u32) -> Option<String> {
        let SourceName { path, package, .. } = self.files.get(file as usize)?;
        Some(match package {
            Some(package) => format!("{package}/{}", base(path)),
            None => path.clone(),
        })
    }

    /// The import paths of packages outside of the standard library, sorted.
    pub fn import_paths(&self) -> Vec<&str> {
        let files = self.files.iter();
        let files = files.filter(|file| !file.is_of_standard_library());
        let mut paths: Vec<_> = files.filter_map(|file| file.package.as_deref()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }
}

const MAIN: &str = "main";

/// The maximum number of directories whose Go modules are searched. Package `main` is in one, and so are a program's tests.
const MAX_DIRECTORIES: usize = 16;

impl SourceName {
    fn matches(&self, pattern: &PackagePattern) -> bool {
        match &self.package {
            _ if pattern.0.starts_with('/') => pattern.matches(directory(&self.path)),
            Some(package) => pattern.matches(package),
            None => false,
        }
    }

    /// Returns true for a path like `GOROOT/src/fmt/print.go`. Import paths of other packages begin with a domain:
    /// <https://go.dev/ref/mod#module-path>.
    fn is_of_standard_library(&self) -> bool {
        let Some(package) = &self.package else {
            return false;
        };
        let domain = package.split('/').next().unwrap_or_default();
        let suffix = format!("/src/{package}");
        !domain.contains('.') && directory(&self.path).ends_with(&suffix)
    }
}

/// The package of each directory with Go files: that of most of the functions declared there, since functions of other
/// packages can be linked by name, and generic ones are named after the package that uses them.
fn packages_by_directory<'p>(
    declarations: &[DeclaredFunction<'_>],
    paths: &'p [String],
) -> HashMap<&'p str, String> {
    let mut counts: HashMap<&str, HashMap<&str, usize>> = HashMap::new();
    for DeclaredFunction { line, package, .. } in declarations {
        if let (Some(path), Some(package)) = (paths.get(line.file as usize), package)
            && path.ends_with(".go")
        {
            let packages = counts.entry(directory(path)).or_default();
            *packages.entry(package).or_default() += 1;
        }
    }
    let most_frequent = counts.into_iter().filter_map(|(directory, packages)| {
        let (package, _) = packages
            .into_iter()
            .max_by_key(|(name, count)| (*count, *name))?;
        Some((directory, package.to_owned()))
    });
    most_frequent.collect()
}

fn lines_of_named(declarations: &[DeclaredFunction<'_>]) -> BTreeMap<u32, Vec<u32>> {
    let mut by_file: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for declared in declarations.iter().filter(|each| !each.is_anonymous) {
        let lines = by_file.entry(declared.line.file).or_default();
        lines.push(declared.line.line);
    }
    // The instances of a generic function are declared at one line.
    by_file.values_mut().for_each(Vec::dedup);
    by_file
}

/// The Go modules of package `main`, or of the tests if that package was generated for them.
fn own_modules(paths: &[String], packages: &HashMap<&str, String>) -> Vec<GoModule> {
    let with_main = packages.iter().filter(|(_, package)| *package == MAIN);
    let mut main_directories: Vec<_> = with_main.map(|(directory, _)| *directory).collect();
    main_directories.sort_unstable();
    let tests = paths.iter().filter(|path| path.ends_with("_test.go"));
    let test_directories = tests.map(|path| directory(path)).collect();
    let found = [main_directories, test_directories]
        .into_iter()
        .map(|directories| modules_of(&directories, packages));
    found
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

fn modules_of(directories: &[&str], packages: &HashMap<&str, String>) -> Vec<GoModule> {
    let find = |directory: &&str| {
        go_mod::above(directory).or_else(|| GoModule::infer(directory, packages))
    };
    let directories = directories.iter().take(MAX_DIRECTORIES);
    let mut found: Vec<_> = directories.filter_map(find).collect();
    found.dedup();
    found
}

/// A path with `/` between its elements, without `.` and `..`.
fn clean(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut elements: Vec<&str> = Vec::new();
    for element in path.split('/') {
        match element {
            "." => {}
            "" if !elements.is_empty() => {}
            ".." if elements
                .last()
                .is_some_and(|last| !["", ".."].contains(last)) =>
            {
                elements.pop();
            }
            _ => elements.push(element),
        }
    }
    elements.join("/")
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

fn base(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, base)| base)
}

#[cfg(test)]
mod tests {
    use super::{PackagePattern, clean};
    use std::path::Path;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, text, expected) in [
            ("a.b/c", "a.b/c", true),
            ("a.b/c", "a.b/c/d", false),
            ("a.b/c/...", "a.b/c", true),
            ("a.b/c/...", "a.b/c/d", true),
            ("a.b/c/...", "a.b/cd", false),
            ("a.b/c...", "a.b/cd", true),
            (".../d", "a.b/c/d", true),
            (".../d", "a.b/c/e", false),
            ("a.../d/...", "a.b/c/d", true),
            ("...", "a.b", true),
            ("./...", "/home/p", true),
            ("./...", "/home/p/q", true),
            (".", "/home/p", true),
            ("../q", "/home/q", true),
            ("/home/...", "/home/p", true),
        ] {
            let matches = PackagePattern::new(pattern, Path::new("/home/p")).matches(text);
            assert_eq!(matches, expected, "{pattern} {text}");
        }
    }

    #[test]
    fn paths_are_cleaned() {
        for (path, expected) in [
            ("/a/./b//c/../d.go", "/a/b/d.go"),
            (r"C:\Users\me\d.go", "C:/Users/me/d.go"),
            ("../a.c", "../a.c"),
            ("/../a.c", "/../a.c"),
        ] {
            assert_eq!(clean(path), expected);
        }
    }
}
