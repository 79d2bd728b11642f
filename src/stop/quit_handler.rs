//! The signal handler for SIGQUIT in a run without a `signals` thread. It prints a prepared message, and the signal ends
//! the process.

use super::{emergency_exit, signals};
use std::ptr;

/// Installs the handler, unless the process ignores the signal.
pub fn install() {
    if signals::is_ignored(libc::SIGQUIT) {
        return;
    }
    // SAFETY: an all-zero `sigaction` is valid: no flags, an empty mask, the default action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_quit as *const () as usize;
    // A second SIGQUIT ends the process immediately.
    action.sa_flags = libc::SA_RESETHAND | libc::SA_NODEFER;
    // SAFETY: `action` outlives the call, and the handler calls only async-signal-safe functions. If the call fails,
    // the signal ends the process without a message.
    unsafe { libc::sigaction(libc::SIGQUIT, &action, ptr::null_mut()) };
}

extern "C" fn on_quit(signal: libc::c_int) {
    if let Some(text) = emergency_exit::quit_text() {
        emergency_exit::print(text);
    }
    signals::disable_core_dumps();
    // SAFETY: it is async-signal-safe. The signal has its default action again and is not blocked.
    unsafe { libc::raise(signal) };
}
