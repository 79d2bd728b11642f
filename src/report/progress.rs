//! A bar for what takes long, on standard error where that is a terminal. It is drawn after a second, and is
//! gone before anybody writes to a standard stream.
//!
//! What it looks like is indicatif's business. When it is drawn is ours: indicatif's own thread would begin
//! at once, and panic where the machine has none to spare.

use super::message::printable;
use crate::console;
use crate::module::{Progress, Task, Work};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// How long something may take before it is shown, and how often it is drawn from then on.
const SOON: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(100);

/// How long the terminal may take to be done with a drawing.
const PATIENCE: Duration = Duration::from_millis(200);

/// The bar of what is under way, drawn or not yet. It is held while it is drawn: for long only where the
/// terminal stands still.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Shows what takes long.
pub fn progress() -> Progress {
    Progress::shown_by(show)
}

/// A bar that is shown until this is dropped.
struct Shown {
    /// Whatever comes of it: with this the thread ends.
    _end: Sender<()>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        wipe();
    }
}

/// There is one at a time, as there is one terminal.
fn show(task: Task) -> Option<Box<dyn Any>> {
    let target = ProgressDrawTarget::stderr();
    // It is none, or one that cannot go back in its line.
    if target.is_hidden() {
        return None;
    }
    let bar = ProgressBar::with_draw_target(task.total, target)
        .with_style(style(&task))
        .with_message(in_words(&task));
    *bar_shown()? = Some(bar);
    console::set_clear_line(wipe);
    let (end, ended) = mpsc::channel();
    thread::Builder::new()
        .name("progress".to_owned())
        .spawn(move || draw(&task.done, &ended))
        .ok()?;
    Some(Box::new(Shown { _end: end }))
}

fn draw(done: &AtomicU64, ended: &Receiver<()>) {
    let mut pause = SOON;
    while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        // Somebody had something to say, and has the line.
        let Some(bar) = bar_shown() else { return };
        let Some(bar) = &*bar else { return };
        if is_in_foreground() {
            bar.set_position(done.load(Ordering::Relaxed));
            bar.tick();
        }
        pause = PAUSE;
    }
}

/// Takes the bar away, for good. What was not drawn yet will not be.
fn wipe() {
    let Some(mut shown) = bar_shown() else { return };
    if let Some(bar) = shown.take() {
        if !is_in_foreground() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        bar.finish_and_clear();
    }
}

/// The bar; `None` where the terminal stands still, for which nobody else should have to wait.
fn bar_shown() -> Option<MutexGuard<'static, Option<ProgressBar>>> {
    let begun = Instant::now();
    loop {
        match BAR.try_lock() {
            Ok(bar) => return Some(bar),
            Err(TryLockError::Poisoned(bar)) => return Some(bar.into_inner()),
            Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => return None,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Whether the terminal's line is ours: a job in the background leaves it to others, and may be stopped for
/// writing there. A terminal that controls nobody has no jobs.
fn is_in_foreground() -> bool {
    let terminal = rustix::termios::tcgetpgrp(rustix::stdio::stderr());
    terminal.map_or(true, |group| group == rustix::process::getpgrp())
}

fn in_words(task: &Task) -> String {
    let work = match task.work {
        Work::Read => "reading",
        Work::Assemble => "assembling",
        Work::Check => "checking",
        Work::Rewrite => "rewriting",
        Work::Pass => "passing",
    };
    format!("{work} {}", printable(&task.name))
}

/// How far it has come, as far as that is known, and what it is in the rest of the line.
fn style(task: &Task) -> ProgressStyle {
    let template = match (task.work, task.total) {
        (_, Some(_)) => WITH_TOTAL,
        (Work::Read, None) => WITH_BYTES,
        (_, None) => WITH_TIME,
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .progress_chars("=> ")
        .tick_chars("|/-\\ ")
}

const WITH_TOTAL: &str = "[{bar:25}] {binary_bytes} of {binary_total_bytes}, {wide_msg}";
const WITH_BYTES: &str = "{spinner} {binary_bytes}, {wide_msg}";
const WITH_TIME: &str = "{spinner} {elapsed}, {wide_msg}";

#[cfg(test)]
mod tests {
    use super::{ProgressStyle, WITH_BYTES, WITH_TIME, WITH_TOTAL};

    #[test]
    fn templates_are_indicatifs() {
        for template in [WITH_TOTAL, WITH_BYTES, WITH_TIME] {
            let style = ProgressStyle::with_template(template);
            assert!(style.is_ok(), "{template}");
        }
    }
}
