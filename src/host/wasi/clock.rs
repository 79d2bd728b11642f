//! The clocks that the guest reads and waits by: the host's, or virtual ones that stand still but for the
//! guest's sleeping, as on the Go Playground. Times are counts of nanoseconds.

use super::errno::Errno;
use super::{Answer, Memory, Wasi};
use rustix::time::{ClockId as HostClock, Timespec, clock_getres, clock_gettime};
use std::cell::Cell;
use std::time::SystemTime;

const SECOND: u64 = 1_000_000_000;

/// A clock of WASI's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ClockId {
    /// Time since the year 1970.
    Realtime,
    /// Time since the run began.
    Monotonic,
    /// Processor time that the process has used.
    ProcessCpu,
    /// Processor time that the thread has used.
    ThreadCpu,
}

impl ClockId {
    pub(super) fn of(code: u32) -> Result<Self, Errno> {
        Ok(match code {
            0 => Self::Realtime,
            1 => Self::Monotonic,
            2 => Self::ProcessCpu,
            3 => Self::ThreadCpu,
            _ => return Err(Errno::INVAL),
        })
    }

    fn host(self) -> HostClock {
        match self {
            Self::Realtime => HostClock::Realtime,
            Self::Monotonic => HostClock::Monotonic,
            Self::ProcessCpu => HostClock::ProcessCPUTime,
            Self::ThreadCpu => HostClock::ThreadCPUTime,
        }
    }
}

/// The clocks of one run. The monotonic one begins at 1: Go's runtime takes 0 for a clock that does not
/// work.
pub(super) enum Clocks {
    Host {
        /// What the monotonic clock showed just before the run.
        before: u64,
    },
    Virtual(VirtualTime),
}

/// Time that passes as the guest sleeps. What the guest computes takes none.
pub(super) struct VirtualTime {
    /// When it began.
    start: u64,
    /// How much of it has passed since.
    elapsed: Cell<u64>,
}

impl Clocks {
    /// Starts the host's clocks, or virtual ones at a time.
    pub(super) fn start(at: Option<SystemTime>) -> Self {
        let Some(time) = at else {
            let before = nanoseconds(clock_gettime(HostClock::Monotonic));
            return Self::Host {
                before: before.saturating_sub(1),
            };
        };
        let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH);
        let start = since_1970.map_or(0, |since| since.as_nanos());
        Self::Virtual(VirtualTime {
            start: u64::try_from(start).unwrap_or(u64::MAX),
            elapsed: Cell::new(0),
        })
    }

    /// What a clock shows.
    pub(super) fn now(&self, clock: ClockId) -> u64 {
        let before = match self {
            Self::Host { before } => before,
            Self::Virtual(time) => return time.now(clock),
        };
        let now = nanoseconds(clock_gettime(clock.host()));
        match clock {
            ClockId::Monotonic => now.saturating_sub(*before),
            _ => now,
        }
    }

    /// The smallest step of a clock.
    fn resolution(&self, clock: ClockId) -> u64 {
        match self {
            Self::Host { .. } => nanoseconds(clock_getres(clock.host())),
            Self::Virtual(_) => 1,
        }
    }
}

impl VirtualTime {
    fn now(&self, clock: ClockId) -> u64 {
        let elapsed = self.elapsed.get();
        match clock {
            ClockId::Realtime => self.start.saturating_add(elapsed),
            ClockId::Monotonic => elapsed.saturating_add(1),
            // Neither code nor sleep takes processor time.
            ClockId::ProcessCpu | ClockId::ThreadCpu => 0,
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&self, nanoseconds: u64) {
        self.elapsed
            .set(self.elapsed.get().saturating_add(nanoseconds));
    }
}

fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(SECOND).saturating_add(rest)
}

/// A length of time as the host takes it.
pub(super) fn timespec(nanoseconds: u64) -> Timespec {
    Timespec {
        tv_sec: (nanoseconds / SECOND).cast_signed(),
        tv_nsec: (nanoseconds % SECOND).cast_signed(),
    }
}

pub(super) fn clock_res_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    clock: u32,
    resolution: u32,
) -> Answer {
    let step = wasi.clocks.resolution(ClockId::of(clock)?);
    Ok(memory.put_u64(resolution, step)?)
}

/// It is called from two places, and inlined all the same: what it does is short, and often asked for.
#[inline(always)]
pub(super) fn clock_time_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    clock: u32,
    _precision: u64,
    time: u32,
) -> Answer {
    let now = wasi.clocks.now(ClockId::of(clock)?);
    Ok(memory.put_u64(time, now)?)
}
