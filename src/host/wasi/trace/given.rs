//! What a call is given, as text.

use super::names::{self, CLOCKS};
use super::{Errno, Given, LONGEST_PATH, MOST_BUFFERS, Memory, Wasi, buffers, first_bytes, list};
use crate::host::wasi::flags::TimeFlags;
use crate::host::watch::quote;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The size of a subscription.
const SUBSCRIPTION: u32 = 48;

/// The flag by which a clock's time is a point rather than a length.
const ABSOLUTE: u16 = 1;

impl Given {
    pub(super) fn shown(&self, wasi: &Wasi, memory: &Memory<'_>) -> String {
        match *self {
            Self::Fd(fd) => wasi.shown_fd(fd),
            Self::Path(address, length) => match memory.bytes(address, length) {
                Ok(path) => quote::text(path, LONGEST_PATH),
                Err(_) => format!("{address:#x}, {length}"),
            },
            Self::Buffers(address, count) => {
                let shown = data(memory, address, count);
                shown.unwrap_or_else(|_| format!("{address:#x}, {count}"))
            }
            Self::Room(address, count) => match room(memory, address, count) {
                Ok(room) => room,
                Err(_) => format!("{address:#x}, {count}"),
            },
            Self::Number(number) => number.to_string(),
            Self::Offset(offset) => offset.cast_signed().to_string(),
            Self::Name(number, names) => names::name(number, names),
            Self::Flags(bits, names) => names::flags(bits.into(), names),
            Self::Rights(bits) => names::rights(bits),
            Self::Times(accessed, modified, flags) => times(accessed, modified, flags),
            Self::Subscriptions(address, count) => {
                let shown = subscriptions(wasi, memory, address, count);
                shown.unwrap_or_else(|_| format!("{address:#x}, {count}"))
            }
        }
    }
}

/// How many bytes there are in buffers, and in how many.
fn room(memory: &Memory<'_>, address: u32, count: u32) -> Result<String, Errno> {
    let lengths = buffers(memory, address, count)?.map(|(_, length)| u64::from(length));
    Ok(in_buffers(lengths.sum(), count))
}

fn in_buffers(length: u64, count: u32) -> String {
    match count {
        0 | 1 => length.to_string(),
        2..=MOST_BUFFERS => format!("{length} in {count} buffers"),
        _ => format!("{length} and more in {count} buffers"),
    }
}

/// What lies in buffers, from its beginning on, and how much it is.
fn data(memory: &Memory<'_>, address: u32, count: u32) -> Result<String, Errno> {
    let lengths = buffers(memory, address, count)?.map(|(_, length)| u64::from(length));
    let length = lengths.sum();
    let first = first_bytes(memory, buffers(memory, address, count)?, length)?;
    let (shown, length) = (quote::data(&first, length), in_buffers(length, count));
    Ok(format!("{shown}, {length}"))
}

/// Time stamps to be set: times, or what is done instead.
fn times(accessed: u64, modified: u64, flags: u32) -> String {
    let has = |flag: TimeFlags| flags & u32::from(flag.bits()) != 0;
    let time = |stamp: u64, set: TimeFlags, set_now: TimeFlags| match (has(set), has(set_now)) {
        (true, true) => format!("{} and NOW", self::stamp(stamp)),
        (true, false) => self::stamp(stamp),
        (false, true) => "NOW".to_owned(),
        (false, false) => "OMIT".to_owned(),
    };
    let accessed = time(accessed, TimeFlags::ACCESSED, TimeFlags::ACCESSED_NOW);
    let modified = time(modified, TimeFlags::MODIFIED, TimeFlags::MODIFIED_NOW);
    let shown = format!("{{accessed {accessed}, modified {modified}}}");
    match flags & !u32::from(TimeFlags::all().bits()) {
        0 => shown,
        unknown => format!("{shown}, {unknown:#x}"),
    }
}

fn subscriptions(
    wasi: &Wasi,
    memory: &Memory<'_>,
    address: u32,
    count: u32,
) -> Result<String, Errno> {
    let size = count.checked_mul(SUBSCRIPTION).ok_or(Errno::FAULT)?;
    memory.bytes(address, size)?;
    let one = |index: u32| {
        let shown = subscription(wasi, memory, address + index * SUBSCRIPTION, count);
        shown.unwrap_or_default()
    };
    Ok(list((0..count).map(one), count as usize))
}

fn subscription(wasi: &Wasi, memory: &Memory<'_>, at: u32, count: u32) -> Result<String, Errno> {
    let number = memory.u32(at + 16)?;
    let [kind] = *memory.bytes(at + 8, 1)? else {
        return Err(Errno::FAULT);
    };
    let wish = match kind {
        0 => {
            let clock = names::name(number, CLOCKS);
            let time = memory.u64(at + 24)?;
            let flags = memory.u16(at + 40)?;
            match (flags & ABSOLUTE != 0, number) {
                (true, 0) => format!("clock {clock} until {}", stamp(time)),
                (true, _) => format!("clock {clock} until {}", seconds(time)),
                (false, _) => format!("clock {clock} {}", length(time)),
            }
        }
        1 => format!("read {}", wasi.shown_fd(number)),
        2 => format!("write {}", wasi.shown_fd(number)),
        other => format!("kind {other}"),
    };
    Ok(format!("{{{}{wish}}}", userdata(memory.u64(at)?, count)))
}

/// The mark by which an event is known for its subscription's, where there are several.
pub(super) fn userdata(mark: u64, count: u32) -> String {
    match count {
        0 | 1 => String::new(),
        _ => format!("{mark:#x}: "),
    }
}

/// A time since 1970, in nanoseconds with a sign, as this runner reads and tells them.
pub(super) fn stamp(nanoseconds: u64) -> String {
    let signed = nanoseconds.cast_signed();
    let length = Duration::from_nanos(signed.unsigned_abs());
    // humantime knows no time before 1970, and ends long after WASI's times do.
    match UNIX_EPOCH.checked_add(length) {
        Some(time) if signed >= 0 => rfc3339(time),
        _ => format!("{} before 1970", humantime::format_duration(length)),
    }
}

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339(time).to_string()
}

/// A count of nanoseconds since some beginning.
pub(super) fn seconds(nanoseconds: u64) -> String {
    let (whole, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    format!("{whole}.{rest:09}s")
}

/// A length of time.
pub(super) fn length(nanoseconds: u64) -> String {
    humantime::format_duration(Duration::from_nanos(nanoseconds)).to_string()
}
