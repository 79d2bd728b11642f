//! The clocks that the guest reads and waits by. Times are counts of nanoseconds.

use super::errno::Errno;
use super::{Answer, Memory, Wasi};
use rustix::time::{ClockId as HostClock, Timespec, clock_getres, clock_gettime};

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

/// The clocks of one run.
pub(super) struct Clocks {
    /// What the host's monotonic clock showed just before the run, so that the guest's begins at 1: Go's
    /// runtime takes 0 for a clock that does not work.
    before: u64,
}

impl Clocks {
    pub(super) fn start() -> Self {
        let before = nanoseconds(clock_gettime(HostClock::Monotonic));
        Self {
            before: before.saturating_sub(1),
        }
    }

    /// What a clock shows.
    pub(super) fn now(&self, clock: ClockId) -> u64 {
        let now = nanoseconds(clock_gettime(clock.host()));
        match clock {
            ClockId::Monotonic => now.saturating_sub(self.before),
            _ => now,
        }
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
    _: &mut Wasi,
    memory: &mut Memory<'_>,
    clock: u32,
    resolution: u32,
) -> Answer {
    let granularity = nanoseconds(clock_getres(ClockId::of(clock)?.host()));
    Ok(memory.put_u64(resolution, granularity)?)
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
