//! Ending the process from a thread that is not the guest's, or out of a panic: say one thing, if it
//! can be said without waiting, and leave without unwinding, destructors or anybody's lock.

use super::ExitStatus;
use super::message::{Terms, failure_in_words, in_words, write};
use crate::error::Error;
use crate::guest::Outcome;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a stream that takes words may take to take them.
const PATIENCE: Duration = Duration::from_millis(500);

/// Tells an outcome and ends the process with its status.
pub fn end_with(outcome: &Outcome, terms: &Terms) -> ! {
    if let Some(text) = in_words(outcome, terms) {
        say(text);
    }
    leave(ExitStatus::of(outcome).code())
}

/// Ends the process with this status.
pub fn leave(status: i32) -> ! {
    // SAFETY: `_exit` takes any integer and does not return; it runs no code of this process, so
    // nothing can be seen half done by it.
    unsafe { libc::_exit(status) }
}

/// Ends the process with this status, unless the run that settled on it does so first: it may still be
/// telling what there is to tell.
pub fn leave_soon(status: i32) {
    thread::sleep(PATIENCE);
    leave(status)
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

/// Says it, unless standard error is a pipe that is full. Between seeing that it is not and writing,
/// the guest may fill it, so the writing is done on a thread of its own, which can be left behind.
fn say(text: String) {
    let stderr = rustix::stdio::stderr();
    let takes_words = poll(
        &mut [PollFd::new(&stderr, PollFlags::OUT)],
        Some(&Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        }),
    );
    if takes_words != Ok(1) {
        return;
    }
    let (done, said) = mpsc::channel();
    let speaker = thread::Builder::new().spawn({
        let text = text.clone();
        move || {
            write(&text);
            let _ = done.send(());
        }
    });
    match speaker {
        Ok(_) => drop(said.recv_timeout(PATIENCE)),
        Err(_) => write(&text),
    }
}
