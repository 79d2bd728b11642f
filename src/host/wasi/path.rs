//! The calls that take a path in a directory.

#![expect(clippy::too_many_arguments, reason = "the parameters are WASI's")]

use super::abi::Filestat;
use super::directory::{OpenMode, OpenRequest};
use super::file::File;
use super::flags::{Lookupflags, Oflags, Rights, flags_from_bits};
use super::stat::{filestat, set_times, timestamps};
use super::table::Descriptor;
use super::{Errno, GuestMemory, Wasi, WasiError, WasiResult, failed_lookups};
use rustix::fd::AsFd;
use rustix::fs::FileType;
use std::os::unix::ffi::OsStrExt;

pub(super) fn path_open(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    dirflags: u32,
    path: u32,
    path_len: u32,
    oflags: u32,
    fs_rights_base: u64,
    _fs_rights_inheriting: u64,
    fdflags: u32,
    opened_fd: u32,
) -> WasiResult {
    let rights = Rights::from_bits_truncate(fs_rights_base);
    let request = OpenRequest {
        lookup: flags_from_bits(dirflags)?,
        oflags: flags_from_bits(oflags)?,
        fdflags: flags_from_bits(fdflags)?,
        mode: open_mode(rights),
    };
    let path = (path, path_len);
    let result = open_path(wasi, memory, fd, path, request, rights, opened_fd);
    failed_lookups::record(result, wasi, memory, fd, path)
}

fn open_path(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    (path, path_len): (u32, u32),
    request: OpenRequest,
    rights: Rights,
    opened_fd: u32,
) -> WasiResult {
    // Older versions of Linux create a file: see "BUGS" in <https://man7.org/linux/man-pages/man2/open.2.html>.
    if request.oflags.contains(Oflags::CREAT | Oflags::DIRECTORY) {
        return Err(Errno::INVAL.into());
    }
    let path = memory.path(path, path_len)?;
    memory.require_u32(opened_fd)?;
    wasi.table.require_space()?;
    let parent = wasi.table.get(fd)?;
    let (parent_rights, inheriting) = (parent.rights, parent.inheriting);
    let directory = wasi.table.directory(fd, Rights::PATH_OPEN)?;
    for (flag, needed) in [
        (Oflags::CREAT, Rights::PATH_CREATE_FILE),
        (Oflags::TRUNC, Rights::PATH_FILESTAT_SET_SIZE),
    ] {
        if request.oflags.contains(flag) && !parent_rights.contains(needed) {
            return Err(Errno::NOTCAPABLE.into());
        }
    }
    let opened = directory.open(path, request)?;
    let access = directory.access();
    let host_type = FileType::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode);
    let descriptor = match host_type {
        FileType::Directory => Descriptor::directory(directory.child(opened), inheriting),
        _ => {
            let file = File::mounted(opened, request.fdflags, access);
            let rights = file.rights(host_type, rights).intersection(inheriting);
            Descriptor::file(file, rights)
        }
    };
    let new_fd = wasi.table.add(descriptor);
    Ok(memory.write(opened_fd, new_fd)?)
}

/// The mode in which to open a file for the requested rights.
fn open_mode(rights: Rights) -> OpenMode {
    let (reads, writes) = (Rights::FD_READ, Rights::FD_WRITE);
    match (rights.contains(reads), rights.contains(writes)) {
        (_, false) => OpenMode::Read,
        (true, true) => OpenMode::ReadWrite,
        (false, true) => OpenMode::Write,
    }
}

pub(super) fn path_filestat_get(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    path_len: u32,
    stat: u32,
) -> WasiResult {
    let found = filestat_of_path(wasi, memory, fd, flags, (path, path_len))?;
    Ok(memory.write(stat, found)?)
}

/// The attributes of the file or directory with a path (pointer and length).
pub(super) fn filestat_of_path(
    wasi: &Wasi,
    memory: &GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: (u32, u32),
) -> Result<Filestat, WasiError> {
    let host_stat = |name| {
        let directory = wasi.table.directory(fd, Rights::PATH_FILESTAT_GET)?;
        Ok(directory.stat(name, flags_from_bits(flags)?)?)
    };
    let found = host_stat(memory.path(path.0, path.1)?);
    let found = found.map(|stat| filestat(&stat));
    failed_lookups::record(found, wasi, memory, fd, path)
}

pub(super) fn path_filestat_set_times(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    path_len: u32,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> WasiResult {
    let times = timestamps(&wasi.clocks, atim, mtim, fst_flags)?;
    let directory = wasi.table.directory(fd, Rights::PATH_FILESTAT_SET_TIMES)?;
    let located = directory.locate(memory.path(path, path_len)?, flags_from_bits(flags)?)?;
    Ok(set_times(located.as_fd(), &times)?)
}

pub(super) fn path_create_directory(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> WasiResult {
    let create = |path| {
        let directory = wasi.table.directory(fd, Rights::PATH_CREATE_DIRECTORY)?;
        Ok(directory.create_directory(path)?)
    };
    let result = create(memory.path(path, path_len)?);
    failed_lookups::record(result, wasi, memory, fd, (path, path_len))
}

pub(super) fn path_remove_directory(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> WasiResult {
    let directory = wasi.table.directory(fd, Rights::PATH_REMOVE_DIRECTORY)?;
    Ok(directory.remove_directory(memory.path(path, path_len)?)?)
}

pub(super) fn path_unlink_file(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> WasiResult {
    let directory = wasi.table.directory(fd, Rights::PATH_UNLINK_FILE)?;
    Ok(directory.unlink(memory.path(path, path_len)?)?)
}

pub(super) fn path_symlink(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    old_path: u32,
    old_path_len: u32,
    fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> WasiResult {
    let directory = wasi.table.directory(fd, Rights::PATH_SYMLINK)?;
    let content = memory.path(old_path, old_path_len)?;
    let path = memory.path(new_path, new_path_len)?;
    Ok(directory.symlink(content, path)?)
}

pub(super) fn path_readlink(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
    buf: u32,
    buf_len: u32,
    bufused: u32,
) -> WasiResult {
    let directory = wasi.table.directory(fd, Rights::PATH_READLINK)?;
    let content = directory.read_link(memory.path(path, path_len)?)?;
    let content = content.as_os_str().as_bytes();
    std::str::from_utf8(content).map_err(|_| Errno::ILSEQ)?;
    let buffer = memory.bytes_mut(buf, buf_len)?;
    let fits = content.len().min(buffer.len());
    buffer[..fits].copy_from_slice(&content[..fits]);
    Ok(memory.write(bufused, fits as u32)?)
}

pub(super) fn path_link(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    old_fd: u32,
    old_flags: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> WasiResult {
    // cap-std does not follow a link at the end of the path. Following it first would be a race.
    if flags_from_bits::<Lookupflags>(old_flags)?.contains(Lookupflags::SYMLINK_FOLLOW) {
        return Err(Errno::INVAL.into());
    }
    let old_path = memory.path(old_path, old_path_len)?;
    let new_path = memory.path(new_path, new_path_len)?;
    let from = wasi.table.directory(old_fd, Rights::PATH_LINK_SOURCE)?;
    let to = wasi.table.directory(new_fd, Rights::PATH_LINK_TARGET)?;
    Ok(from.link(old_path, to, new_path)?)
}

pub(super) fn path_rename(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> WasiResult {
    let old_path = memory.path(old_path, old_path_len)?;
    let new_path = memory.path(new_path, new_path_len)?;
    let from = wasi.table.directory(fd, Rights::PATH_RENAME_SOURCE)?;
    let to = wasi.table.directory(new_fd, Rights::PATH_RENAME_TARGET)?;
    Ok(from.rename(old_path, to, new_path)?)
}
