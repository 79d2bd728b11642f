//! Ending the process from a thread that is not the guest's, or out of a panic: say one thing, if it
//! can be said without waiting, and leave without unwinding, destructors or anybody's lock.

use super::message::{StackKept, Terms, failure_in_words, in_words, write_and_wait};
use super::stats;
use super::{ExitStatus, Stats};
use crate::error::Error;
use crate::guest::Outcome;
use crate::stop::emergency::{Cause, Exit, Exits};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// How long a stream that takes words may take to take them.
pub const PATIENCE: Duration = Duration::from_millis(500);

/// Prints an outcome, the counts of a run and what failed at its end, and ends the process.
pub fn end_with(outcome: &Outcome, terms: &Terms, stats: Option<&Stats>, failures: &[Error]) -> ! {
    let text = in_words(outcome, None, terms).unwrap_or_default();
    say(text + &stats.map(stats::in_words).unwrap_or_default());
    print_failures(failures);
    let status = match failures {
        [] => ExitStatus::of(outcome),
        _ => ExitStatus::RUNNER,
    };
    leave(status.code())
}

/// Prints what failed at the end of a run.
pub fn print_failures(failures: &[Error]) {
    failures.iter().map(failure_in_words).for_each(say);
}

/// How the process ends where its thread cannot go on, and no report is written.
pub fn exits(terms: &Terms) -> Exits {
    let terms = without_stack(terms);
    let exit = |cause| {
        let outcome = Outcome::of_emergency(cause);
        Exit {
            text: in_words(&outcome, None, &terms).unwrap_or_default(),
            status: ExitStatus::of(&outcome).code(),
        }
    };
    Exits {
        growths: exit(Cause::Growths),
        memory: exit(Cause::Memory),
    }
}

/// The same, for an end at which no option would show where the guest was.
pub fn without_stack(terms: &Terms) -> Terms {
    Terms {
        stack: StackKept::Yes,
        ..terms.clone()
    }
}

/// Tells the sums of a run that is about to be ended.
pub fn tell_stats(stats: &Stats) {
    say(stats::in_words(stats));
}

/// Ends the process with this status.
pub fn leave(status: i32) -> ! {
    // SAFETY: `_exit` takes any integer and does not return; it runs no code of this process, so
    // nothing can be seen half done by it.
    unsafe { libc::_exit(status) }
}

/// Makes a panic of the runner's one line and a status, whatever the environment says of backtraces;
/// `also` is given the failure first.
pub fn on_panic(also: impl Fn(Error) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(|at| format!(" at {at}"));
        let payload = panic.payload();
        let said = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("it does not say why");
        let said = said.lines().next().unwrap_or_default();
        let place = place.unwrap_or_default();
        let failure = Error::runner(format!("tinyrun itself failed{place}: {said}"));
        also(failure.clone());
        say(failure_in_words(&failure));
        leave(ExitStatus::RUNNER.code())
    }));
}

/// Does something that may have to wait, on a thread of its own, which is abandoned after `limit`.
///
/// # Errors
///
/// `TimedOut` where it is abandoned; what the machine says where it has no thread to spare.
pub fn without_waiting<T: Send + 'static>(
    limit: Duration,
    act: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (done, answer) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let _ = done.send(act());
    })?;
    let late = |_| io::ErrorKind::TimedOut.into();
    answer.recv_timeout(limit).map_err(late)
}

/// Says it, unless standard error is a pipe that is full. Between seeing that it is not and writing,
/// the guest may fill it.
pub(super) fn say(text: String) {
    let stderr = rustix::stdio::stderr();
    let takes_words = poll(
        &mut [PollFd::new(&stderr, PollFlags::OUT)],
        Some(&Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        }),
    );
    if takes_words == Ok(1) {
        let text = Arc::new(text);
        let write = {
            let text = Arc::clone(&text);
            move || write_and_wait(&text)
        };
        let written = without_waiting(PATIENCE, write);
        if written.is_err_and(|error| error.kind() != io::ErrorKind::TimedOut) {
            // There is no thread to spare; most likely the stream takes the text at once.
            write_and_wait(&text);
        }
    }
}
