//! Formats WASI's numbers, flags, times and buffers.

use super::super::abi::Slice;
use super::super::flags::{Fstflags, Rights};
use super::super::memory::MAX_BUFFERS;
use super::{Errno, GuestMemory};
use crate::go_literals::string::quote_start;
use crate::host::trace::MAX_DATA_BYTES;
use bitflags::Flags;
use std::time::{Duration, UNIX_EPOCH};

/// The maximum number of items of a list that are printed.
pub(super) const MAX_ITEMS: usize = 16;

/// The names of flags, and one number for all bits without a name; `0` if there are none.
pub(in crate::host::wasi) fn flag_names<F: Flags>(bits: impl Into<u64>) -> String
where
    F::Bits: Into<u64>,
{
    let bits = bits.into();
    let (mut unnamed, mut parts) = (bits, Vec::new());
    for flag in F::FLAGS {
        let flag_bits = flag.value().bits().into();
        if unnamed & flag_bits == flag_bits {
            parts.push(flag.name().to_owned());
            unnamed &= !flag_bits;
        }
    }
    if unnamed != 0 || parts.is_empty() {
        parts.push(match unnamed {
            0 => "0".to_owned(),
            unnamed => format!("{unnamed:#x}"),
        });
    }
    parts.join("|")
}

/// The names of rights. Most programs request all rights or nearly all, so if fewer than half are missing, `~` and the
/// missing ones are printed instead. Sockets' rights and unknown bits do not count as missing.
pub(super) fn rights(bits: u64) -> String {
    let asked = Rights::from_bits_retain(bits);
    let all = Rights::all().difference(Rights::SOCKET);
    let missing = all.difference(asked);
    if missing.is_empty() {
        "ALL".to_owned()
    } else if 2 * missing.bits().count_ones() < all.bits().count_ones() {
        format!("~({})", flag_names::<Rights>(missing.bits()))
    } else {
        flag_names::<Rights>(bits)
    }
}

/// The timestamps to set; `NOW` for the current time, `OMIT` for one that is not changed.
pub(super) fn times(atim: u64, mtim: u64, fst_flags: u32) -> String {
    let has = |flag: Fstflags| fst_flags & u32::from(flag.bits()) != 0;
    let time = |given: u64, set: Fstflags, set_now: Fstflags| match (has(set), has(set_now)) {
        (true, true) => format!("{} and NOW", timestamp(given)),
        (true, false) => timestamp(given),
        (false, true) => "NOW".to_owned(),
        (false, false) => "OMIT".to_owned(),
    };
    let accessed = time(atim, Fstflags::ATIM, Fstflags::ATIM_NOW);
    let modified = time(mtim, Fstflags::MTIM, Fstflags::MTIM_NOW);
    let text = format!("{{accessed {accessed}, modified {modified}}}");
    match fst_flags & !u32::from(Fstflags::all().bits()) {
        0 => text,
        unknown => format!("{text}, {unknown:#x}"),
    }
}

/// Formats signed nanoseconds since 1970.
pub(super) fn timestamp(nanoseconds: u64) -> String {
    let signed = nanoseconds.cast_signed();
    let distance = Duration::from_nanos(signed.unsigned_abs());
    // humantime does not format times before 1970.
    match UNIX_EPOCH.checked_add(distance) {
        Some(time) if signed >= 0 => humantime::format_rfc3339(time).to_string(),
        _ => format!("{} before 1970", humantime::format_duration(distance)),
    }
}

/// Formats a time of a clock whose start is undefined.
pub(super) fn seconds(nanoseconds: u64) -> String {
    let (whole, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    format!("{whole}.{rest:09}s")
}

pub(super) fn duration(nanoseconds: u64) -> String {
    humantime::format_duration(Duration::from_nanos(nanoseconds)).to_string()
}

/// The number that identifies an event's subscription. It is omitted if there is only one subscription.
pub(super) fn userdata(number: u64, nsubscriptions: u32) -> String {
    match nsubscriptions {
        0 | 1 => String::new(),
        _ => format!("{number:#x}: "),
    }
}

/// Formats a list, which is truncated if it is long.
pub(super) fn list(items: impl Iterator<Item = String>, length: usize) -> String {
    let mut written: Vec<_> = items.take(MAX_ITEMS).collect();
    if length > written.len() {
        written.push("...".to_owned());
    }
    format!("[{}]", written.join(", "))
}

/// The first buffers of a list, without empty ones.
pub(super) fn buffers(
    memory: &GuestMemory<'_>,
    list: Slice,
) -> Result<impl Iterator<Item = Slice>, Errno> {
    let count = list.length.min(MAX_BUFFERS as u32);
    let buffers = memory.records::<Slice, _>(list.pointer, count)?;
    Ok(buffers.filter(|buffer| buffer.length > 0))
}

/// The total size of the first buffers of a list.
pub(super) fn total_size(memory: &GuestMemory<'_>, list: Slice) -> Result<u64, Errno> {
    Ok(buffers(memory, list)?
        .map(|buffer| u64::from(buffer.length))
        .sum())
}

/// Quotes the first bytes of the data in buffers.
pub(super) fn data(
    memory: &GuestMemory<'_>,
    buffers: impl Iterator<Item = Slice>,
    size: u64,
) -> Result<String, Errno> {
    // One byte more than is printed, so that `quote_start` detects that there are more.
    let needed = size.min(MAX_DATA_BYTES as u64 + 1) as usize;
    let mut first = Vec::with_capacity(needed);
    for buffer in buffers {
        let bytes = memory.bytes(buffer)?;
        let left = needed - first.len();
        first.extend_from_slice(bytes.get(..left).unwrap_or(bytes));
        if first.len() == needed {
            break;
        }
    }
    Ok(quote_start(&first, MAX_DATA_BYTES))
}
