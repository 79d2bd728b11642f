//! Formats the parameters of a call.

use super::super::abi::{Subscription, SubscriptionU};
use super::super::enumerations::{Clockid, Enumeration};
use super::super::flags::{Fdflags, Lookupflags, Oflags, Riflags, Sdflags, Siflags, Subclockflags};
use super::super::memory::{IovecArray, MAX_BUFFERS, MAX_PATH_BYTES};
use super::text;
use super::{Errno, GuestMemory, Wasi};
use crate::go_literals::string::quote_start;

/// The format of a parameter, or of several that belong together.
#[derive(Clone, Copy, Debug)]
pub(in crate::host::wasi) enum ParamFormat {
    Fd(u32),
    /// A path or a link's content: pointer and length.
    Path(u32, u32),
    /// Buffers with data to write.
    Ciovecs(IovecArray),
    /// Buffers to read into, of which only the size is known before the call.
    Iovecs(IovecArray),
    Number(u64),
    SignedNumber(u64),
    /// A code of an enumeration, and the function that names it.
    Code(u32, fn(u32) -> String),
    Fdflags(u32),
    Lookupflags(u32),
    Oflags(u32),
    Riflags(u32),
    Sdflags(u32),
    Siflags(u32),
    Rights(u64),
    /// Times of access and modification, and `fstflags`.
    Times(u64, u64, u32),
    /// A list of subscriptions: pointer and count.
    Subscriptions(u32, u32),
}

impl ParamFormat {
    /// Formats the parameter. A pointer that leads outside the memory is printed as a number.
    pub(super) fn text(&self, wasi: &Wasi, memory: &GuestMemory<'_>) -> String {
        match *self {
            Self::Fd(fd) => wasi.fd_text(fd),
            Self::Path(pointer, length) => or_number(pointer, length, || {
                Ok(quote_start(memory.bytes(pointer, length)?, MAX_PATH_BYTES))
            }),
            Self::Ciovecs(list) => or_number(list.iovs, list.iovs_len, || {
                let size = text::total_size(memory, list)?;
                let data = text::data(memory, text::buffers(memory, list)?, size)?;
                Ok(format!("{data}, {}", in_buffers(size, list.iovs_len)))
            }),
            Self::Iovecs(list) => or_number(list.iovs, list.iovs_len, || {
                let size = text::total_size(memory, list)?;
                Ok(in_buffers(size, list.iovs_len))
            }),
            Self::Number(number) => number.to_string(),
            Self::SignedNumber(number) => number.cast_signed().to_string(),
            Self::Code(code, name_of) => name_of(code),
            Self::Fdflags(bits) => text::flags::<Fdflags>(bits.into()),
            Self::Lookupflags(bits) => text::flags::<Lookupflags>(bits.into()),
            Self::Oflags(bits) => text::flags::<Oflags>(bits.into()),
            Self::Riflags(bits) => text::flags::<Riflags>(bits.into()),
            Self::Sdflags(bits) => text::flags::<Sdflags>(bits.into()),
            Self::Siflags(bits) => text::flags::<Siflags>(bits.into()),
            Self::Rights(bits) => text::rights(bits),
            Self::Times(atim, mtim, fst_flags) => text::times(atim, mtim, fst_flags),
            Self::Subscriptions(pointer, count) => or_number(pointer, count, || {
                let subscriptions = memory.records(pointer, count)?;
                let texts = subscriptions.map(|each| subscription(wasi, &each, count));
                Ok(text::list(texts, count as usize))
            }),
        }
    }
}

fn or_number(pointer: u32, length: u32, text: impl FnOnce() -> Result<String, Errno>) -> String {
    text().unwrap_or_else(|_| format!("{pointer:#x}, {length}"))
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
