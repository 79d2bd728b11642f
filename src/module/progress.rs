//! How far something has come that may take long, told by whoever does it. Who shows it, if anybody does, is
//! not known here. Of what is small nobody is told, so that it costs nothing.

use std::any::Any;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// From how many bytes on it may take long.
const LARGE: u64 = 8 << 20;

/// How many bytes are done at a time, between which it is told.
const PIECE: u64 = 256 << 10;

/// What may take long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Reading a file or standard input.
    Read,
    /// Turning text into the binary format.
    Assemble,
    /// Validating a module and making it ready to run.
    Check,
    /// Rewriting a module to be tracked.
    Rewrite,
    /// Putting an argument into the guest's memory.
    Pass,
}

/// Work that has begun on something large.
#[derive(Clone, Debug)]
pub struct Task {
    /// What is done.
    pub work: Work,
    /// To what, as messages call it.
    pub name: String,
    /// How many bytes there are to be done, where that is known and they are counted.
    pub total: Option<u64>,
    /// How many of them are done.
    pub done: Arc<AtomicU64>,
}

/// Shows a task until what comes back is dropped. `None` where nobody would see it.
pub type Show = fn(Task) -> Option<Box<dyn Any>>;

/// Who is told: by default nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress(Option<Show>);

impl Progress {
    /// Tells somebody who shows it.
    pub fn shown_by(show: Show) -> Self {
        Self(Some(show))
    }

    /// Work begins on something of this many bytes, and goes on until the step is dropped.
    pub fn begin(self, work: Work, name: &str, bytes: usize) -> Step {
        let total = match work {
            Work::Read | Work::Pass => Some(bytes as u64),
            Work::Assemble | Work::Check | Work::Rewrite => None,
        };
        match (bytes as u64) < LARGE {
            true => Step(None),
            false => self.show(work, name, total),
        }
    }

    /// Reads all of `source` and puts it behind what is there; that it will come to about `length` bytes is
    /// known, or else 0.
    ///
    /// # Errors
    ///
    /// Whatever a read ends in.
    pub fn read(
        self,
        name: &str,
        length: u64,
        mut source: impl Read,
        bytes: &mut Vec<u8>,
    ) -> io::Result<()> {
        let total = Some(length).filter(|length| *length >= LARGE);
        if total.is_none() {
            let read = source.by_ref().take(LARGE).read_to_end(bytes)?;
            if (read as u64) < LARGE {
                return Ok(());
            }
        }
        self.show(Work::Read, name, total).read(source, bytes)
    }

    fn show(self, work: Work, name: &str, total: Option<u64>) -> Step {
        let done = Arc::new(AtomicU64::new(0));
        let shown = self.0.and_then(|show| {
            show(Task {
                work,
                name: name.to_owned(),
                total,
                done: done.clone(),
            })
        });
        Step(shown.map(|shown| Shown {
            done,
            _until_dropped: shown,
        }))
    }
}

/// Work under way.
pub struct Step(Option<Shown>);

struct Shown {
    done: Arc<AtomicU64>,
    _until_dropped: Box<dyn Any>,
}

impl Step {
    /// Reads all of `source` and puts it behind what is there, all of which counts as done.
    ///
    /// # Errors
    ///
    /// Whatever a read ends in.
    pub fn read(&self, mut source: impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
        let Some(shown) = &self.0 else {
            return source.read_to_end(bytes).map(drop);
        };
        loop {
            shown.done.store(bytes.len() as u64, Ordering::Relaxed);
            let read = source.by_ref().take(PIECE).read_to_end(bytes)?;
            if (read as u64) < PIECE {
                return Ok(());
            }
        }
    }

    /// Fills `place` from `source`.
    ///
    /// # Errors
    ///
    /// Whatever a read ends in, and where there is too little.
    pub fn fill(&self, source: &mut impl Read, place: &mut [u8]) -> io::Result<()> {
        let Some(shown) = &self.0 else {
            return source.read_exact(place);
        };
        for piece in place.chunks_mut(PIECE as usize) {
            source.read_exact(piece)?;
            let read = piece.len() as u64;
            shown.done.fetch_add(read, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGE, Progress, Task, Work};
    use std::any::Any;
    use std::cell::RefCell;
    use std::io::{self, Read};
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    thread_local! {
        /// The tasks that were shown, and how much of each was done in the end.
        static SHOWN: RefCell<Vec<(Work, Option<u64>, u64)>> = const { RefCell::new(Vec::new()) };
    }

    struct Ended(Task);

    impl Drop for Ended {
        fn drop(&mut self) {
            let done = self.0.done.load(Ordering::Relaxed);
            let seen = (self.0.work, self.0.total, done);
            SHOWN.with_borrow_mut(|shown| shown.push(seen));
        }
    }

    fn show(task: Task) -> Option<Box<dyn Any>> {
        assert_eq!(Arc::strong_count(&task.done), 2);
        Some(Box::new(Ended(task)))
    }

    #[test]
    fn what_is_large_is_shown() {
        let progress = Progress::shown_by(show);
        let mut place = vec![0; LARGE as usize];
        for (length, source, shown) in [
            (0, 0, None),
            (0, LARGE - 1, None),
            (LARGE - 1, LARGE - 1, None),
            (0, LARGE, Some((Work::Read, None, LARGE))),
            (0, LARGE + 1, Some((Work::Read, None, LARGE))),
            (LARGE, LARGE, Some((Work::Read, Some(LARGE), LARGE))),
            (LARGE, 5, Some((Work::Read, Some(LARGE), 0))),
        ] {
            let mut bytes = Vec::new();
            let read = progress.read("it", length, io::repeat(1).take(source), &mut bytes);
            assert!(read.is_ok() && bytes.len() as u64 == source, "{source}");
            let seen = SHOWN.take();
            assert_eq!(seen.first(), shown.as_ref(), "{length} {source}");
        }
        for (bytes, shown) in [
            (0, vec![]),
            (place.len() - 1, vec![]),
            (place.len(), vec![(Work::Pass, Some(LARGE), LARGE)]),
        ] {
            let step = progress.begin(Work::Pass, "it", bytes);
            let filled = step.fill(&mut io::repeat(1), &mut place[..bytes]);
            drop(step);
            assert!(filled.is_ok());
            assert_eq!(SHOWN.take(), shown, "{bytes}");
        }
        assert!(place.iter().all(|byte| *byte == 1));
    }
}
