//! The last paths that the program looked up and that were not found. If the program fails, a hint names the option
//! that mounts them.

use super::abi::Slice;
use super::{Call, Errno, Wasi, WasiError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// The maximum number of lookups that are kept.
const MAX_LOOKUPS: usize = 8;

/// A path that was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedLookup {
    /// The mount in which it was looked up; `None` if the descriptor was not open. Official Go passes such a descriptor
    /// if the path is in no mount.
    pub mount: Option<String>,
    /// The path below the mount.
    pub path: String,
}

/// The last paths that were not found.
#[derive(Clone, Debug, Default)]
pub struct FailedLookups(Arc<Mutex<VecDeque<FailedLookup>>>);

impl FailedLookups {
    /// The lookups, the last one first.
    pub fn last_first(&self) -> Vec<FailedLookup> {
        let lookups = self.0.lock();
        lookups.map_or_else(
            |_| Vec::new(),
            |lookups| lookups.iter().rev().cloned().collect(),
        )
    }

    fn add(&self, failed: FailedLookup) {
        let Ok(mut lookups) = self.0.lock() else {
            return;
        };
        lookups.retain(|lookup| *lookup != failed);
        if lookups.len() == MAX_LOOKUPS {
            lookups.pop_front();
        }
        lookups.push_back(failed);
    }
}

/// Records a path if `result` is an error for a path that was not found. Returns `result`.
pub(super) fn record<T>(
    result: Result<T, WasiError>,
    call: &Call<'_>,
    fd: u32,
    path: Slice,
) -> Result<T, WasiError> {
    if let Err(WasiError::Errno(Errno::BADF | Errno::NOENT | Errno::PERM)) = result
        && let Ok(path) = call.memory.path(path)
        && let Some(mount) = mount_of(call.wasi, fd)
    {
        let path = path.to_owned();
        call.wasi.failed_lookups.add(FailedLookup { mount, path });
    }
    result
}

/// The mount of a descriptor: `Some(None)` if the descriptor is not open, `None` if it is open but not a mount.
fn mount_of(wasi: &Wasi, fd: u32) -> Option<Option<String>> {
    if wasi.table.get(fd).is_err() {
        return Some(None);
    }
    let directory = wasi.table.directory(fd, super::Rights::empty()).ok()?;
    directory.name().map(|name| Some(name.to_owned()))
}
