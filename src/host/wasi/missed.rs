//! Paths that the program asked for and did not find, so that a hint can name what it lacks when it fails. A
//! program may look in many places, of which the last ones matter.

use super::{Answer, Errno, Fault, Memory, Wasi};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// How many paths are kept.
const MAX_PATHS: usize = 8;

/// A path that was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedPath {
    /// The mount that it was looked for in; `None` where the descriptor was that of no mount, as official Go
    /// passes one where no mount's name fits.
    pub mount: Option<String>,
    /// The path below the mount.
    pub path: String,
}

/// The last paths that were not found.
#[derive(Clone, Debug, Default)]
pub struct MissedPaths(Arc<Mutex<VecDeque<MissedPath>>>);

impl MissedPaths {
    /// The paths, the last one first.
    pub fn last_first(&self) -> Vec<MissedPath> {
        let paths = self.0.lock();
        paths.map_or_else(
            |_| Vec::new(),
            |paths| paths.iter().rev().cloned().collect(),
        )
    }

    fn add(&self, missed: MissedPath) {
        let Ok(mut paths) = self.0.lock() else { return };
        paths.retain(|path| *path != missed);
        if paths.len() == MAX_PATHS {
            paths.pop_front();
        }
        paths.push_back(missed);
    }
}

/// Keeps a path that a call did not find, and returns the call's answer.
pub(super) fn keep(
    answer: Answer,
    wasi: &Wasi,
    memory: &Memory<'_>,
    fd: u32,
    path: (u32, u32),
) -> Answer {
    if let Err(Fault::Errno(Errno::BADF | Errno::NOENT | Errno::PERM)) = answer
        && let Ok(path) = memory.path(path.0, path.1)
        && let Some(mount) = mount_of(wasi, fd)
    {
        let path = path.to_owned();
        wasi.missed.add(MissedPath { mount, path });
    }
    answer
}

/// The guest's name of the mount with this number, or `None` in it where the number is not open. None where it is
/// something else.
fn mount_of(wasi: &Wasi, fd: u32) -> Option<Option<String>> {
    if wasi.table.get(fd).is_err() {
        return Some(None);
    }
    let directory = wasi.table.directory(fd, super::Rights::empty()).ok()?;
    directory.name().map(|name| Some(name.to_owned()))
}
