//! The hint after a run that failed because the program could not see a file: the option that mounts its directory. An
//! option is suggested only if `PathLookup` finds the file with it.

use super::path_lookup::{LookupRules, PathLookup};
use super::run_record::RunRecord;
use super::{environment, official_go_paths};
use crate::cli::Run;
use crate::guest::Outcome;
use crate::host::{Access, FailedLookup, Mount};
use crate::report;
use crate::shell_word;
use crate::temporary_dir::GUEST_PATH;
use std::fs;
use std::path::Path;

/// A mount that a hint suggests.
struct AddedMount {
    /// The directory to mount.
    directory: String,
    access: Access,
    /// The value of `PWD`, if `--env PWD` is also needed.
    pwd: Option<String>,
}

/// Prints the hint for a run, if there is one.
pub(super) fn print(options: &Run, outcome: &Outcome, record: &RunRecord) {
    let has_failed = matches!(
        outcome,
        Outcome::Exited(_) | Outcome::ExitedBeforeCall { .. } | Outcome::Trapped(_)
    );
    let Some((lookup, failed)) = record.lookups.get().filter(|_| has_failed) else {
        return;
    };
    let failed = failed.last_first();
    let needs_temporary = !names_temporary_dir(options);
    let failed_hint = failed.iter().find_map(|failed| {
        let temporary = needs_temporary.then(|| for_temporary_dir(lookup, failed));
        temporary.flatten().or_else(|| for_failed(lookup, failed))
    });
    let arg_hint = || path_args(options).find_map(|path| for_path(lookup, path));
    let new_file_hint = || {
        failed
            .iter()
            .find_map(|failed| for_new_file(lookup, failed))
    };
    if let Some(hint) = failed_hint.or_else(arg_hint).or_else(new_file_hint) {
        report::print_hint(&hint);
    }
}

/// The arguments of the program that are most likely paths of existing files or directories.
fn path_args(options: &Run) -> impl Iterator<Item = &str> {
    // The words of a call are not paths.
    let args = options.args().iter().filter(|_| options.calls.is_empty());
    let names_file = |word: &&str| {
        let is_path = word.contains('/') || matches!(*word, "." | "..");
        Path::new(word).is_file() || is_path && Path::new(word).is_dir()
    };
    args.filter_map(|word| word.to_str()).filter(names_file)
}

/// Whether an argument of the program is a path in `/tmp`, so that the user knows what is there.
fn names_temporary_dir(options: &Run) -> bool {
    let mut words = options.args().iter().filter_map(|word| word.to_str());
    words.any(|word| word.contains(GUEST_PATH))
}

/// The hint for a temporary file, which the program could not create because nothing is mounted as `/tmp`.
fn for_temporary_dir(lookup: &PathLookup, failed: &FailedLookup) -> Option<String> {
    let is_in_tmp = |path: &String| {
        path == GUEST_PATH || parent(path) == GUEST_PATH && !Path::new(path).exists()
    };
    let path = spellings(failed).into_iter().find(is_in_tmp)?;
    lookup.file(GUEST_PATH).is_none().then(|| {
        format!("no directory is mounted for {path}: --tmp mounts a temporary one as {GUEST_PATH}")
    })
}

/// The hint for a path that the program did not find, if it exists on the host.
fn for_failed(lookup: &PathLookup, failed: &FailedLookup) -> Option<String> {
    let spellings = spellings(failed);
    let path = spellings.iter().find(|path| Path::new(path).exists())?;
    for_path(lookup, path)
}

/// The paths that the program may have used: its library removes a leading slash.
fn spellings(failed: &FailedLookup) -> Vec<String> {
    let path = &failed.path;
    match failed.mount.as_deref() {
        None | Some("." | "/") => vec![path.clone(), format!("/{path}")],
        Some(mount) => vec![format!("{}/{path}", mount.trim_end_matches('/'))],
    }
}

/// The hint for a path that exists on the host, unless the program can see it.
fn for_path(lookup: &PathLookup, path: &str) -> Option<String> {
    if is_visible(lookup, path) {
        return None;
    }
    let directory = if Path::new(path).is_dir() {
        path
    } else {
        parent(path)
    };
    let problem = match lookup.host_path(path) {
        Some(_) => format!("the program cannot see {path}"),
        None => format!("no directory is mounted for {path}"),
    };
    let mount = AddedMount::find(lookup, path, directory)?;
    Some(format!("{problem}: {}", mount.describe()))
}

/// The hint for a path outside all mounts that does not exist on the host either, such as a file to create.
fn for_new_file(lookup: &PathLookup, failed: &FailedLookup) -> Option<String> {
    if failed.mount.is_some() {
        return None;
    }
    let mount_for = |path: &str| {
        let directory = parent(path);
        let exists = Path::new(directory).is_dir();
        exists
            .then(|| AddedMount::find(lookup, directory, directory))
            .flatten()
    };
    let mut spellings = spellings(failed).into_iter();
    let found = spellings.find_map(|path| mount_for(&path).map(|mount| (path, mount.describe())));
    let (path, option) = found.unwrap_or_else(|| {
        let guest = official_go_paths::clean("/", parent(&failed.path));
        let option = format!("--dir HOST::{} mounts one", shell_word::quote(&guest));
        (failed.path.clone(), option)
    });
    Some(format!("no directory is mounted for {path}: {option}"))
}

impl AddedMount {
    /// Finds a mount with which the program sees `path`, which is `directory` or inside it.
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
        let is_taken = directory == GUEST_PATH && has_temporary(lookup);
        let Some(access) = allowed_access(lookup, directory).filter(|_| !is_taken) else {
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

    /// The look-ups with this mount before the existing ones, and after them.
    fn added_to(&self, lookup: &PathLookup) -> [PathLookup; 2] {
        let writable = lookup.mounts.iter();
        let writable = writable
            .filter(|mount| mount.access == Access::ReadWrite)
            .count();
        // Read-only mounts come after the others.
        let positions = match self.access {
            Access::ReadWrite | Access::Temporary => [0, writable],
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
        let directory = shell_word::quote(&self.directory);
        let pwd = self.pwd.as_ref().map_or("", |_| " --env PWD");
        let which = match self.directory.as_str() {
            "." => "the current directory",
            _ => "that directory",
        };
        format!("{option} {directory}{pwd} mounts {which}")
    }
}

fn has_temporary(lookup: &PathLookup) -> bool {
    let mut mounts = lookup.mounts.iter();
    mounts.any(|mount| mount.access == Access::Temporary)
}

/// The access with which a directory can be mounted: a read-only mount must not be inside a writable one or contain
/// one.
fn allowed_access(lookup: &PathLookup, directory: &str) -> Option<Access> {
    let directory = fs::canonicalize(directory).ok()?;
    let overlaps = |mount: &&Mount| {
        let host = fs::canonicalize(&mount.host).unwrap_or_default();
        host.starts_with(&directory) || directory.starts_with(host)
    };
    let mut access = lookup
        .mounts
        .iter()
        .filter(|mount| mount.access != Access::Temporary)
        .filter(overlaps)
        .map(|mount| mount.access);
    let first = access.next().unwrap_or(Access::ReadWrite);
    access.all(|access| access == first).then_some(first)
}

/// Returns true if a path leads to the same file in the program as on the host.
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
