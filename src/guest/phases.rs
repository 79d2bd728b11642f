//! The phases of a run and their durations. The guest's thread records them, and the thread that ends the run reads
//! them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The phases after loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The program's runtime is started before the calls.
    Start,
    /// `main` or the calls run.
    Run,
    /// The run has ended.
    End,
}

/// When the phases of a run began. The default records nothing.
#[derive(Clone, Debug, Default)]
pub struct Phases(Option<Arc<BeginTimes>>);

#[derive(Debug)]
struct BeginTimes {
    started: Instant,
    /// When each `Phase` began, in nanoseconds after `started`; 0 before it begins.
    begun: [AtomicU64; 3],
}

/// The durations of the phases of a run so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhaseTimes {
    /// Reading, checking and instantiating the module.
    pub load: Duration,
    /// Starting the runtime before calls, if it was started.
    pub start: Option<Duration>,
    /// Running `main` or the calls.
    pub run: Option<Duration>,
}

impl PhaseTimes {
    /// The duration of all phases.
    pub fn total(&self) -> Duration {
        self.load + self.start.unwrap_or_default() + self.run.unwrap_or_default()
    }
}

impl Phases {
    /// Records the phases of a run that started at `started`.
    pub fn since(started: Instant) -> Self {
        Self(Some(Arc::new(BeginTimes {
            started,
            begun: Default::default(),
        })))
    }

    /// Records that a phase begins.
    pub fn begin(&self, phase: Phase) {
        if let Some(record) = &self.0 {
            record.begun[phase as usize].store(record.now(), Ordering::Relaxed);
        }
    }

    /// The durations of the phases, including the current one. `None` if nothing is recorded.
    pub fn times(&self) -> Option<PhaseTimes> {
        let record = self.0.as_ref()?;
        let begun = |phase: Phase| match record.begun[phase as usize].load(Ordering::Relaxed) {
            0 => None,
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        };
        let end = begun(Phase::End).unwrap_or(Duration::from_nanos(record.now()));
        let (start, run) = (begun(Phase::Start), begun(Phase::Run));
        Some(PhaseTimes {
            load: start.or(run).unwrap_or(end),
            start: start.map(|start| run.unwrap_or(end).saturating_sub(start)),
            run: run.map(|run| end.saturating_sub(run)),
        })
    }
}

impl BeginTimes {
    fn now(&self) -> u64 {
        // 64 bits hold 500 years.
        (self.started.elapsed().as_nanos() as u64).max(1)
    }
}
