//! Mounts: the directories of the host that the guest gets, each under a name of its own.

use super::directory::Directory;
use super::flags::Rights;
use super::table::Descriptor;
use super::{Answer, Errno, Memory, Wasi};
use crate::error::Error;
use crate::file_id::FileId;
use crate::host::Access;
use crate::host::Mount;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno as HostErrno;
use rustix::path::Arg;
use std::collections::{HashMap, HashSet};

/// A mount and its directory.
type Opened<'m> = (&'m Mount, OwnedFd);

/// Opens the directories of mounts.
///
/// # Errors
///
/// `CommandLine` where one cannot be opened, or where one that is read-only could be changed through
/// another.
pub(super) fn open(mounts: &[Mount]) -> Result<Vec<Descriptor>, Error> {
    let opened = mounts
        .iter()
        .map(|mount| {
            let directory =
                open_mount(mount).map_err(|error| cannot_mount(mount).caused_by(error))?;
            Ok((mount, directory))
        })
        .collect::<Result<Vec<Opened<'_>>, Error>>()?;
    refuse_undone(&opened)?;
    let descriptor = |(mount, directory): Opened<'_>| {
        let (host, guest) = (mount.host.display(), &mount.guest);
        log::info!("mounted {host} as {guest}, {}", mount.access);
        let directory = Directory::mounted(directory, mount.access, guest.clone());
        Descriptor::directory(directory, Rights::FILE | Rights::DIRECTORY)
    };
    Ok(opened.into_iter().map(descriptor).collect())
}

/// Opens the directory of a mount, for being searched only where it may not be read: listing it is then what
/// fails.
fn open_mount(mount: &Mount) -> Result<OwnedFd, HostErrno> {
    match open_directory(CWD, &mount.host, OFlags::RDONLY) {
        Err(HostErrno::ACCESS) => {
            let named = open_directory(CWD, &mount.host, OFlags::PATH)?;
            // What is only named need not be searchable; what is in it is found only if it is.
            open_directory(named, ".", OFlags::PATH)
        }
        opened => opened,
    }
}

fn open_directory(at: impl AsFd, path: impl Arg, mode: OFlags) -> Result<OwnedFd, HostErrno> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | mode;
    rustix::fs::openat(at, path, flags, Mode::empty())
}

fn cannot_mount(mount: &Mount) -> Error {
    let host = mount.host.display().to_string();
    let option = mount.access.option();
    let error = Error::command_line(format!("{option} {host} cannot be mounted"));
    match host.split_once(':') {
        Some((host, guest)) if !guest.is_empty() => error.hint(format!(
            "two colons part the names: {option} {host}::{guest}"
        )),
        _ => error,
    }
}

/// Refuses a read-only mount that lies inside a writable one or holds one: the guest could change there
/// what it may not change here.
fn refuse_undone(opened: &[Opened<'_>]) -> Result<(), Error> {
    let undone = |read_only: &Mount, relation, writable: &Mount| {
        let (read_only, writable) = (read_only.host.display(), writable.host.display());
        Error::command_line(format!(
            "--ro-dir {read_only} {relation} --dir {writable}, through which it could be changed"
        ))
    };
    let found = find_around(opened, Access::ReadOnly, Access::ReadWrite)?;
    if let Some((read_only, writable, place)) = found {
        let relation = match place {
            Place::Same => "is",
            Place::Above => "lies in",
        };
        return Err(undone(read_only, relation, writable));
    }
    match find_around(opened, Access::ReadWrite, Access::ReadOnly)? {
        Some((writable, read_only, _)) => Err(undone(read_only, "holds", writable)),
        None => Ok(()),
    }
}

/// Where a directory is, seen from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Same,
    Above,
}

/// The first mount with access `inner` that is one with access `outer`, or lies in it at any depth: to which
/// the way up leads. The way is walked by the directories themselves, so that no link hides it; one that was
/// mounted a second time elsewhere is found as long as the other's mount is on the way. It takes no more than
/// the right to pass. No directory is passed twice, however many mounts lie below it.
fn find_around<'m>(
    opened: &[Opened<'m>],
    inner: Access,
    outer: Access,
) -> Result<Option<(&'m Mount, &'m Mount, Place)>, Error> {
    let with = |access| {
        opened
            .iter()
            .filter(move |(mount, _)| mount.access == access)
    };
    let mut outers: HashMap<FileId, &Mount> = HashMap::new();
    for (mount, directory) in with(outer) {
        let identity =
            FileId::of_open(directory).map_err(|error| cannot_mount(mount).caused_by(error))?;
        outers.entry(identity).or_insert(mount);
    }
    if outers.is_empty() {
        return Ok(None);
    }
    let mut passed = HashSet::new();
    for (mount, directory) in with(inner) {
        let cannot_tell = |error| cannot_mount(mount).caused_by(error);
        let mut here = open_directory(directory, ".", OFlags::PATH).map_err(cannot_tell)?;
        let mut place = Place::Same;
        loop {
            let at = FileId::of_open(&here).map_err(cannot_tell)?;
            if let Some(found) = outers.get(&at) {
                return Ok(Some((mount, found, place)));
            }
            // The root is above itself.
            if !passed.insert(at) {
                break;
            }
            here = open_directory(&here, "..", OFlags::PATH).map_err(cannot_tell)?;
            place = Place::Above;
        }
    }
    Ok(None)
}

pub(super) fn fd_prestat_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    stat: u32,
) -> Answer {
    let length = name(wasi, fd)?.len() as u64;
    // The tag of a directory, 0, and behind it the length in the upper half.
    Ok(memory.put_u64(stat, length << 32)?)
}

pub(super) fn fd_prestat_dir_name(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    buffer: u32,
    length: u32,
) -> Answer {
    let name = name(wasi, fd)?.as_bytes();
    if (length as usize) < name.len() {
        return Err(Errno::NAMETOOLONG.into());
    }
    Ok(memory.put(buffer, name)?)
}

fn name(wasi: &Wasi, fd: u32) -> Result<&str, Errno> {
    let directory = wasi.table.directory(fd, Rights::empty());
    let name = directory.map_err(|_| Errno::BADF)?.name();
    name.ok_or(Errno::BADF)
}
