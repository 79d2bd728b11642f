//! The stop request. The guest's thread checks it after an interrupted system call and between fuel slices, and then ends
//! the run. While the guest computes without slices, the handler of the wake signal only copies its call stack. A process
//! has one run, so the request is a static.

use super::signals::Signal;
use super::{ExitClaim, stack_copy};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Why a run must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Its deadline has passed.
    Deadline,
    /// A signal was received.
    Signal(Signal),
}

/// The reason as a number: the signal's, or one of the two below.
static REASON: AtomicI32 = AtomicI32::new(NONE);
const NONE: i32 = 0;
const DEADLINE: i32 = -1;

/// Whether the guest's thread checks the request.
static IS_LISTENING: AtomicBool = AtomicBool::new(false);

/// Records that the guest's thread checks the request from now on.
pub fn listen() {
    IS_LISTENING.store(true, Ordering::Release);
}

/// Why the run must end, if a stop was requested.
pub fn reason() -> Option<StopReason> {
    match REASON.load(Ordering::Acquire) {
        NONE => None,
        DEADLINE => Some(StopReason::Deadline),
        number => Signal::from_number(number).map(StopReason::Signal),
    }
}

/// Returns true after a stop was requested.
pub fn is_requested() -> bool {
    reason().is_some()
}

fn request(reason: StopReason) {
    let number = match reason {
        StopReason::Deadline => DEADLINE,
        StopReason::Signal(signal) => signal.number(),
    };
    REASON.store(number, Ordering::Release);
}

/// The guest's thread, which can be interrupted in a blocking system call.
#[derive(Clone, Copy)]
pub struct GuestThread(libc::pthread_t);

/// The same thread for the signal handler; 0 if there is none.
static GUEST_THREAD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: an identifier of a thread can be used by any thread. In some C libraries it is a pointer, which is not read
// here.
unsafe impl Send for GuestThread {}

/// The signal that interrupts system calls. By default it is ignored, so another process that sends it does no harm.
const WAKE_SIGNAL: libc::c_int = libc::SIGURG;

/// How long the guest's thread may take to end the run.
const STOP_TIMEOUT: Duration = Duration::from_millis(500);

/// How long it may take if its call stack can be copied. A program that waits needs some time on a busy machine. One that
/// has not ended by then most likely computes, and does not check the request.
const COMPUTING_STOP_TIMEOUT: Duration = Duration::from_millis(200);

/// How often the thread is interrupted during that time. A signal that arrives just before a system call does not
/// interrupt it, so one signal is not enough.
const WAKE_INTERVAL: Duration = Duration::from_millis(5);

impl GuestThread {
    /// The calling thread, which must be the one that [`run`](super::native_stack::run) uses.
    pub fn current() -> Self {
        // SAFETY: an all-zero `sigaction` with a handler has no flags and an empty mask. Without SA_RESTART, system
        // calls are interrupted. The handler is async-signal-safe.
        let thread = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_wake as *const () as usize;
            libc::sigaction(WAKE_SIGNAL, &action, std::ptr::null_mut());
            libc::pthread_self()
        };
        GUEST_THREAD.store(thread as usize, Ordering::Release);
        Self(thread)
    }

    /// Requests a stop and waits until the thread has claimed the exit or the timeout has passed. Returns
    /// immediately if the thread does not check the request yet.
    pub(super) fn request_stop(self, reason: StopReason, claim: &ExitClaim) {
        request(reason);
        if !IS_LISTENING.load(Ordering::Acquire) {
            return;
        }
        let requested = Instant::now();
        let timeout = if stack_copy::is_allowed() {
            COMPUTING_STOP_TIMEOUT
        } else {
            STOP_TIMEOUT
        };
        while claim.is_open() && requested.elapsed() < timeout {
            // SAFETY: the thread exists as long as the process.
            unsafe { libc::pthread_kill(self.0, WAKE_SIGNAL) };
            thread::sleep(WAKE_INTERVAL);
        }
    }
}

extern "C" fn on_wake(_: libc::c_int) {
    // SAFETY: it is async-signal-safe, as is the rest.
    let thread = unsafe { libc::pthread_self() };
    // Another process may have sent the signal, before the request or to another thread.
    if is_requested() && thread as usize == GUEST_THREAD.load(Ordering::Acquire) {
        // SAFETY: this is the guest's thread.
        unsafe { stack_copy::copy() };
    }
}
