//! The table of descriptors: the numbers by which the guest knows its files and directories, and what
//! it may do with each. A new descriptor gets the lowest free number, as POSIX has it.

use super::directory::Directory;
use super::errno::Errno;
use super::file::File;
use super::flags::Rights;
use super::{Answer, Memory, Wasi};
use crate::host::Access;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::process::{Resource, getrlimit};
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How many of the process's descriptors the guest does not get, besides those that the runner inherited:
/// the runner has its own files.
const RESERVED: u64 = 16;

/// How many descriptors a guest gets where the system sets no bound.
const MOST: u64 = 1 << 20;

/// What a descriptor stands for.
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

/// A descriptor.
pub(super) struct Descriptor {
    pub(super) node: Node,
    /// What may be done with it.
    pub(super) rights: Rights,
    /// What may be done at most with what is opened through it.
    pub(super) inheriting: Rights,
}

impl Descriptor {
    /// A file, which may be used for `rights`.
    pub(super) fn file(file: File, rights: Rights) -> Self {
        Self {
            node: Node::File(file),
            rights,
            inheriting: Rights::empty(),
        }
    }

    /// A directory, which may be used, and what is opened through it, for no more than `inheriting`.
    pub(super) fn directory(directory: Directory, inheriting: Rights) -> Self {
        Self {
            node: Node::Directory(directory),
            rights: Rights::DIRECTORY.intersection(inheriting),
            inheriting,
        }
    }

    /// Refuses what the descriptor may not be used for: a change on a read-only mount, whoever asks for
    /// it, and what its rights do not hold. Reading, writing and seeking are refused as POSIX refuses them.
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
pub(super) struct Table {
    slots: Vec<Option<Descriptor>>,
    /// The numbers of the empty slots.
    free: BinaryHeap<Reverse<u32>>,
    /// How many descriptors there may be, counted when one is opened first.
    bound: OnceCell<usize>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: BinaryHeap::new(),
            bound: OnceCell::new(),
        }
    }

    /// Adds a descriptor, and answers with its number.
    pub(super) fn add(&mut self, descriptor: Descriptor) -> u32 {
        if let Some(Reverse(number)) = self.free.pop()
            && let Some(slot) = self.slots.get_mut(number as usize)
        {
            *slot = Some(descriptor);
            return number;
        }
        let number = self.slots.len() as u32;
        self.slots.push(Some(descriptor));
        number
    }

    /// Refuses to open more than the process can spare.
    pub(super) fn has_room(&self) -> Result<(), Errno> {
        match self.slots.len() - self.free.len() < *self.bound.get_or_init(bound) {
            true => Ok(()),
            false => Err(Errno::MFILE),
        }
    }

    pub(super) fn get(&self, number: u32) -> Result<&Descriptor, Errno> {
        let slot = self.slots.get(number as usize);
        slot.and_then(Option::as_ref).ok_or(Errno::BADF)
    }

    fn get_mut(&mut self, number: u32) -> Result<&mut Descriptor, Errno> {
        let slot = self.slots.get_mut(number as usize);
        slot.and_then(Option::as_mut).ok_or(Errno::BADF)
    }

    /// What this number stands for, for a use that has to be allowed.
    pub(super) fn allowed(&self, number: u32, wanted: Rights) -> Result<&Node, Errno> {
        let descriptor = self.get(number)?;
        descriptor.allow(wanted)?;
        Ok(&descriptor.node)
    }

    /// The file of this number, for a use that has to be allowed.
    pub(super) fn file(&self, number: u32, wanted: Rights) -> Result<&File, Errno> {
        let descriptor = self.get(number)?;
        match &descriptor.node {
            Node::File(file) => descriptor.allow(wanted).map(|()| file),
            Node::Directory(_) if wanted == Rights::FD_READ => Err(Errno::ISDIR),
            Node::Directory(_) => Err(Errno::BADF),
        }
    }

    /// The same, to be changed.
    pub(super) fn file_mut(&mut self, number: u32, wanted: Rights) -> Result<&mut File, Errno> {
        self.file(number, wanted)?;
        match &mut self.get_mut(number)?.node {
            Node::File(file) => Ok(file),
            Node::Directory(_) => Err(Errno::BADF),
        }
    }

    /// The directory of this number, for a use that has to be allowed.
    pub(super) fn directory(&self, number: u32, wanted: Rights) -> Result<&Directory, Errno> {
        let descriptor = self.get(number)?;
        match &descriptor.node {
            Node::Directory(directory) => descriptor.allow(wanted).map(|()| directory),
            Node::File(_) => Err(Errno::NOTDIR),
        }
    }

    /// The same, to be changed.
    pub(super) fn directory_mut(
        &mut self,
        number: u32,
        wanted: Rights,
    ) -> Result<&mut Directory, Errno> {
        self.directory(number, wanted)?;
        match &mut self.get_mut(number)?.node {
            Node::Directory(directory) => Ok(directory),
            Node::File(_) => Err(Errno::NOTDIR),
        }
    }

    fn take(&mut self, number: u32) -> Result<Descriptor, Errno> {
        let slot = self.slots.get_mut(number as usize).ok_or(Errno::BADF)?;
        let descriptor = slot.take().ok_or(Errno::BADF)?;
        self.free.push(Reverse(number));
        Ok(descriptor)
    }
}

/// How many descriptors the process can spare for the guest.
fn bound() -> usize {
    let all = getrlimit(Resource::Nofile).current.unwrap_or(MOST);
    let taken = RESERVED + inherited_descriptors();
    all.min(MOST).saturating_sub(taken) as usize
}

/// How many descriptors the runner inherited besides the standard streams: those that another program would
/// inherit from it.
fn inherited_descriptors() -> u64 {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return 0;
    };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_inherited = |number: &i32| {
        // SAFETY: looking at a descriptor changes nothing, whether it is open or not.
        let flags = unsafe { libc::fcntl(*number, libc::F_GETFD) };
        *number > libc::STDERR_FILENO && flags != -1 && flags & libc::FD_CLOEXEC == 0
    };
    numbers.filter(is_inherited).count() as u64
}

pub(super) fn fd_close(wasi: &mut Wasi, _: &mut Memory<'_>, fd: u32) -> Answer {
    wasi.table.take(fd)?;
    Ok(())
}

pub(super) fn fd_renumber(wasi: &mut Wasi, _: &mut Memory<'_>, from: u32, to: u32) -> Answer {
    wasi.table.get(from)?;
    wasi.table.get(to)?;
    if from != to {
        let moved = wasi.table.take(from)?;
        *wasi.table.get_mut(to)? = moved;
    }
    Ok(())
}

pub(super) fn fd_fdstat_set_rights(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: u32,
    rights: u64,
    inheriting: u64,
) -> Answer {
    let descriptor = wasi.table.get_mut(fd)?;
    let rights = Rights::from_bits_truncate(rights);
    let inheriting = Rights::from_bits_truncate(inheriting);
    // Rights are given up; none is ever gained.
    if !descriptor.rights.contains(rights) || !descriptor.inheriting.contains(inheriting) {
        return Err(Errno::NOTCAPABLE.into());
    }
    (descriptor.rights, descriptor.inheriting) = (rights, inheriting);
    Ok(())
}
