//! Formats the parameters of a call.

use super::super::abi::{Slice, Subscription, SubscriptionU};
use super::super::enumerations::{Clockid, Enumeration};
use super::super::flags::Subclockflags;
use super::super::memory::{MAX_BUFFERS, MAX_PATH_BYTES};
use super::text;
use super::{Errno, GuestMemory, Wasi};
use crate::go_literals::string::quote_start;

/// The format of a parameter, or of several that belong together.
#[derive(Clone, Copy, Debug)]
pub(in crate::host::wasi) enum ParamFormat {
    Fd(u32),
    /// A path or a link's content.
    Path(Slice),
    /// Buffers with data to write.
    Ciovecs(Slice),
    /// Buffers to read into, of which only the size is known before the call.
    Iovecs(Slice),
    Number(u64),
    SignedNumber(u64),
    /// A code of an enumeration or a set of flags, and the function that names it.
    Code(u32, fn(u32) -> String),
    Rights(u64),
    /// Times of access and modification, and `fstflags`.
    Times(u64, u64, u32),
    /// A list of subscriptions.
    Subscriptions(Slice),
}

impl ParamFormat {
    /// Formats the parameter. A pointer that leads outside the memory is printed as a number.
    pub(super) fn text(&self, wasi: &Wasi, memory: &GuestMemory<'_>) -> String {
        match *self {
            Self::Fd(fd) => wasi.fd_text(fd),
            Self::Path(path) => or_number(path, || {
                Ok(quote_start(memory.bytes(path)?, MAX_PATH_BYTES))
            }),
            Self::Ciovecs(list) => or_number(list, || {
                let size = text::total_size(memory, list)?;
                let data = text::data(memory, text::buffers(memory, list)?, size)?;
                Ok(format!("{data}, {}", in_buffers(size, list.length)))
            }),
            Self::Iovecs(list) => or_number(list, || {
                let size = text::total_size(memory, list)?;
                Ok(in_buffers(size, list.length))
            }),
            Self::Number(number) => number.to_string(),
            Self::SignedNumber(number) => number.cast_signed().to_string(),
            Self::Code(code, name_of) => name_of(code),
            Self::Rights(bits) => text::rights(bits),
            Self::Times(atim, mtim, fst_flags) => text::times(atim, mtim, fst_flags),
            Self::Subscriptions(list) => or_number(list, || {
                let count = list.length;
                let subscriptions = memory.records(list.pointer, count)?;
                let texts = subscriptions.map(|each| subscription(wasi, &each, count));
                Ok(text::list(texts, count as usize))
            }),
        }
    }
}

fn or_number(slice: Slice, text: impl FnOnce() -> Result<String, Errno>) -> String {
    text().unwrap_or_else(|_| format!("{:#x}, {}", slice.pointer, slice.length))
}

fn in_buffers(size: u64, count: u32) -> String {
    match count {
        0 | 1 => size.to_string(),
        _ if count as usize <= MAX_BUFFERS => format!("{size} in {count} buffers"),
        _ => format!("{size} and more in {count} buffers"),
    }
}

fn subscription(wasi: &Wasi, subscription: &Subscription, nsubscriptions: u32) -> String {
    let condition = match subscription.u() {
        SubscriptionU::Clock { id, timeout, flags } => {
            let clock = Clockid::name_of(id);
            let is_absolute = flags.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME);
            if is_absolute {
                format!("clock {clock} until {}", time(id, timeout))
            } else {
                format!("clock {clock} {}", text::duration(timeout))
            }
        }
        SubscriptionU::FdRead(fd) => format!("read {}", wasi.fd_text(fd)),
        SubscriptionU::FdWrite(fd) => format!("write {}", wasi.fd_text(fd)),
        SubscriptionU::Unknown(tag) => format!("kind {tag}"),
    };
    let userdata = text::userdata(subscription.userdata, nsubscriptions);
    format!("{{{userdata}{condition}}}")
}

/// The time of a clock.
pub(super) fn time(id: u32, nanoseconds: u64) -> String {
    match Clockid::from_code(id) {
        Ok(Clockid::Realtime) => text::timestamp(nanoseconds),
        _ => text::seconds(nanoseconds),
    }
}
