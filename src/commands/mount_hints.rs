//! The hint after a run that failed because the program could not see a file: the option that mounts it. A hint names
//! an option only if `PathLookup` finds the file with that option.

use super::path_lookup::{LookupRules, PathLookup};
use super::{environment, go_paths};
use crate::cli::Run;
use crate::guest::Outcome;
use crate::host::{Access, FailedLookup, FailedLookups, Mount};
use crate::report;
use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// What the program can see and what it did not find, set when the host is created.
#[derive(Clone, Default)]
pub(super) struct MountHints(Arc<OnceLock<(PathLookup, FailedLookups)>>);

/// Options to add to the command line.
struct AddedMount {
    /// The directory to mount.
    directory: String,
    access: Access,
    /// The value of `PWD`, if that is to be passed on as well.
    pwd: Option<String>,
}

impl MountHints {
    /// Sets what the program can see, and the record of what it does not find.
    pub(super) fn set(&self, lookup: PathLookup, missed: FailedLookups) {
        // It is set once.
        let _ = self.0.set((lookup, missed));
    }

    /// Prints the hint for a run, if there is one.
    pub(super) fn print(&self, options: &Run, outcome: &Outcome) {
        let has_failed = matches!(outcome, Outcome::Exited(_) | Outcome::Trapped(_));
        let Some((lookup, missed)) = self.0.get().filter(|_| has_failed) else {
            return;
        };
        let missed = missed.last_first();
        let in_missed = missed.iter().find_map(|missed| for_missed(lookup, missed));
        let in_args = || path_args(options).find_map(|path| for_path(lookup, path));
        let not_mounted = || {
            missed
                .iter()
                .find_map(|missed| for_new_file(lookup, missed))
        };
        if let Some(hint) = in_missed.or_else(in_args).or_else(not_mounted) {
            report::print_hint(&hint);
        }
    }
}

/// The arguments of the program that most likely name an existing file or directory.
fn path_args(options: &Run) -> impl Iterator<Item = &str> {
    // The words of a call are not paths.
    let args = options.args().iter().filter(|_| options.calls.is_empty());
    let names_file = |word: &&str| {
        let is_path = word.contains('/') || matches!(*word, "." | "..");
        Path::new(word).is_file() || is_path && Path::new(word).is_dir()
    };
    args.filter_map(|word| word.to_str()).filter(names_file)
}

/// The hint for a path that the program did not find, if the host has it.
fn for_missed(lookup: &PathLookup, missed: &FailedLookup) -> Option<String> {
    let spellings = spellings(missed);
    let path = spellings.iter().find(|path| Path::new(path).exists())?;
    for_path(lookup, path)
}

/// How the program may have spelled a path: its library removes a slash at the start.
fn spellings(missed: &FailedLookup) -> Vec<String> {
    let path = &missed.path;
    match missed.mount.as_deref() {
        None | Some("." | "/") => vec![path.clone(), format!("/{path}")],
        Some(mount) => vec![format!("{}/{path}", mount.trim_end_matches('/'))],
    }
}

/// The hint for a path that the host has, unless the program can see it.
fn for_path(lookup: &PathLookup, path: &str) -> Option<String> {
    if is_visible(lookup, path) {
        return None;
    }
    let directory = match Path::new(path).is_dir() {
        true => path,
        false => parent(path),
    };
    let problem = match lookup.host_path(path) {
        Some(_) => format!("the program cannot see {path}"),
        None => format!("no directory is mounted for {path}"),
    };
    let mount = AddedMount::find(lookup, path, directory)?;
    Some(format!("{problem}: {}", mount.describe()))
}

/// The hint for a path outside of all mounts that the host does not have either, such as of a file to create.
fn for_new_file(lookup: &PathLookup, missed: &FailedLookup) -> Option<String> {
    if missed.mount.is_some() {
        return None;
    }
    let mount_for = |path: &str| {
        let directory = parent(path);
        let exists = Path::new(directory).is_dir();
        exists
            .then(|| AddedMount::find(lookup, directory, directory))
            .flatten()
    };
    let mut spellings = spellings(missed).into_iter();
    let found = spellings.find_map(|path| mount_for(&path).map(|mount| (path, mount.describe())));
    let (path, option) = found.unwrap_or_else(|| {
        let guest = go_paths::clean("/", parent(&missed.path));
        let option = format!("--dir HOST::{} mounts one", shell_quoted(&guest));
        (missed.path.clone(), option)
    });
    Some(format!("no directory is mounted for {path}: {option}"))
}

impl AddedMount {
    /// Finds the options with which the program sees `path`, which is `directory` or is in it.
    fn find(lookup: &PathLookup, path: &str, directory: &str) -> Option<Self> {
        if directory.contains("::") {
            return None;
        }
        let is_below = !directory.starts_with('/') && directory.split('/').all(|name| name != "..");
        // If a link leads out of the current directory, its target is mounted instead.
        let directories = is_below.then_some(".").into_iter().chain([directory]);
        let mut mounts = directories.flat_map(|directory| Self::candidates(lookup, directory));
        mounts.find(|mount| {
            let lookups = mount.added_to(lookup);
            lookups.iter().all(|lookup| is_visible(lookup, path))
        })
    }

    /// The ways to mount a directory in addition to the existing mounts.
    fn candidates(lookup: &PathLookup, directory: &str) -> Vec<Self> {
        let Some(access) = allowed_access(lookup, directory) else {
            return Vec::new();
        };
        let with = |pwd| Self {
            directory: directory.to_owned(),
            access,
            pwd,
        };
        let needs_pwd = lookup.rules == LookupRules::Go && lookup.pwd.is_none();
        let pwd = needs_pwd.then(environment::working_directory).flatten();
        let with_pwd = pwd.map(|pwd| with(Some(pwd)));
        [with(None)].into_iter().chain(with_pwd).collect()
    }

    /// What the program sees if the option comes before the others, and if it comes after them.
    fn added_to(&self, lookup: &PathLookup) -> [PathLookup; 2] {
        let writable = lookup.mounts.iter();
        let writable = writable
            .filter(|mount| mount.access == Access::ReadWrite)
            .count();
        // Read-only mounts come after the others.
        let positions = match self.access {
            Access::ReadWrite => [0, writable],
            Access::ReadOnly => [writable, lookup.mounts.len()],
        };
        positions.map(|position| {
            let mut lookup = lookup.clone();
            let mount = Mount {
                host: self.directory.clone().into(),
                guest: self.directory.clone(),
                access: self.access,
            };
            lookup.mounts.insert(position, mount);
            lookup.pwd = self.pwd.clone().or(lookup.pwd);
            lookup
        })
    }

    fn describe(&self) -> String {
        let option = self.access.option();
        let directory = shell_quoted(&self.directory);
        let pwd = self.pwd.as_ref().map_or("", |_| " --env PWD");
        let which = match self.directory.as_str() {
            "." => "the current directory",
            _ => "that directory",
        };
        format!("{option} {directory}{pwd} mounts {which}")
    }
}

/// The access with which a directory can be mounted: a read-only mount must not be in a writable one, nor contain one.
fn allowed_access(lookup: &PathLookup, directory: &str) -> Option<Access> {
    let directory = fs::canonicalize(directory).ok()?;
    let overlaps = |mount: &&Mount| {
        let host = fs::canonicalize(&mount.host).unwrap_or_default();
        host.starts_with(&directory) || directory.starts_with(host)
    };
    let mut access = lookup
        .mounts
        .iter()
        .filter(overlaps)
        .map(|mount| mount.access);
    let first = access.next().unwrap_or(Access::ReadWrite);
    access.all(|access| access == first).then_some(first)
}

/// Returns whether the program gets the same file by a path as the host.
fn is_visible(lookup: &PathLookup, path: &str) -> bool {
    let file = lookup.file(path);
    file.is_some() && file == fs::canonicalize(path).ok()
}

/// The directory of a path.
fn parent(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((parent, _)) => parent,
        None => ".",
    }
}

fn shell_quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
