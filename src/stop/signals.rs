//! Handles the signals that end a run if the runner must write or remove something first, or is the first process of a
//! container. Otherwise the default actions apply, and SIGQUIT prints a message first: see
//! [`quit_handler`](super::quit_handler).

use super::cleanup;
use rustix::process::{Resource, Rlimit, setrlimit};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::io;
use std::thread;

/// A signal that ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Signal {
    /// SIGHUP, as sent when the terminal is closed.
    Hangup = SIGHUP,
    /// SIGINT, as sent by Ctrl-C.
    Interrupt = SIGINT,
    /// SIGQUIT, as sent by Ctrl-\. As in Go, the call stack is printed and the run ends:
    /// <https://pkg.go.dev/os/signal#hdr-Default_behavior_of_signals_in_Go_programs>.
    Quit = SIGQUIT,
    /// SIGTERM.
    Terminate = SIGTERM,
}

/// All signals that end a run.
const SIGNALS: [Signal; 4] = [
    Signal::Hangup,
    Signal::Interrupt,
    Signal::Quit,
    Signal::Terminate,
];

impl Signal {
    pub(super) fn from_number(number: i32) -> Option<Self> {
        let mut signals = SIGNALS.into_iter();
        signals.find(|signal| signal.number() == number)
    }

    /// The signal's number.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The signal's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Quit => "SIGQUIT",
            Self::Terminate => "SIGTERM",
        }
    }

    /// Ends the process by the signal's default action, without a core dump. Returns in the first process of a container,
    /// which the default action does not end.
    pub fn raise(self) {
        cleanup::request();
        if !is_first_process() {
            disable_core_dumps();
            // If that fails, the caller exits with a status instead.
            let _ = emulate_default_handler(self.number());
        }
    }
}

/// Prevents the core dump of SIGQUIT, which Go programs do not write either.
pub(super) fn disable_core_dumps() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // If that fails, there may be a core dump.
    let _ = setrlimit(Resource::Core, none);
}

/// Whether the process ignores a signal: `nohup` and shells start background commands that way.
pub(super) fn is_ignored(signal: i32) -> bool {
    // SAFETY: an all-zero `sigaction` is valid. The call only writes the signal's action to it.
    let action = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut action);
        action
    };
    action.sa_sigaction == libc::SIG_IGN
}

/// Ignores SIGXFSZ, which a write beyond the limit on file sizes (`ulimit -f`) causes. The write then fails with `EFBIG`,
/// which the guest gets, instead of ending the process.
pub fn ignore_sigxfsz() {
    // SAFETY: this installs no handler, and nothing else in the process changes this signal's action.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Whether this is the first process of a system or a container, which the default action of a signal does not end.
pub fn is_first_process() -> bool {
    rustix::process::getpid().is_init()
}

/// Starts a thread that waits for signals. The first signal calls `first` and then `end`, which ends the process. The
/// second calls `end` immediately. Signals that the process ignores stay ignored.
///
/// # Errors
///
/// If the handlers cannot be installed or the thread cannot be started.
pub(super) fn watch(
    first: impl FnOnce(Signal) + Send + 'static,
    end: impl Fn(Signal) + Clone + Send + 'static,
) -> io::Result<()> {
    let numbers = SIGNALS.into_iter().map(Signal::number);
    let handled: Vec<_> = numbers.filter(|number| !is_ignored(*number)).collect();
    if handled.is_empty() {
        return Ok(());
    }
    let mut signals = Signals::new(handled)?;
    let mut first = Some(first);
    let wait = move || {
        for signal in signals.forever().filter_map(Signal::from_number) {
            let Some(first) = first.take() else {
                return end(signal);
            };
            // `first` takes time, and a second signal must not wait for it.
            let spawned = thread::Builder::new().spawn({
                let end = end.clone();
                move || {
                    first(signal);
                    end(signal);
                }
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
