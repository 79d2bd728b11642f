//! Mounts: the host's directories that the guest can access, each under a guest name.

use super::abi::{Prestat, Slice};
use super::directory::Directory;
use super::flags::Rights;
use super::table::Descriptor;
use super::{Call, Errno, Wasi, WasiResult};
use crate::error::Error;
use crate::file_id::FileId;
use crate::host::{Access, Mount};
use crate::open_flags;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno as HostErrno;
use rustix::path::Arg;
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path};

/// A mount and its directory.
type OpenedMount<'m> = (&'m Mount, OwnedFd);

/// Opens the directories of mounts.
///
/// # Errors
///
/// `CommandLine` if a directory cannot be opened, if a read-only one could be changed through a writable one, or if
/// another one has the name of the temporary one.
pub(super) fn open(mounts: &[Mount]) -> Result<Vec<Descriptor>, Error> {
    refuse_name_of_temporary(mounts)?;
    let opened = mounts
        .iter()
        .map(|mount| {
            let directory =
                open_mount(mount).map_err(|error| cannot_mount(mount).caused_by(error))?;
            Ok((mount, directory))
        })
        .collect::<Result<Vec<OpenedMount<'_>>, Error>>()?;
    refuse_writable_twice(&opened)?;
    let descriptor = |(mount, directory): OpenedMount<'_>| {
        let (host, guest) = (mount.host.display(), &mount.guest);
        log::info!("mounted {host} as {guest}, {}", mount.access);
        let directory = Directory::mounted(directory, mount.access, guest.clone());
        Descriptor::directory(directory, Rights::FILE | Rights::DIRECTORY)
    };
    Ok(opened.into_iter().map(descriptor).collect())
}

/// Opens the directory of a mount. A directory that can be searched but not read is opened only for searching, so only
/// listing it fails.
fn open_mount(mount: &Mount) -> Result<OwnedFd, HostErrno> {
    match open_directory(CWD, &mount.host, OFlags::RDONLY) {
        Err(HostErrno::ACCESS) => {
            let directory = open_directory(CWD, &mount.host, open_flags::SEARCH)?;
            // On Linux, this needs no permission. Looking up `.` checks that the directory can be searched.
            open_directory(directory, ".", open_flags::SEARCH)
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
    let error = Error::command_line(format!("cannot mount {option} {host}"));
    match host.split_once(':') {
        Some((host, guest)) if !guest.is_empty() => error.hint(format!(
            "separate the names with two colons: {option} {host}::{guest}"
        )),
        _ => error,
    }
}

/// Refuses a mount with the same name as the temporary one. Which one the program would see depends on its library.
fn refuse_name_of_temporary(mounts: &[Mount]) -> Result<(), Error> {
    let is_temporary = |mount: &&Mount| mount.access == Access::Temporary;
    let Some(temporary) = mounts.iter().find(is_temporary) else {
        return Ok(());
    };
    let mut others = mounts.iter().filter(|mount| !is_temporary(mount));
    match others.find(|other| is_same_name(&other.guest, &temporary.guest)) {
        Some(other) => {
            let (option, host) = (other.access.option(), other.host.display());
            let (tmp, guest) = (temporary.access.option(), &temporary.guest);
            let message = format!("{option} {host} and {tmp} are both mounted as {guest}");
            Err(Error::command_line(message).hint(format!("leave out {option} or {tmp}")))
        }
        None => Ok(()),
    }
}

/// Whether two guest names are the same for a program that ignores leading slashes, as those with wasi-libc do.
fn is_same_name(name: &str, other: &str) -> bool {
    let names = |path| {
        let components = Path::new(path).components();
        components.filter(|component| !matches!(component, Component::RootDir | Component::CurDir))
    };
    names(name).eq(names(other))
}

/// Refuses a read-only mount that is inside a writable one or contains one, because the guest could change it through
/// the writable one.
fn refuse_writable_twice(opened: &[OpenedMount<'_>]) -> Result<(), Error> {
    let error = |read_only: &Mount, relation, writable: &Mount| {
        let (read_only, writable) = (read_only.host.display(), writable.host.display());
        Error::command_line(format!(
            "--ro-dir {read_only} {relation} --dir {writable}, through which it could be changed"
        ))
    };
    let found = find_around(opened, Access::ReadOnly, Access::ReadWrite)?;
    if let Some((read_only, writable, nesting)) = found {
        let relation = match nesting {
            Nesting::Same => "is",
            Nesting::Inside => "is inside",
        };
        return Err(error(read_only, relation, writable));
    }
    match find_around(opened, Access::ReadWrite, Access::ReadOnly)? {
        Some((writable, read_only, _)) => Err(error(read_only, "contains", writable)),
        None => Ok(()),
    }
}

/// How a mount's directory relates to another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nesting {
    Same,
    Inside,
}

/// The first mount with access `inner` that is the same directory as a mount with access `outer`, or inside one. The
/// search goes up from the open directory through `..`, so links cannot hide it, and it needs only the permission to
/// search. No directory is visited twice.
fn find_around<'m>(
    opened: &[OpenedMount<'m>],
    inner: Access,
    outer: Access,
) -> Result<Option<(&'m Mount, &'m Mount, Nesting)>, Error> {
    let with = |access| {
        opened
            .iter()
            .filter(move |(mount, _)| mount.access == access)
    };
    let mut outers: HashMap<FileId, &Mount> = HashMap::new();
    for (mount, directory) in with(outer) {
        let id =
            FileId::of_open(directory).map_err(|error| cannot_mount(mount).caused_by(error))?;
        outers.entry(id).or_insert(mount);
    }
    if outers.is_empty() {
        return Ok(None);
    }
    let mut visited = HashSet::new();
    for (mount, directory) in with(inner) {
        let cannot_check = |error| cannot_mount(mount).caused_by(error);
        let mut directory =
            open_directory(directory, ".", open_flags::SEARCH).map_err(cannot_check)?;
        let mut nesting = Nesting::Same;
        loop {
            let id = FileId::of_open(&directory).map_err(cannot_check)?;
            if let Some(found) = outers.get(&id) {
                return Ok(Some((mount, found, nesting)));
            }
            // The parent of the root is the root.
            if !visited.insert(id) {
                break;
            }
            directory =
                open_directory(&directory, "..", open_flags::SEARCH).map_err(cannot_check)?;
            nesting = Nesting::Inside;
        }
    }
    Ok(None)
}

pub(super) fn fd_prestat_get(call: Call<'_>, fd: u32, prestat: u32) -> WasiResult {
    let name = name(call.wasi, fd)?;
    let record = Prestat {
        tag: 0,
        pr_name_len: name.len() as u32,
    };
    Ok(call.memory.write(prestat, record)?)
}

pub(super) fn fd_prestat_dir_name(call: Call<'_>, fd: u32, path: Slice) -> WasiResult {
    let name = name(call.wasi, fd)?.as_bytes();
    if (path.length as usize) < name.len() {
        return Err(Errno::NAMETOOLONG.into());
    }
    Ok(call.memory.put(path.pointer, name)?)
}

fn name(wasi: &Wasi, fd: u32) -> Result<&str, Errno> {
    let directory = wasi.table.directory(fd, Rights::empty());
    let name = directory.map_err(|_| Errno::BADF)?.name();
    name.ok_or(Errno::BADF)
}
