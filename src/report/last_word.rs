//! Ending the process from a thread that is not the guest's, or out of a panic: say one thing, if it
//! can be said without waiting, and leave without unwinding, destructors or anybody's lock.

use super::ExitStatus;
use super::message::{Terms, in_words, write};
use crate::guest::Outcome;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a full pipe may keep the last word from being said.
const PATIENCE: Duration = Duration::from_millis(10);

/// Tells an outcome and ends the process with its status.
pub fn end_with(outcome: &Outcome, terms: &Terms) -> ! {
    if let Some(text) = in_words(outcome, terms) {
        say(text);
    }
    exit(ExitStatus::of(outcome))
}

/// Makes a panic of the runner's one line and a status, whatever the environment says of backtraces.
pub fn on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(|at| format!(" at {at}"))
            .unwrap_or_default();
        let payload = panic.payload();
        let said = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("it does not say why");
        let said = said.lines().next().unwrap_or_default();
        say(format!("error: tinyrun itself failed{place}: {said}\n"));
        exit(ExitStatus::RUNNER)
    }));
}

/// Writes on a thread of its own, which is left behind if it has to wait.
fn say(text: String) {
    let (done, said) = mpsc::channel();
    let speaker = thread::Builder::new().spawn(move || {
        write(&text);
        let _ = done.send(());
    });
    if speaker.is_ok() {
        let _ = said.recv_timeout(PATIENCE);
    }
}

fn exit(status: ExitStatus) -> ! {
    // SAFETY: `_exit` takes any integer and does not return; it runs no code of this process, so
    // nothing can be seen half done by it.
    unsafe { libc::_exit(status.code()) }
}
