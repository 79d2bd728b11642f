//! The descriptor table: the guest's open files and directories by number, and its rights to each. A new descriptor
//! gets the lowest free number, as in POSIX:
//! <https://pubs.opengroup.org/onlinepubs/9799919799/functions/V2_chap02.html#tag_16_06>.

use super::directory::Directory;
use super::errno::Errno;
use super::file::File;
use super::flags::Rights;
use super::{Call, WasiResult};
use crate::host::Access;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::process::{Resource, getrlimit};
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The number of the process's descriptors that are reserved for the runner's own files, in addition to those that it
/// inherited.
const RESERVED_FDS: u64 = 16;

/// The maximum number of descriptors if the system sets no limit.
const MAX_FDS: u64 = 1 << 20;

/// The file or directory of a descriptor.
pub(super) enum Node {
    File(File),
    Directory(Directory),
}

impl Node {
    fn access(&self) -> Access {
        match self {
            Self::File(file) => file.access(),
            Self::Directory(directory) => directory.access(),
        }
    }
}

impl AsFd for Node {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::File(file) => file.as_fd(),
            Self::Directory(directory) => directory.as_fd(),
        }
    }
}

/// An open descriptor.
pub(super) struct Descriptor {
    pub(super) node: Node,
    /// The operations that it allows: `fs_rights_base`.
    pub(super) rights: Rights,
    /// The maximum rights of descriptors that are opened through it: `fs_rights_inheriting`.
    pub(super) inheriting: Rights,
}

impl Descriptor {
    pub(super) fn file(file: File, rights: Rights) -> Self {
        Self {
            node: Node::File(file),
            rights,
            inheriting: Rights::empty(),
        }
    }

    pub(super) fn directory(directory: Directory, inheriting: Rights) -> Self {
        Self {
            node: Node::Directory(directory),
            rights: Rights::DIRECTORY.intersection(inheriting),
            inheriting,
        }
    }

    /// Checks that the descriptor has the `wanted` rights, and that they do not change a read-only mount. Reading,
    /// writing and seeking fail with POSIX's errors.
    fn allow(&self, wanted: Rights) -> Result<(), Errno> {
        if wanted.intersects(Rights::CHANGING) && self.node.access() == Access::ReadOnly {
            return Err(Errno::ROFS);
        }
        match wanted {
            _ if self.rights.contains(wanted) => Ok(()),
            _ if (Rights::FD_READ | Rights::WRITING).contains(wanted) => Err(Errno::BADF),
            Rights::FD_SEEK | Rights::FD_TELL => Err(Errno::SPIPE),
            _ => Err(Errno::NOTCAPABLE),
        }
    }
}

/// The open descriptors.
#[derive(Default)]
pub(super) struct FdTable {
    slots: Vec<Option<Descriptor>>,
    /// The numbers of the empty slots.
    free: BinaryHeap<Reverse<u32>>,
    /// The maximum number of descriptors, determined when the guest opens its first one.
    limit: OnceCell<usize>,
}

impl FdTable {
    /// Adds a descriptor and returns its number.
    pub(super) fn add(&mut self, descriptor: Descriptor) -> u32 {
        if let Some(Reverse(fd)) = self.free.pop()
            && let Some(slot) = self.slots.get_mut(fd as usize)
        {
            *slot = Some(descriptor);
            return fd;
        }
        let fd = self.slots.len() as u32;
        self.slots.push(Some(descriptor));
        fd
    }

    /// Checks that the guest may open another descriptor.
    pub(super) fn require_space(&self) -> Result<(), Errno> {
        if self.slots.len() - self.free.len() < *self.limit.get_or_init(fd_limit) {
            Ok(())
        } else {
            Err(Errno::MFILE)
        }
    }

    pub(super) fn get(&self, fd: u32) -> Result<&Descriptor, Errno> {
        let slot = self.slots.get(fd as usize);
        slot.and_then(Option::as_ref).ok_or(Errno::BADF)
    }

    fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        let slot = self.slots.get_mut(fd as usize);
        slot.and_then(Option::as_mut).ok_or(Errno::BADF)
    }

    /// The file or directory of a descriptor that has these rights.
    pub(super) fn allowed(&self, fd: u32, wanted: Rights) -> Result<&Node, Errno> {
        let descriptor = self.get(fd)?;
        descriptor.allow(wanted)?;
        Ok(&descriptor.node)
    }

    /// The file of a descriptor that has these rights.
    pub(super) fn file(&self, fd: u32, wanted: Rights) -> Result<&File, Errno> {
        let descriptor = self.get(fd)?;
        match &descriptor.node {
            Node::File(file) => descriptor.allow(wanted).map(|()| file),
            Node::Directory(_) if wanted == Rights::FD_READ => Err(Errno::ISDIR),
            Node::Directory(_) => Err(Errno::BADF),
        }
    }

    pub(super) fn file_mut(&mut self, fd: u32, wanted: Rights) -> Result<&mut File, Errno> {
        self.file(fd, wanted)?;
        match &mut self.get_mut(fd)?.node {
            Node::File(file) => Ok(file),
            Node::Directory(_) => Err(Errno::BADF),
        }
    }

    /// The directory of a descriptor that has these rights.
    pub(super) fn directory(&self, fd: u32, wanted: Rights) -> Result<&Directory, Errno> {
        let descriptor = self.get(fd)?;
        match &descriptor.node {
            Node::Directory(directory) => descriptor.allow(wanted).map(|()| directory),
            Node::File(_) => Err(Errno::NOTDIR),
        }
    }

    pub(super) fn directory_mut(
        &mut self,
        fd: u32,
        wanted: Rights,
    ) -> Result<&mut Directory, Errno> {
        self.directory(fd, wanted)?;
        match &mut self.get_mut(fd)?.node {
            Node::Directory(directory) => Ok(directory),
            Node::File(_) => Err(Errno::NOTDIR),
        }
    }

    fn remove(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        let slot = self.slots.get_mut(fd as usize).ok_or(Errno::BADF)?;
        let descriptor = slot.take().ok_or(Errno::BADF)?;
        self.free.push(Reverse(fd));
        Ok(descriptor)
    }
}

/// The maximum number of descriptors for the guest.
fn fd_limit() -> usize {
    let all = getrlimit(Resource::Nofile).current.unwrap_or(MAX_FDS);
    let taken = RESERVED_FDS + inherited_fds();
    all.min(MAX_FDS).saturating_sub(taken) as usize
}

/// The number of inherited descriptors besides the standard streams. Unlike the runner's own, they are not closed on
/// exec.
fn inherited_fds() -> u64 {
    let Ok(entries) = std::fs::read_dir("/dev/fd") else {
        return 0;
    };
    let fds = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_inherited = |fd: &i32| {
        // SAFETY: F_GETFD only reads a descriptor's flags; a closed descriptor is an error.
        let flags = unsafe { libc::fcntl(*fd, libc::F_GETFD) };
        *fd > libc::STDERR_FILENO && flags != -1 && flags & libc::FD_CLOEXEC == 0
    };
    fds.filter(is_inherited).count() as u64
}

pub(super) fn fd_close(call: Call<'_>, fd: u32) -> WasiResult {
    call.wasi.table.remove(fd)?;
    Ok(())
}

pub(super) fn fd_renumber(call: Call<'_>, fd: u32, to: u32) -> WasiResult {
    call.wasi.table.get(fd)?;
    call.wasi.table.get(to)?;
    if fd != to {
        let moved = call.wasi.table.remove(fd)?;
        *call.wasi.table.get_mut(to)? = moved;
    }
    Ok(())
}

/// Drops rights. Sockets' rights are ignored, since no descriptor has them.
pub(super) fn fd_fdstat_set_rights(
    call: Call<'_>,
    fd: u32,
    fs_rights_base: u64,
    fs_rights_inheriting: u64,
) -> WasiResult {
    let descriptor = call.wasi.table.get_mut(fd)?;
    let rights = |bits| Rights::from_bits_truncate(bits).difference(Rights::SOCKET);
    let (base, inheriting) = (rights(fs_rights_base), rights(fs_rights_inheriting));
    if !descriptor.rights.contains(base) || !descriptor.inheriting.contains(inheriting) {
        return Err(Errno::NOTCAPABLE.into());
    }
    (descriptor.rights, descriptor.inheriting) = (base, inheriting);
    Ok(())
}
