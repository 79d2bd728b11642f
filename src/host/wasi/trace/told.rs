//! What comes of a call, as text: read back from where the call has written it.

use super::given::{length, seconds, stamp, userdata};
use super::names::{self, FD_FLAGS, FILE_TYPES, RECEIVE_FLAGS};
use super::{
    Errno, Kept, LONGEST_NAME, LONGEST_PATH, MOST_ITEMS, Memory, Told, Wasi, buffers, first_bytes,
    list,
};
use crate::host::wasi::strings::Strings;
use crate::host::watch::quote;

/// The size of an event.
const EVENT: u32 = 32;

/// The size of what goes before the name of an entry in a listing.
const HEADER: usize = 24;

impl Told {
    /// What is needed for `shown` and may not be there any more then.
    pub(super) fn keep(&self, wasi: &Wasi, memory: &Memory<'_>) -> Kept {
        let mut kept = Kept::default();
        match *self {
            Self::Data(list, count, _) | Self::Received(list, count, ..) => {
                // None of them is empty, so that these hold all that is shown.
                let buffers = buffers(memory, list, count).into_iter().flatten();
                kept.buffers = buffers.take(quote::SHOWN + 1).collect();
            }
            Self::Opened { fd, path, .. } => {
                let parent = wasi.name_of(fd).unwrap_or_default();
                let path = memory.path(path.0, path.1).unwrap_or_default();
                let name = match parent.is_empty() || parent.ends_with('/') {
                    true => format!("{parent}{path}"),
                    false => format!("{parent}/{path}"),
                };
                kept.name = (!path.is_empty() && name.len() <= LONGEST_NAME).then_some(name);
            }
            Self::Renumbered(from, _) => kept.name = wasi.names.0.get(&from).cloned(),
            _ => {}
        }
        kept
    }

    /// How many bytes the call has moved.
    pub(super) fn bytes(&self, memory: &Memory<'_>) -> u64 {
        let moved = match *self {
            Self::Written(moved)
            | Self::Data(_, _, moved)
            | Self::Received(_, _, moved, _)
            | Self::Entries(_, _, moved)
            | Self::Link(_, moved) => memory.u32(moved).unwrap_or(0),
            Self::Bytes(_, length) => length,
            _ => 0,
        };
        moved.into()
    }

    /// Remembers the name of what was opened.
    pub(super) fn remember(&self, wasi: &mut Wasi, memory: &Memory<'_>, kept: Kept) {
        let fd = match *self {
            Self::Opened { opened, .. } => memory.u32(opened),
            Self::Renumbered(_, to) => Ok(to),
            _ => return,
        };
        match (fd, kept.name) {
            (Ok(fd), Some(name)) => wasi.names.set(fd, name),
            (Ok(fd), None) => drop(wasi.names.0.remove(&fd)),
            (Err(_), _) => {}
        }
    }

    pub(super) fn shown(&self, wasi: &Wasi, memory: &Memory<'_>, kept: &Kept) -> String {
        let shown = self.read_back(wasi, memory, kept);
        // The call has written it, so that it can be read.
        shown.unwrap_or_else(|errno| errno.name().to_owned())
    }

    fn read_back(&self, wasi: &Wasi, memory: &Memory<'_>, kept: &Kept) -> Result<String, Errno> {
        Ok(match *self {
            Self::Nothing | Self::Renumbered(..) => "0".to_owned(),
            Self::Opened { opened: fd, .. } | Self::Accepted(fd) => {
                format!("fd {}", memory.u32(fd)?)
            }
            Self::Written(count) => memory.u32(count)?.to_string(),
            Self::Data(_, _, read) => data(memory, kept, memory.u32(read)?)?,
            Self::Received(_, _, read, flags) => {
                let flags = names::flags(memory.u16(flags)?.into(), RECEIVE_FLAGS);
                format!("{}, {flags}", data(memory, kept, memory.u32(read)?)?)
            }
            Self::Bytes(address, length) => {
                quote::data(memory.bytes(address, length)?, length.into())
            }
            Self::MountName(fd, address) => {
                let length = wasi.name_of(fd).map_or(0, str::len);
                // It was told whole, or the call would have failed.
                quote::text(memory.bytes(address, length as u32)?, LONGEST_PATH)
            }
            Self::Link(address, used) => {
                let content = memory.bytes(address, memory.u32(used)?)?;
                quote::text(content, LONGEST_PATH)
            }
            Self::Sizes(count, length) => {
                let (count, length) = (memory.u32(count)?, memory.u32(length)?);
                format!("{{count {count}, bytes {length}}}")
            }
            Self::Args(list, block) => strings(memory, list, block, &wasi.args)?,
            Self::Variables(list, block) => strings(memory, list, block, &wasi.env)?,
            Self::Resolution(address) => length(memory.u64(address)?),
            Self::Time(clock, address) => match (clock, memory.u64(address)?) {
                (0, time) => stamp(time),
                (_, time) => seconds(time),
            },
            Self::Position(address) => memory.u64(address)?.to_string(),
            Self::FdStat(address) => fd_stat(memory, address)?,
            Self::FileStat(address) => file_stat(memory, address)?,
            Self::Prestat(address) => {
                let length = memory.u64(address)? >> 32;
                format!("{{directory, name length {length}}}")
            }
            Self::Entries(address, room, used) => {
                entries(memory, address, room, memory.u32(used)?)?
            }
            Self::Events(address, told, count) => {
                events(memory, address, memory.u32(told)?, count)?
            }
        })
    }
}

/// What was read, from its beginning on, and how much it is.
fn data(memory: &Memory<'_>, kept: &Kept, read: u32) -> Result<String, Errno> {
    let first = first_bytes(memory, kept.buffers.iter().copied(), read.into())?;
    Ok(format!("{read} {}", quote::data(&first, read.into())))
}

/// Strings that a list of addresses names, in a block where each ends in a zero byte.
fn strings(
    memory: &Memory<'_>,
    addresses: u32,
    block: u32,
    told: &Strings,
) -> Result<String, Errno> {
    let bytes = memory.bytes(block, told.size())?;
    let (addresses, _) = memory.bytes(addresses, told.count() * 4)?.as_chunks::<4>();
    let quoted = addresses.iter().map(|address| {
        let start = u32::from_le_bytes(*address).wrapping_sub(block) as usize;
        let behind = bytes.get(start..).unwrap_or_default();
        let string = behind.split(|byte| *byte == 0).next().unwrap_or_default();
        quote::data(string, string.len() as u64)
    });
    Ok(list(quoted, addresses.len()))
}

fn fd_stat(memory: &Memory<'_>, address: u32) -> Result<String, Errno> {
    let [kind] = *memory.bytes(address, 1)? else {
        return Err(Errno::FAULT);
    };
    let flags = names::flags(memory.u16(address.saturating_add(2))?.into(), FD_FLAGS);
    let rights = names::rights(memory.u64(address.saturating_add(8))?);
    let inheriting = names::rights(memory.u64(address.saturating_add(16))?);
    let kind = names::name(kind.into(), FILE_TYPES);
    Ok(format!(
        "{{{kind}, flags {flags}, rights {rights}, inheriting {inheriting}}}"
    ))
}

fn file_stat(memory: &Memory<'_>, address: u32) -> Result<String, Errno> {
    let field = |at: u32| memory.u64(address.saturating_add(at));
    // A byte, and seven that mean nothing behind it.
    let kind = names::name((field(16)? & 0xff) as u32, FILE_TYPES);
    let (links, size, modified) = (field(24)?, field(32)?, stamp(field(48)?));
    Ok(format!(
        "{{{kind}, size {size}, links {links}, modified {modified}, ...}}"
    ))
}

fn entries(memory: &Memory<'_>, address: u32, room: u32, used: u32) -> Result<String, Errno> {
    let mut rest = memory.bytes(address, used.min(room))?;
    let mut names = Vec::new();
    while let Some((header, behind)) = rest.split_at_checked(HEADER) {
        let Some([a, b, c, d]) = header.get(16..20).and_then(<[u8]>::first_chunk).copied() else {
            break;
        };
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        // The last entry of a page may be cut, and is then told again.
        let Some((name, next)) = behind.split_at_checked(length) else {
            break;
        };
        names.push(quote::text(name, LONGEST_NAME));
        rest = next;
        if names.len() > MOST_ITEMS {
            break;
        }
    }
    let count = names.len();
    Ok(format!("{used} {}", list(names.into_iter(), count)))
}

fn events(memory: &Memory<'_>, address: u32, told: u32, count: u32) -> Result<String, Errno> {
    let size = told.checked_mul(EVENT).ok_or(Errno::FAULT)?;
    memory.bytes(address, size)?;
    let one = |index: u32| event(memory, address + index * EVENT, count).unwrap_or_default();
    Ok(format!(
        "{told} {}",
        list((0..told).map(one), told as usize)
    ))
}

fn event(memory: &Memory<'_>, at: u32, count: u32) -> Result<String, Errno> {
    let code = memory.u16(at + 8)?;
    let [kind] = *memory.bytes(at + 10, 1)? else {
        return Err(Errno::FAULT);
    };
    let (bytes, flags) = (memory.u64(at + 16)?, memory.u16(at + 24)?);
    let what = match kind {
        0 => "clock".to_owned(),
        1 => format!("read, {bytes} bytes there"),
        2 => "write".to_owned(),
        other => format!("kind {other}"),
    };
    let gone = if flags & 1 == 1 { ", hangup" } else { "" };
    let mark = userdata(memory.u64(at)?, count);
    Ok(match Errno::of(code) {
        None => format!("{{{mark}{what}{gone}}}"),
        Some(errno) => format!("{{{mark}{}}}", errno.name()),
    })
}
