//! A terminal line that shows the current work and its elapsed time. It appears after a second and is erased before
//! anything else is written to the terminal. indicatif's spinner would appear immediately, and it panics if it cannot
//! start a thread.

use rustix::io::write;
use rustix::stdio::stderr;
use rustix::termios::{isatty, tcgetpgrp, tcgetwinsize};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the work runs before the line appears.
const DELAY: Duration = Duration::from_secs(1);

/// The time between two frames.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long a thread waits for [`LINE`]. Writing a frame blocks while the terminal is stopped with Ctrl-S, and other
/// threads must not wait for that.
const LOCK_TIMEOUT: Duration = Duration::from_millis(200);

/// Returns to the beginning of the line and erases it:
/// <https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>.
const ERASE: &str = "\r\x1b[2K";

/// The current line; `None` when none is shown. It is locked while a frame is drawn.
static LINE: Mutex<Option<SpinnerLine>> = Mutex::new(None);

struct SpinnerLine {
    text: String,
    started: Instant,
    is_drawn: bool,
}

/// Shows `text` until [`clear`] is called, if standard error is a terminal.
pub fn start(text: String) {
    if !isatty(stderr()) {
        return;
    }
    if let Some(mut line) = lock() {
        *line = Some(SpinnerLine {
            text,
            started: Instant::now(),
            is_drawn: false,
        });
        // If the thread cannot be started, no line appears.
        let _ = thread::Builder::new().spawn(draw);
    }
}

/// Changes the text, if the line has not been cleared.
pub fn change(text: impl FnOnce() -> String) {
    if let Some(mut line) = lock()
        && let Some(line) = line.as_mut()
    {
        line.text = text();
    }
}

/// Erases the line and stops drawing it.
pub fn clear() {
    if let Some(mut line) = lock()
        && let Some(line) = line.take()
        && line.is_drawn
        && is_in_foreground()
    {
        let _ = write(stderr(), ERASE.as_bytes());
    }
}

fn draw() {
    thread::sleep(DELAY);
    for frame in ["|", "/", "-", "\\"].iter().cycle() {
        match lock() {
            Some(mut line) => match line.as_mut() {
                Some(line) if is_in_foreground() => line.draw(frame),
                Some(_) => {}
                None => return,
            },
            None => return,
        }
        thread::sleep(INTERVAL);
    }
}

impl SpinnerLine {
    fn draw(&mut self, frame: &str) {
        let seconds = self.started.elapsed().as_secs();
        let line = format!("{frame} {seconds}s, {}", self.text);
        // A pseudoterminal without a window, as in a test, has a width of 0.
        let columns = match tcgetwinsize(stderr()).map(|size| size.ws_col) {
            Ok(0) | Err(_) => 80,
            Ok(columns) => usize::from(columns),
        };
        let line = format!("{ERASE}{}", truncate(&line, columns.saturating_sub(1)));
        self.is_drawn |= write(stderr(), line.as_bytes()).is_ok();
    }
}

/// Truncates a text to a number of columns. A non-ASCII character may take two.
fn truncate(text: &str, columns: usize) -> &str {
    let mut column = 0;
    let is_past = |(_, character): &(usize, char)| {
        column += if character.is_ascii() { 1 } else { 2 };
        column > columns
    };
    let end = text.char_indices().find(is_past);
    &text[..end.map_or(text.len(), |(index, _)| index)]
}

/// Locks [`LINE`]; `None` after [`LOCK_TIMEOUT`].
fn lock() -> Option<MutexGuard<'static, Option<SpinnerLine>>> {
    let started = Instant::now();
    loop {
        match LINE.try_lock() {
            Ok(line) => return Some(line),
            Err(TryLockError::Poisoned(line)) => return Some(line.into_inner()),
            Err(TryLockError::WouldBlock) if started.elapsed() > LOCK_TIMEOUT => return None,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Returns true if this process is in the terminal's foreground group, or if the terminal has no such group. A
/// background process that writes to the terminal may be stopped.
fn is_in_foreground() -> bool {
    tcgetpgrp(stderr()).map_or(true, |group| group == rustix::process::getpgrp())
}

#[cfg(test)]
mod tests {
    use super::truncate;

    #[test]
    fn a_line_never_exceeds_the_width_of_the_terminal() {
        for (text, columns, expected) in [
            ("abc", 3, "abc"),
            ("abc", 2, "ab"),
            ("abc", 0, ""),
            ("世界", 3, "世"),
            ("a界", 3, "a界"),
        ] {
            assert_eq!(truncate(text, columns), expected, "{text} in {columns}");
        }
    }
}
