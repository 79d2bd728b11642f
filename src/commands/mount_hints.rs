//! The hint below a run that failed where the program could not see a file: which option mounts it. A hint names
//! options only where the path that the program asked for is found with them, by `Lookup`.

use super::lookup::{Lookup, Rules};
use super::{environment, go_names};
use crate::cli::Run;
use crate::guest::Outcome;
use crate::host::Access;
use crate::host::Mount;
use crate::host::{MissedPath, MissedPaths};
use crate::report;
use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// What the program can see and what it did not find, once that is known.
#[derive(Clone, Default)]
pub(super) struct MountHints(Arc<OnceLock<(Lookup, MissedPaths)>>);

/// Options that may be added to a command line.
struct Addition {
    /// A directory to mount.
    directory: String,
    access: Access,
    /// The value of the variable `PWD`, where it is passed on as well.
    pwd: Option<String>,
}

impl MountHints {
    /// Sets what the program can see, and where what it does not find is kept.
    pub(super) fn watch(&self, lookup: Lookup, missed: MissedPaths) {
        // It is set once.
        let _ = self.0.set((lookup, missed));
    }

    /// Prints the hint, if there is one, for a run that ended so.
    pub(super) fn print(&self, options: &Run, outcome: &Outcome) {
        let has_ended = matches!(outcome, Outcome::Exited(_) | Outcome::Trapped(_));
        let Some((lookup, missed)) = self.0.get().filter(|_| has_ended) else {
            return;
        };
        let missed = missed.last_first();
        let by_missed = || missed.iter().find_map(|missed| for_missed(lookup, missed));
        let by_args = || {
            // The words of a call are no paths.
            let args = options.args().iter().filter(|_| options.calls.is_empty());
            let args = args.filter_map(|word| word.to_str());
            args.filter(|word| names_file(word))
                .find_map(|word| for_path(lookup, word))
        };
        let unmounted = || {
            missed
                .iter()
                .find_map(|missed| for_unmounted(lookup, missed))
        };
        if let Some(hint) = by_missed().or_else(by_args).or_else(unmounted) {
            report::print_hint(&hint);
        }
    }
}

/// Whether an argument most likely names a file or a directory that exists.
fn names_file(word: &str) -> bool {
    let is_path = word.contains('/') || word == "." || word == "..";
    Path::new(word).is_file() || is_path && Path::new(word).is_dir()
}

/// The hint for a path that was not found, where the host has it.
fn for_missed(lookup: &Lookup, missed: &MissedPath) -> Option<String> {
    let spellings = spellings(missed);
    let path = spellings.iter().find(|path| Path::new(path).exists())?;
    for_path(lookup, path)
}

/// How the program may have spelled a path that was not found: its library has dropped a slash at the beginning.
fn spellings(missed: &MissedPath) -> Vec<String> {
    let path = &missed.path;
    match missed.mount.as_deref() {
        None | Some("." | "/") => vec![path.clone(), format!("/{path}")],
        Some(mount) => vec![format!("{}/{path}", mount.trim_end_matches('/'))],
    }
}

/// The hint for a path that the host has and the program does not see.
fn for_path(lookup: &Lookup, path: &str) -> Option<String> {
    if is_same(lookup, path) {
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
    let addition = addition(lookup, path, directory)?;
    Some(format!("{problem}: {}", addition.in_words()))
}

/// The hint for a path that the host does not have either, as of a file that is to be created, where nothing is
/// mounted for it.
fn for_unmounted(lookup: &Lookup, missed: &MissedPath) -> Option<String> {
    if missed.mount.is_some() {
        return None;
    }
    let mountable = spellings(missed).into_iter().find_map(|path| {
        let directory = parent(&path);
        let exists = Path::new(directory).is_dir();
        let addition = exists.then(|| addition(lookup, directory, directory))??;
        Some((path, addition.in_words()))
    });
    let (path, words) = mountable.unwrap_or_else(|| {
        let guest = go_names::clean("/", parent(&missed.path));
        let words = format!("--dir HOST::{} mounts one", quoted(&guest));
        (missed.path.clone(), words)
    });
    Some(format!("no directory is mounted for {path}: {words}"))
}

/// The options with which the program finds `path`, which is `directory` or in it.
fn addition(lookup: &Lookup, path: &str, directory: &str) -> Option<Addition> {
    if directory.contains("::") {
        return None;
    }
    let leads_up = directory.split('/').any(|name| name == "..");
    let here = (!leads_up && !directory.starts_with('/')).then_some(".");
    // Where a link leads out of this folder, the folder that it leads to is mounted.
    let directories = here.into_iter().chain([directory]);
    let mut additions = directories.flat_map(|directory| additions(lookup, directory));
    let sees = |addition: &Addition| {
        let lookups = addition.added_to(lookup);
        lookups.iter().all(|lookup| is_same(lookup, path))
    };
    additions.find(sees)
}

/// The ways in which a directory can be mounted beside the other mounts.
fn additions(lookup: &Lookup, directory: &str) -> Vec<Addition> {
    let Some(access) = access(lookup, directory) else {
        return Vec::new();
    };
    let with = |pwd| Addition {
        directory: directory.to_owned(),
        access,
        pwd,
    };
    let mut additions = vec![with(None)];
    if lookup.rules == Rules::Go && lookup.pwd.is_none() {
        additions.extend(environment::working_directory().map(|pwd| with(Some(pwd))));
    }
    additions
}

/// What a directory can be mounted for beside the other mounts: a read-only one must not lie in a writable one,
/// nor hold one.
fn access(lookup: &Lookup, directory: &str) -> Option<Access> {
    let directory = fs::canonicalize(directory).ok()?;
    let touches = |mount: &Mount| {
        let host = fs::canonicalize(&mount.host).unwrap_or_default();
        host.starts_with(&directory) || directory.starts_with(host)
    };
    let mut touching = lookup.mounts.iter().filter(|mount| touches(mount));
    let access = touching
        .next()
        .map_or(Access::ReadWrite, |mount| mount.access);
    touching
        .all(|mount| mount.access == access)
        .then_some(access)
}

impl Addition {
    /// What the program sees with it, before the other options and after them.
    fn added_to(&self, lookup: &Lookup) -> [Lookup; 2] {
        let writable = lookup.mounts.iter();
        let writable = writable.filter(|mount| mount.access == Access::ReadWrite);
        let places = match (writable.count(), self.access) {
            (writable, Access::ReadWrite) => [0, writable],
            // Those come after the others.
            (writable, Access::ReadOnly) => [writable, lookup.mounts.len()],
        };
        places.map(|place| {
            let mut lookup = lookup.clone();
            let mount = Mount {
                host: self.directory.clone().into(),
                guest: self.directory.clone(),
                access: self.access,
            };
            lookup.mounts.insert(place, mount);
            lookup.pwd = self.pwd.clone().or(lookup.pwd);
            lookup
        })
    }

    fn in_words(&self) -> String {
        let pwd = self.pwd.as_ref().map_or("", |_| " --env PWD");
        let which = match self.directory.as_str() {
            "." => "this",
            _ => "that",
        };
        let option = self.access.option();
        let directory = quoted(&self.directory);
        format!("{option} {directory}{pwd} mounts {which} folder")
    }
}

/// Whether the program gets the file that the host has by the same path.
fn is_same(lookup: &Lookup, path: &str) -> bool {
    let found = lookup.file(path);
    found.is_some() && found == fs::canonicalize(path).ok()
}

/// The directory of a path, as it was typed.
fn parent(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((parent, _)) => parent,
        None => ".",
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
