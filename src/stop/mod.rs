//! Ends a run at a deadline or a signal, and the process when the run's own thread cannot.
//!
//! These threads may end the process:
//!
//! 1. the run's own thread, by returning from `main`, after the run;
//! 2. the `deadline` thread, for `--timeout`;
//! 3. the `signals` thread, for SIGINT, SIGTERM, SIGHUP and SIGQUIT, if something must be written or removed first, or in
//!    the first process of a container;
//! 4. the `emergency` thread, or the failing thread itself, when the native stack or the memory is used up;
//! 5. any thread, when it panics.
//!
//! The first one to take the [`ExitClaim`] ends the process. Of the others, the run's own thread waits forever, the rest up
//! to a timeout. If the module is instrumented, threads 2 and 3 first request a stop: a run that waits, or that is divided
//! into fuel slices, ends by itself. Of a run that computes, they report a [copy](stack_copy) of the call stack. A second
//! signal, a panic and a fault of the runner end the process without waiting.
//!
//! Threads 2 to 5 never wait without a limit. They take no lock of the standard library's streams, and no lock that the
//! guest's thread holds while the guest runs. A write that may block runs on another thread, which is abandoned
//! after a timeout ([`within`]), and the process ends by `_exit`, which runs no destructors. What must be removed then is
//! left to another process ([`cleanup`]). `report` determines the messages and the exit status, and passes them as text
//! or as a [`FinalReport`].

pub mod cleanup;
mod deadline;
pub mod emergency_exit;
mod exit_claim;
pub mod fault_handler;
pub mod native_stack;
pub mod quit_handler;
mod request;
mod signals;
pub mod stack_copy;
mod stopper;

pub use emergency_exit::Emergency;
pub use exit_claim::{ClaimedBy, ExitClaim};
pub use request::{GuestThread, StopReason, is_requested, listen, reason};
pub use signals::{Signal, ignore_sigxfsz, is_first_process};
pub use stopper::{FinalReport, Stopper};

use std::io;
use std::panic::{self, PanicHookInfo};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Ends the process, after a [cleanup] of limited time.
pub fn exit_now(status: i32) -> ! {
    cleanup::request();
    // SAFETY: `_exit` takes any integer and does not return. It runs no code of this process.
    unsafe { libc::_exit(status) }
}

/// Ends the process when a thread panics. `report` prints the panic and returns the exit status.
pub fn exit_on_panic(report: impl Fn(&PanicHookInfo<'_>) -> i32 + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |panic| exit_now(report(panic))));
}

/// Runs `act`, which may block, on its own thread and abandons the thread after `timeout`.
///
/// # Errors
///
/// `TimedOut` after the timeout; another kind if the thread cannot be started.
pub fn within<T: Send + 'static>(
    timeout: Duration,
    act: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let _ = sender.send(act());
    })?;
    receiver
        .recv_timeout(timeout)
        .map_err(|_| io::ErrorKind::TimedOut.into())
}
