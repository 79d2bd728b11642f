//! The calls that name a file by a path under a directory.

#![expect(
    clippy::too_many_arguments,
    reason = "the functions are WASI's, and so are their parameters"
)]

use super::directory::{Mode, Opening};
use super::file::File;
use super::flags::{LookupFlags, OpenFlags, Rights, known};
use super::table::Descriptor;
use super::{Answer, Errno, Memory, Wasi, missed, stat};
use rustix::fd::AsFd;
use rustix::fs::FileType;
use std::os::unix::ffi::OsStrExt;

pub(super) fn path_open(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_length: u32,
    open: u32,
    rights: u64,
    _inheriting: u64,
    flags: u32,
    opened: u32,
) -> Answer {
    let rights = Rights::from_bits_truncate(rights);
    let opening = Opening {
        lookup: known(lookup)?,
        open: known(open)?,
        flags: known(flags)?,
        mode: mode(rights),
    };
    let answer = open_path(
        wasi,
        memory,
        fd,
        (path, path_length),
        opening,
        rights,
        opened,
    );
    missed::keep(answer, wasi, memory, fd, (path, path_length))
}

fn open_path(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    (path, path_length): (u32, u32),
    opening: Opening,
    rights: Rights,
    opened: u32,
) -> Answer {
    // As O_CREAT with O_DIRECTORY is refused: older hosts would make a file.
    if opening
        .open
        .contains(OpenFlags::CREATE | OpenFlags::DIRECTORY)
    {
        return Err(Errno::INVAL.into());
    }
    let path = memory.path(path, path_length)?;
    memory.require_u32(opened)?;
    wasi.table.has_room()?;
    let parent = wasi.table.get(fd)?;
    let (held, inheriting) = (parent.rights, parent.inheriting);
    let directory = wasi.table.directory(fd, Rights::PATH_OPEN)?;
    for (flag, needed) in [
        (OpenFlags::CREATE, Rights::PATH_CREATE_FILE),
        (OpenFlags::TRUNCATE, Rights::PATH_FILESTAT_SET_SIZE),
    ] {
        if opening.open.contains(flag) && !held.contains(needed) {
            return Err(Errno::NOTCAPABLE.into());
        }
    }
    let host = directory.open(path, opening)?;
    let access = directory.access();
    let kind = FileType::from_raw_mode(rustix::fs::fstat(&host)?.st_mode);
    let descriptor = match kind {
        FileType::Directory => Descriptor::directory(directory.below(host), inheriting),
        _ => {
            let file = File::mounted(host, opening.flags, access);
            let rights = file.rights(kind, rights).intersection(inheriting);
            Descriptor::file(file, rights)
        }
    };
    let number = wasi.table.add(descriptor);
    Ok(memory.put_u32(opened, number)?)
}

/// What a file is opened for, by the rights that are asked for.
fn mode(rights: Rights) -> Mode {
    let (reads, writes) = (Rights::FD_READ, Rights::FD_WRITE);
    match (rights.contains(reads), rights.contains(writes)) {
        (_, false) => Mode::Read,
        (true, true) => Mode::ReadWrite,
        (false, true) => Mode::Write,
    }
}

pub(super) fn path_filestat_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_length: u32,
    address: u32,
) -> Answer {
    let stat = |path| {
        let directory = wasi.table.directory(fd, Rights::PATH_FILESTAT_GET)?;
        Ok(directory.stat(path, known(lookup)?)?)
    };
    match stat(memory.path(path, path_length)?) {
        Ok(found) => stat::put_filestat(memory, address, &found),
        Err(fault) => missed::keep(Err(fault), wasi, memory, fd, (path, path_length)),
    }
}

pub(super) fn path_filestat_set_times(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_length: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Answer {
    let times = stat::timestamps(&wasi.clocks, accessed, modified, flags)?;
    let directory = wasi.table.directory(fd, Rights::PATH_FILESTAT_SET_TIMES)?;
    let found = directory.locate(memory.path(path, path_length)?, known(lookup)?)?;
    Ok(stat::set_times(found.as_fd(), &times)?)
}

pub(super) fn path_create_directory(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_length: u32,
) -> Answer {
    let create = |path| {
        let directory = wasi.table.directory(fd, Rights::PATH_CREATE_DIRECTORY)?;
        Ok(directory.create_directory(path)?)
    };
    let answer = create(memory.path(path, path_length)?);
    missed::keep(answer, wasi, memory, fd, (path, path_length))
}

pub(super) fn path_remove_directory(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_length: u32,
) -> Answer {
    let directory = wasi.table.directory(fd, Rights::PATH_REMOVE_DIRECTORY)?;
    Ok(directory.remove_directory(memory.path(path, path_length)?)?)
}

pub(super) fn path_unlink_file(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_length: u32,
) -> Answer {
    let directory = wasi.table.directory(fd, Rights::PATH_UNLINK_FILE)?;
    Ok(directory.unlink(memory.path(path, path_length)?)?)
}

pub(super) fn path_symlink(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    content: u32,
    content_length: u32,
    fd: u32,
    path: u32,
    path_length: u32,
) -> Answer {
    let directory = wasi.table.directory(fd, Rights::PATH_SYMLINK)?;
    let content = memory.path(content, content_length)?;
    let path = memory.path(path, path_length)?;
    Ok(directory.symlink(content, path)?)
}

pub(super) fn path_readlink(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_length: u32,
    buffer: u32,
    buffer_length: u32,
    used: u32,
) -> Answer {
    let directory = wasi.table.directory(fd, Rights::PATH_READLINK)?;
    let content = directory.read_link(memory.path(path, path_length)?)?;
    let content = content.as_os_str().as_bytes();
    std::str::from_utf8(content).map_err(|_| Errno::ILSEQ)?;
    let page = memory.bytes_mut(buffer, buffer_length)?;
    let fits = content.len().min(page.len());
    page[..fits].copy_from_slice(&content[..fits]);
    Ok(memory.put_u32(used, fits as u32)?)
}

pub(super) fn path_link(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_length: u32,
    new_fd: u32,
    new_path: u32,
    new_path_length: u32,
) -> Answer {
    // A link to what a link leads to could not be had without a race.
    if known::<LookupFlags>(lookup)?.contains(LookupFlags::SYMLINK_FOLLOW) {
        return Err(Errno::INVAL.into());
    }
    let path = memory.path(path, path_length)?;
    let new_path = memory.path(new_path, new_path_length)?;
    let from = wasi.table.directory(fd, Rights::PATH_LINK_SOURCE)?;
    let to = wasi.table.directory(new_fd, Rights::PATH_LINK_TARGET)?;
    Ok(from.link(path, to, new_path)?)
}

pub(super) fn path_rename(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: u32,
    path: u32,
    path_length: u32,
    new_fd: u32,
    new_path: u32,
    new_path_length: u32,
) -> Answer {
    let path = memory.path(path, path_length)?;
    let new_path = memory.path(new_path, new_path_length)?;
    let from = wasi.table.directory(fd, Rights::PATH_RENAME_SOURCE)?;
    let to = wasi.table.directory(new_fd, Rights::PATH_RENAME_TARGET)?;
    Ok(from.rename(path, to, new_path)?)
}
