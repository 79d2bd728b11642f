//! A line on the terminal while something takes long: what it is, and for how long. It appears after a second and is
//! gone before anything else is written to the terminal. indicatif's spinner would draw at once, and panics where the
//! machine has no thread to spare.

use rustix::io::write;
use rustix::stdio::stderr;
use rustix::termios::{isatty, tcgetpgrp, tcgetwinsize};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// How long something takes before it is shown.
const DELAY: Duration = Duration::from_secs(1);

/// How long a frame is shown.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long a terminal may take for one frame. One that was stopped, as by Ctrl-S, keeps no other thread waiting.
const DRAW_TIMEOUT: Duration = Duration::from_millis(200);

/// Returns to the beginning of the line and erases it:
/// <https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>.
const ERASE: &str = "\r\x1b[2K";

/// The line, until it is cleared. It is locked while a frame is drawn.
static LINE: Mutex<Option<Line>> = Mutex::new(None);

struct Line {
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
        *line = Some(Line {
            text,
            started: Instant::now(),
            is_drawn: false,
        });
        // Without a thread to spare, nothing is shown.
        let _ = thread::Builder::new().spawn(draw);
    }
}

/// Shows another text, if the line is not cleared yet.
pub fn change(text: impl FnOnce() -> String) {
    if let Some(mut line) = lock()
        && let Some(line) = line.as_mut()
    {
        line.text = text();
    }
}

/// Erases the line for good.
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

impl Line {
    fn draw(&mut self, frame: &str) {
        let seconds = self.started.elapsed().as_secs();
        let shown = format!("{frame} {seconds}s, {}", self.text);
        // A terminal that was never shown, as in a test, has none.
        let columns = match tcgetwinsize(stderr()).map(|size| size.ws_col) {
            Ok(0) | Err(_) => 80,
            Ok(columns) => usize::from(columns),
        };
        let shown = format!("{ERASE}{}", cut(&shown, columns.saturating_sub(1)));
        self.is_drawn |= write(stderr(), shown.as_bytes()).is_ok();
    }
}

/// The beginning of a text that fits into so many columns. A character that is not ASCII may take two.
fn cut(text: &str, columns: usize) -> &str {
    let mut column = 0;
    let is_past = |(_, character): &(usize, char)| {
        column += if character.is_ascii() { 1 } else { 2 };
        column > columns
    };
    let end = text.char_indices().find(is_past);
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// The line; `None` where the terminal takes nothing for now.
fn lock() -> Option<MutexGuard<'static, Option<Line>>> {
    let started = Instant::now();
    loop {
        match LINE.try_lock() {
            Ok(line) => return Some(line),
            Err(TryLockError::Poisoned(line)) => return Some(line.into_inner()),
            Err(TryLockError::WouldBlock) if started.elapsed() > DRAW_TIMEOUT => return None,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Returns true if the terminal's line is the program's to write: a job in the background may be stopped for writing
/// there. A terminal that controls no session has no jobs.
fn is_in_foreground() -> bool {
    tcgetpgrp(stderr()).map_or(true, |group| group == rustix::process::getpgrp())
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_line_is_never_longer_than_the_terminal_is_wide() {
        for (text, columns, shown) in [
            ("abc", 3, "abc"),
            ("abc", 2, "ab"),
            ("abc", 0, ""),
            ("世界", 3, "世"),
            ("a界", 3, "a界"),
        ] {
            assert_eq!(cut(text, columns), shown, "{text} in {columns}");
        }
    }
}
