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

impl Signal {
    /// The signal with this number.
    pub(super) fn of(number: i32) -> Self {
        match number {
            SIGINT => Self::Interrupt,
            _ => Self::Terminate,
        }
    }

    /// Its number.
    pub fn number(self) -> i32 {
        match self {
            Self::Interrupt => SIGINT,
            Self::Terminate => SIGTERM,
        }
    }

    /// Lets it do its work, which ends the process, unless that is one which no signal ends by itself.
    pub fn raise(self) {
        if !is_first_process() {
            // That it might not be there is no reason to go on.
            let _ = emulate_default_handler(self.number());
        }
    }
}

/// Whether a signal is ignored. What started the process wants it to go on then, as `nohup` does, and a shell that
/// starts a command in the background.
fn is_ignored(signal: i32) -> bool {
    // SAFETY: an all-zero `sigaction` is a valid one. The call only reads the signal's action into it.
    let action = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut action);
        action
    };
    action.sa_sigaction == libc::SIG_IGN
}

/// Whether this is the first process of a system or a container, which no signal ends by itself.
pub fn is_first_process() -> bool {
    rustix::process::getpid().is_init()
}

/// Calls `first` on a thread of its own when the first signal comes, and then `end`, which ends the process. A
/// second one does not wait for that. A signal that the process ignores from the start stays ignored.
///
/// # Errors
///
/// Where the machine has no thread to spare.
pub fn watch(
    first: impl FnOnce(Signal) + Send + 'static,
    end: impl Fn(Signal) + Copy + Send + 'static,
) -> io::Result<()> {
    let caught: Vec<_> = [SIGINT, SIGTERM]
        .into_iter()
        .filter(|signal| !is_ignored(*signal))
        .collect();
    if caught.is_empty() {
        return Ok(());
    }
    let mut signals = Signals::new(caught)?;
    let mut first = Some(first);
    let wait = move || {
        for number in signals.forever() {
            let signal = Signal::of(number);
            let Some(first) = first.take() else {
                return end(signal);
            };
            let spawned = thread::Builder::new().spawn(move || {
                first(signal);
                end(signal);
            });
            if spawned.is_err() {
                return end(signal);
            }
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)
        .map(drop)
}
