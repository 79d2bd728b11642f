//! SIGINT and SIGTERM, for a run that has something to do before they end it. One that has nothing
//! leaves them to the system.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::io;
use std::thread;

/// A signal that ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, as by Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// Calls `first` on a thread of its own when the first signal comes, and then lets the signal do its
/// work.
///
/// # Errors
///
/// Where the machine has no thread to spare.
pub fn watch(first: impl FnOnce(Signal) + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let wait = move || {
        if let Some(number) = signals.forever().next() {
            first(match number {
                SIGINT => Signal::Interrupt,
                _ => Signal::Terminate,
            });
            let _ = emulate_default_handler(number);
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)
        .map(drop)
}
