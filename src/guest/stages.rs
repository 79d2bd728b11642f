//! How far a run has come, and how long each stretch has taken: noted by the guest's thread and read by
//! whoever ends the run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The points of a run that are noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// All is loaded, and the program's runtime is started before the calls.
    Start,
    /// What was asked for begins: `main`, or the first call.
    Run,
    /// It is over.
    End,
}

/// When the points were reached. By default nothing is noted.
#[derive(Clone, Debug, Default)]
pub struct Stages(Option<Arc<Noted>>);

#[derive(Debug)]
struct Noted {
    began: Instant,
    /// By `Stage`, in nanoseconds after `began`; 0 before the point is reached.
    reached: [AtomicU64; 3],
}

/// How long the stretches of a run have taken, as far as it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Reading, checking and instantiating the module.
    pub load: Duration,
    /// Starting its runtime before calls, where that was done.
    pub start: Option<Duration>,
    /// Running `main` or the calls.
    pub run: Option<Duration>,
}

impl Spent {
    /// All of it.
    pub fn total(&self) -> Duration {
        self.load + self.start.unwrap_or_default() + self.run.unwrap_or_default()
    }
}

impl Stages {
    /// Notes the points of a run that has begun then.
    pub fn since(began: Instant) -> Self {
        Self(Some(Arc::new(Noted {
            began,
            reached: Default::default(),
        })))
    }

    /// Notes that a point is reached.
    pub fn reach(&self, stage: Stage) {
        if let Some(noted) = &self.0 {
            noted.reached[stage as usize].store(noted.now(), Ordering::Relaxed);
        }
    }

    /// How long the stretches have taken, the one under way included. `None` if nothing is noted.
    pub fn spent(&self) -> Option<Spent> {
        let noted = self.0.as_ref()?;
        let at = |stage: Stage| match noted.reached[stage as usize].load(Ordering::Relaxed) {
            0 => None,
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        };
        let end = at(Stage::End).unwrap_or(Duration::from_nanos(noted.now()));
        let (start, run) = (at(Stage::Start), at(Stage::Run));
        Some(Spent {
            load: start.or(run).unwrap_or(end),
            start: start.map(|start| run.unwrap_or(end).saturating_sub(start)),
            run: run.map(|run| end.saturating_sub(run)),
        })
    }
}

impl Noted {
    fn now(&self) -> u64 {
        // A run does not last for 500 years.
        (self.began.elapsed().as_nanos() as u64).max(1)
    }
}
