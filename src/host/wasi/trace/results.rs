//! Formats the result of a call, which is read from where the call has written it.

use super::super::abi::{AbiRecord, Dirent, Event, Fdstat, Filestat, Prestat, Slice};
use super::super::args_and_env::StringList;
use super::super::enumerations::{Enumeration, Eventtype, Filetype};
use super::super::flags::{Eventrwflags, Fdflags};
use super::super::memory::{BufferList, MAX_PATH_BYTES};
use super::params::time;
use super::text::{self, MAX_ITEMS};
use super::{Errno, GuestMemory, MAX_NAME_BYTES, Wasi};
use crate::go_literals::string::quote_start;
use crate::host::trace::MAX_DATA_BYTES;

/// The format of the result of a successful call, with the pointers to which the call writes.
#[derive(Clone, Copy, Debug)]
pub(in crate::host::wasi) enum ResultFormat {
    /// No value.
    Success,
    /// A descriptor for a path below another descriptor, and its pointer.
    Opened(u32, Slice, u32),
    /// The first descriptor becomes the second.
    Renumbered(u32, u32),
    /// The number of bytes written.
    Written(u32),
    /// Data that was read into buffers, and its size.
    Read(Slice, u32),
    /// Data in a buffer.
    Bytes(Slice),
    /// The name of the mount `fd`, and its pointer.
    MountName(u32, u32),
    /// The content of a link, and its length.
    LinkContent(u32, u32),
    /// The count and the size of strings.
    Sizes(u32, u32),
    /// The program's arguments: the list of pointers, and the strings.
    Args(u32, u32),
    /// The program's environment.
    Environ(u32, u32),
    Resolution(u32),
    /// The time of the clock with an id.
    Time(u32, u32),
    Offset(u32),
    Fdstat(u32),
    Filestat(u32),
    Prestat(u32),
    /// Directory entries: the buffer, and how much of it is used.
    Dirents(Slice, u32),
    /// Events: the list, its length, and the number of subscriptions.
    Events(u32, u32, u32),
}

/// Data that must be read before the call, because the call may overwrite it.
#[derive(Default)]
pub(super) struct BeforeCall {
    /// The buffers to read into, as far as their data is printed.
    buffers: BufferList<Slice>,
    /// The name of the file or directory that is opened.
    name: Option<String>,
}

impl ResultFormat {
    pub(super) fn before_call(&self, wasi: &Wasi, memory: &GuestMemory<'_>) -> BeforeCall {
        let mut before = BeforeCall::default();
        match *self {
            Self::Read(list, _) => {
                // No buffer is empty, so these have all the bytes that are printed.
                let buffers = text::buffers(memory, list).into_iter().flatten();
                before.buffers = buffers.take(MAX_DATA_BYTES + 1).collect();
            }
            Self::Opened(fd, path, _) => {
                let parent = wasi.fd_name(fd).unwrap_or_default();
                let path = memory.path(path).unwrap_or_default();
                let name = if parent.is_empty() || parent.ends_with('/') {
                    format!("{parent}{path}")
                } else {
                    format!("{parent}/{path}")
                };
                before.name = (!path.is_empty() && name.len() <= MAX_NAME_BYTES).then_some(name);
            }
            Self::Renumbered(fd, _) => before.name = wasi.fd_names.0.get(&fd).cloned(),
            _ => {}
        }
        before
    }

    /// The number of bytes that the call has read or written.
    pub(super) fn bytes_moved(&self, memory: &GuestMemory<'_>) -> u64 {
        let moved = match *self {
            Self::Written(count)
            | Self::Read(_, count)
            | Self::Dirents(_, count)
            | Self::LinkContent(_, count) => memory.read(count).unwrap_or(0),
            Self::Bytes(bytes) => bytes.length,
            _ => 0,
        };
        moved.into()
    }

    /// Records the name of the file or directory that was opened.
    pub(super) fn record_name(
        &self,
        wasi: &mut Wasi,
        memory: &GuestMemory<'_>,
        before: BeforeCall,
    ) {
        let fd = match *self {
            Self::Opened(.., opened_fd) => memory.read(opened_fd),
            Self::Renumbered(_, to) => Ok(to),
            _ => return,
        };
        match (fd, before.name) {
            (Ok(fd), Some(name)) => wasi.fd_names.set(fd, name),
            (Ok(fd), None) => drop(wasi.fd_names.0.remove(&fd)),
            (Err(_), _) => {}
        }
    }

    pub(super) fn text(
        &self,
        wasi: &Wasi,
        memory: &GuestMemory<'_>,
        before: &BeforeCall,
    ) -> String {
        // The call has written the result, so it can be read.
        self.read_back(wasi, memory, before)
            .unwrap_or_else(|errno| errno.name().to_owned())
    }

    fn read_back(
        &self,
        wasi: &Wasi,
        memory: &GuestMemory<'_>,
        before: &BeforeCall,
    ) -> Result<String, Errno> {
        let u32_at = |pointer| memory.read::<u32, _>(pointer);
        let u64_at = |pointer| memory.read::<u64, _>(pointer);
        Ok(match *self {
            Self::Success | Self::Renumbered(..) => "0".to_owned(),
            Self::Opened(.., opened_fd) => format!("fd {}", u32_at(opened_fd)?),
            Self::Written(count) => u32_at(count)?.to_string(),
            Self::Read(_, count) => {
                let size = u32_at(count)?;
                let data = text::data(memory, before.buffers.iter().copied(), size.into())?;
                format!("{size} {data}")
            }
            Self::Bytes(bytes) => quote_start(memory.bytes(bytes)?, MAX_DATA_BYTES),
            Self::MountName(fd, pointer) => {
                let length = wasi.fd_name(fd).map_or(0, str::len) as u32;
                quote_start(memory.bytes(Slice { pointer, length })?, MAX_PATH_BYTES)
            }
            Self::LinkContent(pointer, length) => {
                let length = u32_at(length)?;
                quote_start(memory.bytes(Slice { pointer, length })?, MAX_PATH_BYTES)
            }
            Self::Sizes(count, size) => {
                format!("{{count {}, bytes {}}}", u32_at(count)?, u32_at(size)?)
            }
            Self::Args(pointers, buf) => strings(memory, pointers, buf, &wasi.args)?,
            Self::Environ(pointers, buf) => strings(memory, pointers, buf, &wasi.env)?,
            Self::Resolution(pointer) => text::duration(u64_at(pointer)?),
            Self::Time(id, pointer) => time(id, u64_at(pointer)?),
            Self::Offset(pointer) => u64_at(pointer)?.to_string(),
            Self::Fdstat(pointer) => fdstat(&memory.read(pointer)?),
            Self::Filestat(pointer) => filestat(&memory.read(pointer)?),
            Self::Prestat(pointer) => {
                let prestat: Prestat = memory.read(pointer)?;
                format!("{{directory, name length {}}}", prestat.pr_name_len)
            }
            Self::Dirents(Slice { pointer, length }, used) => {
                let used = u32_at(used)?;
                let length = used.min(length);
                dirents(memory.bytes(Slice { pointer, length })?, used)
            }
            Self::Events(pointer, count, nsubscriptions) => {
                let count = u32_at(count)?;
                let events = memory.records(pointer, count)?;
                let texts = events.map(|each| event(&each, nsubscriptions));
                format!("{count} {}", text::list(texts, count as usize))
            }
        })
    }
}

/// Formats the strings of a list of pointers. Each string has a final zero byte.
fn strings(
    memory: &GuestMemory<'_>,
    pointers: u32,
    buf: u32,
    strings: &StringList,
) -> Result<String, Errno> {
    let bytes = memory.bytes(Slice {
        pointer: buf,
        length: strings.size(),
    })?;
    let pointers = memory.records::<u32, _>(pointers, strings.count())?;
    let quoted = pointers.map(|pointer| {
        let start = pointer.wrapping_sub(buf) as usize;
        let from_start = bytes.get(start..).unwrap_or_default();
        let string = from_start
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default();
        quote_start(string, MAX_DATA_BYTES)
    });
    Ok(text::list(quoted, strings.count() as usize))
}

fn fdstat(fdstat: &Fdstat) -> String {
    let filetype = Filetype::name_of(fdstat.fs_filetype.into());
    let flags = text::flag_names::<Fdflags>(fdstat.fs_flags);
    let base = text::rights(fdstat.fs_rights_base);
    let inheriting = text::rights(fdstat.fs_rights_inheriting);
    format!("{{{filetype}, flags {flags}, rights {base}, inheriting {inheriting}}}")
}

fn filestat(filestat: &Filestat) -> String {
    let filetype = Filetype::name_of(filestat.filetype.into());
    let Filestat { size, nlink, .. } = filestat;
    let modified = text::timestamp(filestat.mtim);
    format!("{{{filetype}, size {size}, links {nlink}, modified {modified}, ...}}")
}

fn dirents(mut bytes: &[u8], used: u32) -> String {
    let mut names = Vec::new();
    while let Some((record, after)) = bytes.split_first_chunk() {
        let length = Dirent::from_bytes(record).d_namlen as usize;
        // The last entry of a buffer may be truncated. The guest then requests it again.
        let Some((name, next)) = after.split_at_checked(length) else {
            break;
        };
        names.push(quote_start(name, MAX_NAME_BYTES));
        bytes = next;
        if names.len() > MAX_ITEMS {
            break;
        }
    }
    let count = names.len();
    format!("{used} {}", text::list(names.into_iter(), count))
}

fn event(event: &Event, nsubscriptions: u32) -> String {
    let userdata = text::userdata(event.userdata, nsubscriptions);
    if let Some(errno) = Errno::from_code(event.error) {
        return format!("{{{userdata}{}}}", errno.name());
    }
    let what = match Eventtype::from_code(event.event_type.into()) {
        Ok(Eventtype::Clock) => "clock".to_owned(),
        Ok(Eventtype::FdRead) => format!("read, {} bytes available", event.nbytes),
        Ok(Eventtype::FdWrite) => "write".to_owned(),
        Err(_) => format!("kind {}", event.event_type),
    };
    let flags = Eventrwflags::from_bits_truncate(event.flags);
    let hangup = if flags.contains(Eventrwflags::FD_READWRITE_HANGUP) {
        ", hangup"
    } else {
        ""
    };
    format!("{{{userdata}{what}{hangup}}}")
}
