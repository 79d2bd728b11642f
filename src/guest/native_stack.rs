//! The runner's own stack under the guest. wasmi passes from one instruction to the next by a jump, but
//! not behind `memory.grow` and `table.grow`: each that is executed, granted or not, keeps some 176
//! bytes of native stack until the call into the guest returns. So the stack is made large enough for
//! every growth that a program can have use for, and more of them than it holds end in a trap instead
//! of a crash. It is taken from the machine only as it is used.
//!
//! The engine does not announce growths that it refuses by itself, as those past a memory's own
//! maximum, so that they cannot be counted. A program that makes those without end uses the stack up:
//! that is seen in the signal which follows, and ends the process as a trap would.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::sync::atomic::{AtomicI32, Ordering};

/// How much of a stack is asked for: enough for a memory that grows to 4 GiB a page at a time.
const WANTED: u64 = 64 << 20;

/// What everything but growths needs.
const RESERVE: u64 = 512 << 10;

/// What one growth is reckoned at; more than it takes.
const PER_GROWTH: u64 = 256;

/// Makes the main thread's stack larger, where the machine allows it, and answers how many growths it
/// is good for.
pub(super) fn growths() -> u64 {
    let limit = getrlimit(Resource::Stack);
    // Linux lets the main thread's stack grow up to the limit as it is when it grows.
    if cfg!(target_os = "linux") && limit.current.is_some_and(|current| current < WANTED) {
        let raised = limit.maximum.unwrap_or(WANTED).min(WANTED);
        // What is refused leaves the limit as it was, which is looked at next.
        let _ = setrlimit(
            Resource::Stack,
            Rlimit {
                current: Some(raised),
                ..limit
            },
        );
    }
    let stack = getrlimit(Resource::Stack)
        .current
        .unwrap_or(WANTED)
        .min(WANTED);
    // Every program grows its memory a few times; a stack too small even for that was asked for.
    (stack.saturating_sub(RESERVE) / PER_GROWTH).max(64)
}

/// Installs what ends the process when the main thread's native stack is used up: it says so and leaves with
/// `status`.
pub fn guard(status: i32) {
    STATUS.store(status, Ordering::Relaxed);
    let stack = libc::stack_t {
        ss_sp: (&raw mut SIGNAL_STACK).cast(),
        ss_flags: 0,
        ss_size: SIGNAL_STACK_SIZE,
    };
    // SAFETY: nothing else uses that memory, which is as large as it is said to be. Where it is refused, the
    // process ends by the signal itself.
    unsafe { libc::sigaltstack(&stack, std::ptr::null_mut()) };
    // SAFETY: an all-zero `sigaction` is a valid one: no flags, an empty mask, the default action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_fault as *const () as usize;
    action.sa_flags = libc::SA_ONSTACK | libc::SA_SIGINFO;
    // SAFETY: `action` is whole and outlives the call, and the handler calls only what a handler may.
    // Where it is refused, the process ends by the signal itself.
    unsafe { libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut()) };
}

/// The stack that the handler runs on: the one that is used up cannot serve. Processors' vector registers
/// are put there as well, which take up to 11 KiB.
static mut SIGNAL_STACK: [u8; SIGNAL_STACK_SIZE] = [0; SIGNAL_STACK_SIZE];
const SIGNAL_STACK_SIZE: usize = 32 << 10;

/// The status to leave with.
static STATUS: AtomicI32 = AtomicI32::new(0);

/// The only memory fault that this program can come to is that of its stack: all else is safe Rust, or
/// the engine's, which checks its accesses.
extern "C" fn on_fault(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the system hands over the signal's description; both calls may be made in a signal handler.
    unsafe {
        // One that somebody sent is no fault, and ends the process as if nobody had asked for it.
        if (*info).si_code <= 0 {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
            return;
        }
    }
    const SAID: &[u8] =
        b"error: the program trapped: memory.grow or table.grow executed too often\n";
    // SAFETY: both may be called in a signal handler; the text is static and as long as it says.
    unsafe {
        libc::write(2, SAID.as_ptr().cast(), SAID.len());
        libc::_exit(STATUS.load(Ordering::Relaxed))
    }
}
