//! The guest's clocks: the host's, or virtual ones that advance only while the guest sleeps, as on the Go Playground
//! (<https://go.dev/blog/playground>). Times are in nanoseconds.

use super::enumerations::{Clockid, Enumeration};
use super::{Call, WasiResult};
use rustix::time::{ClockId as HostClock, Timespec, clock_getres, clock_gettime};
use std::cell::Cell;
use std::time::SystemTime;

pub(super) const SECOND: u64 = 1_000_000_000;

/// The clocks of one run. The monotonic clock starts at 1, because Go's runtime treats 0 as a broken clock.
pub(super) enum Clocks {
    Host {
        /// The host's monotonic time when the guest's is 0.
        monotonic_start: u64,
    },
    Virtual(VirtualTime),
}

/// Time that passes only while the guest sleeps.
pub(super) struct VirtualTime {
    /// The realtime clock at the start.
    start: u64,
    elapsed: Cell<u64>,
}

impl Clocks {
    /// The host's clocks, or virtual ones that start at `virtual_start`.
    pub(super) fn new(virtual_start: Option<SystemTime>) -> Self {
        let Some(time) = virtual_start else {
            let now = nanoseconds(clock_gettime(HostClock::Monotonic));
            return Self::Host {
                monotonic_start: now.saturating_sub(1),
            };
        };
        let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH);
        let start = since_1970.map_or(0, |since| since.as_nanos());
        Self::Virtual(VirtualTime {
            start: u64::try_from(start).unwrap_or(u64::MAX),
            elapsed: Cell::new(0),
        })
    }

    pub(super) fn now(&self, clock: Clockid) -> u64 {
        let monotonic_start = match self {
            Self::Host { monotonic_start } => monotonic_start,
            Self::Virtual(time) => return time.now(clock),
        };
        let now = nanoseconds(clock_gettime(host_clock(clock)));
        match clock {
            Clockid::Monotonic => now.saturating_sub(*monotonic_start),
            _ => now,
        }
    }

    fn resolution(&self, clock: Clockid) -> u64 {
        match self {
            Self::Host { .. } => nanoseconds(clock_getres(host_clock(clock))),
            Self::Virtual(_) => 1,
        }
    }
}

impl VirtualTime {
    fn now(&self, clock: Clockid) -> u64 {
        let elapsed = self.elapsed.get();
        match clock {
            Clockid::Realtime => self.start.saturating_add(elapsed),
            Clockid::Monotonic => elapsed.saturating_add(1),
            // Virtual time advances only in sleeps, which take no processor time.
            Clockid::ProcessCputimeId | Clockid::ThreadCputimeId => 0,
        }
    }

    pub(super) fn pass(&self, nanoseconds: u64) {
        self.elapsed
            .set(self.elapsed.get().saturating_add(nanoseconds));
    }
}

fn host_clock(clock: Clockid) -> HostClock {
    match clock {
        Clockid::Realtime => HostClock::Realtime,
        Clockid::Monotonic => HostClock::Monotonic,
        Clockid::ProcessCputimeId => HostClock::ProcessCPUTime,
        Clockid::ThreadCputimeId => HostClock::ThreadCPUTime,
    }
}

fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(SECOND).saturating_add(rest)
}

pub(super) fn timespec(nanoseconds: u64) -> Timespec {
    Timespec {
        tv_sec: (nanoseconds / SECOND).cast_signed(),
        tv_nsec: (nanoseconds % SECOND).cast_signed(),
    }
}

pub(super) fn clock_res_get(call: Call<'_>, id: u32, resolution: u32) -> WasiResult {
    let nanoseconds = call.wasi.clocks.resolution(Clockid::from_code(id)?);
    Ok(call.memory.write(resolution, nanoseconds)?)
}

/// It is inlined into its caller because it is short and called often.
#[inline(always)]
pub(super) fn clock_time_get(call: Call<'_>, id: u32, _precision: u64, time: u32) -> WasiResult {
    let now = call.wasi.clocks.now(Clockid::from_code(id)?);
    Ok(call.memory.write(time, now)?)
}
