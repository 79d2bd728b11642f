//! Waiting: for a time, for files to be ready, or for whichever comes first. What is told is what is so
//! when the wait is over, and nothing else.
//!
//! Virtual time moves on where nothing else can come true. A standard stream always can: what a guest sees
//! must not depend on the pace of the other end, so that it is waited for, however long, while time stands
//! still. A pipe under a mount may be the guest's own, and is taken as it is at the moment.

use super::clock::{ClockId, Clocks, timespec};
use super::flags::Rights;
use super::table::Node;
use super::{Answer, Errno, Memory, Wasi};
use crate::stop;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::FileType;
use rustix::io::Errno as HostErrno;
use std::collections::BTreeMap;

/// The sizes of a subscription and of an event.
const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;

/// The flag by which a clock's time is a point rather than a length.
const ABSOLUTE: u16 = 1;

/// The flag by which an event tells that the other end is gone.
const HANGUP: u16 = 1;

/// What the guest waits for.
#[derive(Clone, Copy)]
enum Wish {
    /// That a clock shows a time.
    Time { clock: ClockId, until: u64 },
    /// That a file can be used, without waiting, for what takes this right.
    Ready {
        fd: u32,
        right: Rights,
        flags: PollFlags,
    },
}

/// A wish that came true, or cannot: the error, how many bytes are there, and whether the other end is
/// gone.
#[derive(Default)]
struct Event {
    error: Option<Errno>,
    bytes: u64,
    flags: u16,
}

impl From<Errno> for Event {
    fn from(error: Errno) -> Self {
        Self {
            error: Some(error),
            ..Self::default()
        }
    }
}

/// What was so when the wait was over.
struct Found {
    /// Of the files that the guest waits for, by number.
    files: BTreeMap<u32, PollFlags>,
    monotonic: u64,
    realtime: u64,
}

/// What the guest asks for, as it lies in its memory.
struct Subscriptions {
    address: u32,
    count: u32,
    /// When the call began: lengths of time count from here.
    began: u64,
}

impl Subscriptions {
    fn addresses(&self) -> impl Iterator<Item = u32> + use<> {
        let address = self.address;
        (0..self.count).map(move |index| address + index * SUBSCRIPTION)
    }

    /// What is wished for, or why it cannot be.
    fn wish(&self, memory: &Memory<'_>, address: u32) -> Result<Wish, Errno> {
        let number = memory.u32(address + 16)?;
        let [kind] = *memory.bytes(address + 8, 1)? else {
            return Err(Errno::INVAL);
        };
        Ok(match kind {
            0 => {
                let clock = ClockId::of(number)?;
                let time = memory.u64(address + 24)?;
                let absolute = memory.u16(address + 40)? & ABSOLUTE != 0;
                match (clock, absolute) {
                    (ClockId::ProcessCpu | ClockId::ThreadCpu, _) => return Err(Errno::NOTSUP),
                    (clock, true) => Wish::Time { clock, until: time },
                    // A length of time is the same by any clock that nobody sets.
                    (_, false) => Wish::Time {
                        clock: ClockId::Monotonic,
                        until: self.began.saturating_add(time),
                    },
                }
            }
            1 => Wish::Ready {
                fd: number,
                right: Rights::FD_READ,
                flags: PollFlags::IN,
            },
            2 => Wish::Ready {
                fd: number,
                right: Rights::FD_WRITE,
                flags: PollFlags::OUT,
            },
            _ => return Err(Errno::INVAL),
        })
    }
}

pub(super) fn poll_oneoff(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    told: u32,
) -> Answer {
    let size = |each: u32| count.checked_mul(each).ok_or(Errno::FAULT);
    memory.bytes(subscriptions, size(SUBSCRIPTION)?)?;
    memory.bytes(events, size(EVENT)?)?;
    if count == 0 {
        return Err(Errno::INVAL.into());
    }
    let subscriptions = Subscriptions {
        address: subscriptions,
        count,
        began: wasi.clocks.now(ClockId::Monotonic),
    };
    let found = wait(wasi, memory, &subscriptions)?;

    let mut number = 0;
    for subscription in subscriptions.addresses() {
        let event = match subscriptions.wish(memory, subscription) {
            Ok(wish) => came_true(wasi, wish, &found),
            Err(error) => Some(error.into()),
        };
        if let Some(event) = event {
            put_event(memory, subscription, events + number * EVENT, &event)?;
            number += 1;
        }
    }
    Ok(memory.put_u32(told, number)?)
}

/// Waits until at least one wish has come true or turns out to be impossible.
fn wait(wasi: &Wasi, memory: &Memory<'_>, subscriptions: &Subscriptions) -> Result<Found, Errno> {
    let mut times: BTreeMap<ClockId, u64> = BTreeMap::new();
    let mut wanted = BTreeMap::new();
    let mut is_over = false;
    for subscription in subscriptions.addresses() {
        match subscriptions.wish(memory, subscription) {
            Ok(Wish::Time { clock, until }) => {
                let first = times.entry(clock).or_insert(until);
                *first = until.min(*first);
            }
            Ok(Wish::Ready { fd, right, flags }) => match file(wasi, fd, right) {
                Ok(_) => *wanted.entry(fd).or_insert(PollFlags::empty()) |= flags,
                Err(_) => is_over = true,
            },
            Err(_) => is_over = true,
        }
    }
    let (mut numbers, mut files) = (Vec::new(), Vec::new());
    let mut has_stream = false;
    for (number, flags) in wanted {
        numbers.push(number);
        let node = &wasi.table.get(number)?.node;
        has_stream |= matches!(node, Node::File(file) if file.is_stream());
        files.push(PollFd::from_borrowed_fd(node.as_fd(), flags));
    }
    let time_left = || {
        let left = |(clock, until): (&ClockId, &u64)| until.saturating_sub(wasi.clocks.now(*clock));
        match is_over {
            true => Some(0),
            false => times.iter().map(left).min(),
        }
    };
    match &wasi.clocks {
        Clocks::Host { .. } => wait_for(&mut files, time_left)?,
        Clocks::Virtual(time) => {
            let waits = !is_over && (has_stream || times.is_empty());
            wait_for(&mut files, || if waits { None } else { Some(0) })?;
            if files.iter().all(|file| file.revents().is_empty()) {
                time.pass(time_left().unwrap_or(0));
            }
        }
    }
    let ready = files.iter().map(PollFd::revents);
    Ok(Found {
        files: numbers.into_iter().zip(ready).collect(),
        monotonic: wasi.clocks.now(ClockId::Monotonic),
        realtime: wasi.clocks.now(ClockId::Realtime),
    })
}

/// Waits until a file is ready or no time is left.
fn wait_for(
    files: &mut [PollFd<'_>],
    time_left: impl Fn() -> Option<u64>,
) -> Result<(), HostErrno> {
    loop {
        match poll(files, time_left().map(timespec).as_ref()) {
            Err(HostErrno::INTR) if !stop::is_requested() => {}
            Err(error) => return Err(error),
            Ok(0) if time_left() != Some(0) => {}
            Ok(_) => return Ok(()),
        }
    }
}

/// The host's descriptor of a file that can be waited for.
fn file(wasi: &Wasi, number: u32, right: Rights) -> Result<BorrowedFd<'_>, Errno> {
    let node = wasi.table.allowed(number, Rights::POLL_FD_READWRITE)?;
    wasi.table.allowed(number, right)?;
    Ok(node.as_fd())
}

/// What is to be told of a wish, if anything.
fn came_true(wasi: &Wasi, wish: Wish, found: &Found) -> Option<Event> {
    let (fd, right, wanted) = match wish {
        Wish::Time { clock, until } => {
            let now = match clock {
                ClockId::Realtime => found.realtime,
                _ => found.monotonic,
            };
            return (now >= until).then(Event::default);
        }
        Wish::Ready { fd, right, flags } => (fd, right, flags),
    };
    let file = match file(wasi, fd, right) {
        Ok(file) => file,
        Err(error) => return Some(error.into()),
    };
    let ready = found.files.get(&fd).copied();
    let ready = ready.unwrap_or(PollFlags::empty());
    let is_gone = ready.intersects(PollFlags::HUP | PollFlags::ERR);
    if ready.contains(PollFlags::NVAL) {
        return Some(Errno::BADF.into());
    }
    if !is_gone && !ready.intersects(wanted) {
        return None;
    }
    Some(Event {
        error: None,
        bytes: match right {
            Rights::FD_READ => readable_bytes(file),
            _ => 0,
        },
        flags: match is_gone {
            true => HANGUP,
            false => 0,
        },
    })
}

/// How many bytes can be read at once, where that can be told.
fn readable_bytes(file: BorrowedFd<'_>) -> u64 {
    let Ok(stat) = rustix::fs::fstat(file) else {
        return 0;
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            size.saturating_sub(rustix::fs::tell(file).unwrap_or(0))
        }
        _ => rustix::io::ioctl_fionread(file).unwrap_or(0),
    }
}

/// Writes an event: whose it is, what came of it.
fn put_event(memory: &mut Memory<'_>, subscription: u32, slot: u32, event: &Event) -> Answer {
    let mut bytes = [0; EVENT as usize];
    bytes[..8].copy_from_slice(memory.bytes(subscription, 8)?);
    let code = event.error.map_or(0, Errno::code);
    bytes[8..10].copy_from_slice(&code.to_le_bytes());
    bytes[10..11].copy_from_slice(memory.bytes(subscription + 8, 1)?);
    bytes[16..24].copy_from_slice(&event.bytes.to_le_bytes());
    bytes[24..26].copy_from_slice(&event.flags.to_le_bytes());
    Ok(memory.put(slot, &bytes)?)
}
