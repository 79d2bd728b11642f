//! The calls that take a path in a directory.

#![expect(clippy::too_many_arguments, reason = "the parameters are WASI's")]

use super::abi::{Filestat, Slice};
use super::directory::{OpenMode, OpenRequest};
use super::file::File;
use super::flags::{Lookupflags, Oflags, Rights, flags_from_bits};
use super::stat::{filestat, timestamps};
use super::table::Descriptor;
use super::{Call, Errno, GuestMemory, Wasi, WasiError, WasiResult, failed_lookups};
use rustix::fs::FileType;
use std::os::unix::ffi::OsStrExt;

pub(super) fn path_open(
    call: Call<'_>,
    fd: u32,
    dirflags: u32,
    path: Slice,
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
    let result = open_path(call.wasi, call.memory, fd, path, request, rights, opened_fd);
    failed_lookups::record(result, &call, fd, path)
}

fn open_path(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: Slice,
    request: OpenRequest,
    rights: Rights,
    opened_fd: u32,
) -> WasiResult {
    // Older versions of Linux create a file: see "BUGS" in <https://man7.org/linux/man-pages/man2/open.2.html>.
    if request.oflags.contains(Oflags::CREAT | Oflags::DIRECTORY) {
        return Err(Errno::INVAL.into());
    }
    let path = memory.path(path)?;
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
    call: Call<'_>,
    fd: u32,
    flags: u32,
    path: Slice,
    stat: u32,
) -> WasiResult {
    let found = filestat_of_path(&call, fd, flags, path)?;
    Ok(call.memory.write(stat, found)?)
}

/// The attributes of the file or directory with a path.
pub(super) fn filestat_of_path(
    call: &Call<'_>,
    fd: u32,
    flags: u32,
    path: Slice,
) -> Result<Filestat, WasiError> {
    let host_stat = |name| {
        let table = &call.wasi.table;
        let directory = table.directory(fd, Rights::PATH_FILESTAT_GET)?;
        Ok(directory.stat(name, flags_from_bits(flags)?)?)
    };
    let found = host_stat(call.memory.path(path)?);
    let found = found.map(|stat| filestat(&stat));
    failed_lookups::record(found, call, fd, path)
}

pub(super) fn path_filestat_set_times(
    call: Call<'_>,
    fd: u32,
    flags: u32,
    path: Slice,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> WasiResult {
    let times = timestamps(&call.wasi.clocks, atim, mtim, fst_flags)?;
    let table = &call.wasi.table;
    let directory = table.directory(fd, Rights::PATH_FILESTAT_SET_TIMES)?;
    let located = directory.locate(call.memory.path(path)?, flags_from_bits(flags)?)?;
    Ok(located.set_times(&times)?)
}

pub(super) fn path_create_directory(call: Call<'_>, fd: u32, path: Slice) -> WasiResult {
    let create = |path| {
        let table = &call.wasi.table;
        let directory = table.directory(fd, Rights::PATH_CREATE_DIRECTORY)?;
        Ok(directory.create_directory(path)?)
    };
    let result = create(call.memory.path(path)?);
    failed_lookups::record(result, &call, fd, path)
}

pub(super) fn path_remove_directory(call: Call<'_>, fd: u32, path: Slice) -> WasiResult {
    let table = &call.wasi.table;
    let directory = table.directory(fd, Rights::PATH_REMOVE_DIRECTORY)?;
    Ok(directory.remove_directory(call.memory.path(path)?)?)
}

pub(super) fn path_unlink_file(call: Call<'_>, fd: u32, path: Slice) -> WasiResult {
    let directory = call.wasi.table.directory(fd, Rights::PATH_UNLINK_FILE)?;
    Ok(directory.unlink(call.memory.path(path)?)?)
}

pub(super) fn path_symlink(
    call: Call<'_>,
    old_path: Slice,
    fd: u32,
    new_path: Slice,
) -> WasiResult {
    let directory = call.wasi.table.directory(fd, Rights::PATH_SYMLINK)?;
    let content = call.memory.path(old_path)?;
    let path = call.memory.path(new_path)?;
    Ok(directory.symlink(content, path)?)
}

pub(super) fn path_readlink(
    call: Call<'_>,
    fd: u32,
    path: Slice,
    buf: Slice,
    bufused: u32,
) -> WasiResult {
    let directory = call.wasi.table.directory(fd, Rights::PATH_READLINK)?;
    let content = directory.read_link(call.memory.path(path)?)?;
    let content = content.as_os_str().as_bytes();
    std::str::from_utf8(content).map_err(|_| Errno::ILSEQ)?;
    let buffer = call.memory.bytes_mut(buf)?;
    let fits = content.len().min(buffer.len());
    buffer[..fits].copy_from_slice(&content[..fits]);
    Ok(call.memory.write(bufused, fits as u32)?)
}

pub(super) fn path_link(
    call: Call<'_>,
    old_fd: u32,
    old_flags: u32,
    old_path: Slice,
    new_fd: u32,
    new_path: Slice,
) -> WasiResult {
    // cap-std does not follow a link at the end of the path. Following it first would be a race.
    if flags_from_bits::<Lookupflags>(old_flags)?.contains(Lookupflags::SYMLINK_FOLLOW) {
        return Err(Errno::INVAL.into());
    }
    let old_path = call.memory.path(old_path)?;
    let new_path = call.memory.path(new_path)?;
    let table = &call.wasi.table;
    let from = table.directory(old_fd, Rights::PATH_LINK_SOURCE)?;
    let to = table.directory(new_fd, Rights::PATH_LINK_TARGET)?;
    Ok(from.link(old_path, to, new_path)?)
}

pub(super) fn path_rename(
    call: Call<'_>,
    fd: u32,
    old_path: Slice,
    new_fd: u32,
    new_path: Slice,
) -> WasiResult {
    let old_path = call.memory.path(old_path)?;
    let new_path = call.memory.path(new_path)?;
    let table = &call.wasi.table;
    let from = table.directory(fd, Rights::PATH_RENAME_SOURCE)?;
    let to = table.directory(new_fd, Rights::PATH_RENAME_TARGET)?;
    Ok(from.rename(old_path, to, new_path)?)
}
