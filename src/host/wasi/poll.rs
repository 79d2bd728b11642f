//! `poll_oneoff`: waits until a time is reached or a file is ready. It reports the conditions that are true when the
//! wait ends.
//!
//! Virtual time advances only if no file can become ready. A standard stream always can. A run must not depend on the
//! speed of the other end, so the call waits for the stream without a timeout, and no virtual time passes. A pipe under
//! a mount may be the guest's own, so only its current state counts.

use super::abi::{Event, Subscription, SubscriptionU};
use super::clock::{Clocks, timespec};
use super::enumerations::{Clockid, Enumeration};
use super::flags::{Eventrwflags, Rights, Subclockflags};
use super::table::Node;
use super::{Call, Errno, GuestMemory, Wasi, WasiResult};
use crate::poll::{PollFd, poll};
use crate::stop;
use rustix::event::PollFlags;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::FileType;
use rustix::io::Errno as HostErrno;
use std::collections::BTreeMap;

/// A condition that the guest waits for.
#[derive(Clone, Copy)]
enum Condition {
    /// A clock reaches a time.
    Time { clock: Clockid, until: u64 },
    /// A descriptor can be read or written without blocking; `right` is the one that this needs.
    Ready {
        fd: u32,
        right: Rights,
        flags: PollFlags,
    },
}

/// The result of a subscription: an error, or for a file the number of bytes that can be read and whether the other end
/// is closed.
#[derive(Default)]
struct EventOutcome {
    error: Option<Errno>,
    nbytes: u64,
    flags: Eventrwflags,
}

impl From<Errno> for EventOutcome {
    fn from(error: Errno) -> Self {
        Self {
            error: Some(error),
            ..Self::default()
        }
    }
}

/// The state of files and clocks when the wait ended.
struct Observed {
    /// The state of the descriptors that the guest waits for.
    files: BTreeMap<u32, PollFlags>,
    monotonic: u64,
    realtime: u64,
}

/// The guest's subscriptions. They are not copied from its memory, since they may fill it.
pub(super) struct SubscriptionList {
    pub(super) pointer: u32,
    pub(super) count: u32,
    /// Reads the subscription with an index in the list at a pointer.
    pub(super) read: fn(&GuestMemory<'_>, u32, u32) -> Result<Subscription, Errno>,
}

impl SubscriptionList {
    fn get(&self, memory: &GuestMemory<'_>, index: u32) -> Result<Subscription, Errno> {
        (self.read)(memory, self.pointer, index)
    }
}

impl Subscription {
    /// The condition. Relative timeouts count from `start`, the monotonic time at which the call began.
    ///
    /// # Errors
    ///
    /// The errno to report for an invalid subscription.
    fn condition(&self, start: u64) -> Result<Condition, Errno> {
        let ready = |fd, right, flags| Ok(Condition::Ready { fd, right, flags });
        match self.u() {
            SubscriptionU::Clock { id, timeout, flags } => {
                let is_absolute = flags.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME);
                match (Clockid::from_code(id)?, is_absolute) {
                    (Clockid::ProcessCputimeId | Clockid::ThreadCputimeId, _) => Err(Errno::NOTSUP),
                    (clock, true) => Ok(Condition::Time {
                        clock,
                        until: timeout,
                    }),
                    // The realtime clock may be set during the wait, so a relative timeout does not use it.
                    (_, false) => Ok(Condition::Time {
                        clock: Clockid::Monotonic,
                        until: start.saturating_add(timeout),
                    }),
                }
            }
            SubscriptionU::FdRead(fd) => ready(fd, Rights::FD_READ, PollFlags::IN),
            SubscriptionU::FdWrite(fd) => ready(fd, Rights::FD_WRITE, PollFlags::OUT),
            SubscriptionU::Unknown(_) => Err(Errno::INVAL),
        }
    }
}

pub(super) fn poll_oneoff(
    call: Call<'_>,
    r#in: u32,
    out: u32,
    nsubscriptions: u32,
    nevents: u32,
) -> WasiResult {
    let _ = call
        .memory
        .records::<Subscription, _>(r#in, nsubscriptions)?;
    let list = SubscriptionList {
        pointer: r#in,
        count: nsubscriptions,
        read: |memory, list, index| memory.read_item(list, index),
    };
    poll_with(call, &list, out, nevents)
}

/// `poll_oneoff` with the subscriptions of either version of WASI.
pub(super) fn poll_with(
    Call { wasi, memory }: Call<'_>,
    list: &SubscriptionList,
    out: u32,
    nevents: u32,
) -> WasiResult {
    let _ = memory.records::<Event, _>(out, list.count)?;
    if list.count == 0 {
        return Err(Errno::INVAL.into());
    }
    let start = wasi.clocks.now(Clockid::Monotonic);
    let observed = wait(wasi, memory, list, start)?;

    let mut count = 0;
    for index in 0..list.count {
        let subscription = list.get(memory, index)?;
        let outcome = match subscription.condition(start) {
            Ok(condition) => outcome(wasi, condition, &observed),
            Err(error) => Some(error.into()),
        };
        if let Some(outcome) = outcome {
            let event = Event {
                userdata: subscription.userdata,
                error: outcome.error.map_or(0, Errno::code),
                event_type: subscription.tag,
                nbytes: outcome.nbytes,
                flags: outcome.flags.bits(),
            };
            memory.write_item(out, count, event)?;
            count += 1;
        }
    }
    Ok(memory.write(nevents, count)?)
}

/// Waits until at least one condition is true, or is invalid.
fn wait(
    wasi: &Wasi,
    memory: &GuestMemory<'_>,
    list: &SubscriptionList,
    start: u64,
) -> Result<Observed, Errno> {
    let mut times: BTreeMap<Clockid, u64> = BTreeMap::new();
    let mut wanted = BTreeMap::new();
    let mut is_over = false;
    for index in 0..list.count {
        match list.get(memory, index)?.condition(start) {
            Ok(Condition::Time { clock, until }) => {
                let first = times.entry(clock).or_insert(until);
                *first = until.min(*first);
            }
            Ok(Condition::Ready { fd, right, flags }) => match pollable(wasi, fd, right) {
                Ok(_) => *wanted.entry(fd).or_insert(PollFlags::empty()) |= flags,
                Err(_) => is_over = true,
            },
            Err(_) => is_over = true,
        }
    }
    let (mut fds, mut files) = (Vec::new(), Vec::new());
    let mut has_stream = false;
    for (fd, flags) in wanted {
        fds.push(fd);
        let node = &wasi.table.get(fd)?.node;
        has_stream |= matches!(node, Node::File(file) if file.is_stream());
        files.push(PollFd::from_borrowed_fd(node.as_fd(), flags));
    }
    let time_left = || {
        let left = |(clock, until): (&Clockid, &u64)| until.saturating_sub(wasi.clocks.now(*clock));
        if is_over {
            Some(0)
        } else {
            times.iter().map(left).min()
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
    Ok(Observed {
        files: fds.into_iter().zip(ready).collect(),
        monotonic: wasi.clocks.now(Clockid::Monotonic),
        realtime: wasi.clocks.now(Clockid::Realtime),
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

/// The host's descriptor of a file that the guest may poll, with `right`.
fn pollable(wasi: &Wasi, fd: u32, right: Rights) -> Result<BorrowedFd<'_>, Errno> {
    let node = wasi.table.allowed(fd, Rights::POLL_FD_READWRITE)?;
    wasi.table.allowed(fd, right)?;
    Ok(node.as_fd())
}

/// The result to report for a condition; `None` if it is not true.
fn outcome(wasi: &Wasi, condition: Condition, observed: &Observed) -> Option<EventOutcome> {
    let (fd, right, wanted) = match condition {
        Condition::Time { clock, until } => {
            let now = match clock {
                Clockid::Realtime => observed.realtime,
                _ => observed.monotonic,
            };
            return (now >= until).then(EventOutcome::default);
        }
        Condition::Ready { fd, right, flags } => (fd, right, flags),
    };
    let file = match pollable(wasi, fd, right) {
        Ok(file) => file,
        Err(error) => return Some(error.into()),
    };
    let ready = observed.files.get(&fd).copied();
    let ready = ready.unwrap_or(PollFlags::empty());
    if ready.contains(PollFlags::NVAL) {
        return Some(Errno::BADF.into());
    }
    let is_hung_up = ready.intersects(PollFlags::HUP | PollFlags::ERR);
    if !is_hung_up && !ready.intersects(wanted) {
        return None;
    }
    let mut outcome = EventOutcome::default();
    outcome
        .flags
        .set(Eventrwflags::FD_READWRITE_HANGUP, is_hung_up);
    if right == Rights::FD_READ {
        outcome.nbytes = readable_bytes(file);
    }
    Some(outcome)
}

/// The number of bytes that can be read without blocking; 0 if it is unknown.
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
