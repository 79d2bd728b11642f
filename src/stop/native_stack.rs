//! The runner's own stack under the guest. wasmi passes from one instruction to the next by a jump, but not after
//! `memory.grow` and `table.grow`: each that is executed, granted or not, keeps some 176 bytes of native stack until
//! the call into the guest returns. So the stack is made large enough for every growth that a program can have use
//! for, and a program that makes more of them than it holds traps. It takes memory only as it is used.
//!
//! The engine does not announce growths that it refuses by itself, as those past a memory's own maximum, so they
//! cannot be counted. A program that makes those without end uses the stack up: the signal that follows ends the
//! run as a trap.

use crate::stop::emergency::{self, Cause};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::ffi::{CStr, c_char};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How large the stack should be: enough for a memory that grows to 4 GiB a page at a time.
const WANTED: u64 = 64 << 20;

/// What everything but growths needs.
const RESERVE: u64 = 512 << 10;

/// What one growth is reckoned at; more than it takes.
const PER_GROWTH: u64 = 256;

/// Makes the main thread's stack larger, where the machine allows it, and returns for how many growths it is large
/// enough.
pub(crate) fn growths() -> u64 {
    // Every program grows its memory a few times; a stack too small even for that was asked for.
    (enlarge().saturating_sub(RESERVE) / PER_GROWTH).max(64)
}

/// Bounds the main thread's stack by the size that is wanted, or by less where that is not allowed. Returns the
/// bound in bytes.
fn enlarge() -> u64 {
    let limit = getrlimit(Resource::Stack);
    // Linux lets the main thread's stack grow up to the limit as it is when it grows. One without a limit would
    // be used up no sooner than the machine's memory.
    if limit.current.is_none_or(|current| current < WANTED) {
        let current = limit.maximum.unwrap_or(WANTED).min(WANTED);
        // What is refused leaves the limit as it was, which is looked at next.
        let _ = setrlimit(
            Resource::Stack,
            Rlimit {
                current: Some(current),
                ..limit
            },
        );
    }
    let size = getrlimit(Resource::Stack).current.unwrap_or(WANTED);
    SIZE.store(
        usize::try_from(size).unwrap_or(usize::MAX),
        Ordering::Relaxed,
    );
    size.min(WANTED)
}

/// Installs what ends the process at a fault: as a trap of the guest's where the main thread's stack is used up, and
/// else by the signal, after a line that names the fault as the runner's.
pub fn guard() {
    enlarge();
    TOP.store(top().unwrap_or_default(), Ordering::Relaxed);
    let stack = libc::stack_t {
        ss_sp: (&raw mut SIGNAL_STACK).cast(),
        ss_flags: 0,
        ss_size: SIGNAL_STACK_SIZE,
    };
    // SAFETY: nothing else uses that memory, which is as large as it is said to be. Where it is refused, the
    // process ends by the signal itself.
    unsafe { libc::sigaltstack(&stack, ptr::null_mut()) };
    // SAFETY: an all-zero `sigaction` is a valid one: no flags, an empty mask, the default action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_fault as *const () as usize;
    action.sa_flags = libc::SA_ONSTACK | libc::SA_SIGINFO;
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE] {
        // SAFETY: `action` is whole and outlives the call, and the handler calls only what a handler may. Where it
        // is refused, the process ends by the signal itself.
        unsafe { libc::sigaction(signal, &action, ptr::null_mut()) };
    }
}

/// The stack that the handler runs on: the one that is used up cannot serve. Processors' vector registers
/// are put there as well, which take up to 11 KiB.
static mut SIGNAL_STACK: [u8; SIGNAL_STACK_SIZE] = [0; SIGNAL_STACK_SIZE];
const SIGNAL_STACK_SIZE: usize = 32 << 10;

/// The address at which the main thread's stack begins, which grows downwards; 0 where it is not known.
static TOP: AtomicUsize = AtomicUsize::new(0);

/// How large that stack may become, in bytes.
static SIZE: AtomicUsize = AtomicUsize::new(0);

/// The address at which the main thread's stack begins. Linux puts the name of the executed file there, and eight
/// zero bytes after it: <https://man7.org/linux/man-pages/man3/getauxval.3.html>, `bprm_mm_init` in `fs/exec.c`.
fn top() -> Option<usize> {
    // SAFETY: this reads what the system passed to the process, which stays.
    let name = unsafe { libc::getauxval(libc::AT_EXECFN) } as *const c_char;
    if name.is_null() {
        return None;
    }
    // SAFETY: the system passes a name that ends with a zero.
    let name = unsafe { CStr::from_ptr(name) };
    Some(name.as_ptr() as usize + name.count_bytes() + 1 + size_of::<u64>())
}

/// Whose fault an invalid access to memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The end of the main thread's stack.
    StackUsedUp,
    /// Above that, where the system would have made the stack larger, had it had the memory.
    StackRefused,
    /// Anywhere else.
    Runner,
}

impl Fault {
    /// How far from the stack's end an access may be that uses it up. No function's frame is that large.
    const NEAR: usize = 64 << 10;

    /// Classifies an access at this address, with the stack's top and size.
    fn at(address: usize, top: usize, size: usize) -> Self {
        let Some(end) = top.checked_sub(size).filter(|_| top > 0) else {
            return Self::Runner;
        };
        match address {
            _ if address >= top => Self::Runner,
            _ if address >= end + Self::NEAR => Self::StackRefused,
            _ if address >= end.saturating_sub(Self::NEAR) => Self::StackUsedUp,
            _ => Self::Runner,
        }
    }
}

extern "C" fn on_fault(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the system hands over the signal's description.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    // One that a process sent is no fault, and ends the process as if there were no handler.
    if code <= 0 {
        // SAFETY: both calls may be made in a signal handler.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
        return;
    }
    if signal == libc::SIGSEGV {
        let (top, size) = (TOP.load(Ordering::Relaxed), SIZE.load(Ordering::Relaxed));
        match Fault::at(address, top, size) {
            Fault::StackUsedUp => emergency::end(Cause::Growths),
            Fault::StackRefused => emergency::end(Cause::Memory),
            Fault::Runner => {}
        }
    }
    emergency::print(match signal {
        libc::SIGILL => {
            "error: tinyrun itself failed: illegal instruction; this is a bug in tinyrun\n"
        }
        libc::SIGFPE => {
            "error: tinyrun itself failed: arithmetic fault; this is a bug in tinyrun\n"
        }
        _ => "error: tinyrun itself failed: invalid memory access; this is a bug in tinyrun\n",
    });
    // The instruction is executed again, and ends the process by the signal, with a core dump where those are on.
    // SAFETY: the call may be made in a signal handler.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

#[cfg(test)]
mod tests {
    use super::{Fault, SIZE, TOP, guard};
    use crate::stop::emergency::{self, Exit, Exits};
    use std::io::{self, Read};
    use std::os::fd::AsRawFd;
    use std::sync::atomic::Ordering;

    #[test]
    fn only_the_end_of_the_stack_is_the_guests() {
        let (top, size) = (0x7fff_0000_0000, 64 << 20);
        let end = top - size;
        for (address, fault) in [
            (0, Fault::Runner),
            (8, Fault::Runner),
            (end - (65 << 10), Fault::Runner),
            (end - 1, Fault::StackUsedUp),
            (end, Fault::StackUsedUp),
            (end + (63 << 10), Fault::StackUsedUp),
            (end + (65 << 10), Fault::StackRefused),
            (top - 1, Fault::StackRefused),
            (top, Fault::Runner),
            (usize::MAX, Fault::Runner),
        ] {
            assert_eq!(Fault::at(address, top, size), fault, "{address:#x}");
        }
        assert_eq!(Fault::at(0, 0, size), Fault::Runner);
    }

    #[test]
    fn a_fault_ends_the_process_as_what_it_is() -> io::Result<()> {
        let read = |address: usize| {
            // SAFETY: it is not safe, and ends the process.
            unsafe { (address as *const u8).read_volatile() };
        };
        let end = || TOP.load(Ordering::Relaxed) - SIZE.load(Ordering::Relaxed);
        let invalid_access =
            "error: tinyrun itself failed: invalid memory access; this is a bug in tinyrun\n";
        assert_eq!(
            fate(|| read(8))?,
            (libc::SIGSEGV, invalid_access.to_owned())
        );
        assert_eq!(fate(|| read(end() - 8))?, (134 << 8, "growths".to_owned()));
        let sent = || {
            // SAFETY: it ends the process.
            unsafe { libc::raise(libc::SIGSEGV) };
        };
        assert_eq!(fate(sent)?, (libc::SIGSEGV, String::new()));
        Ok(())
    }

    /// How a process ends in which `fault` happens under the guard, as `wait` describes it, and what it prints.
    fn fate(fault: impl FnOnce()) -> io::Result<(i32, String)> {
        let (mut reader, writer) = io::pipe()?;
        // SAFETY: the child allocates, which glibc allows it, makes system calls, and ends without returning from here.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let exit = |text: &'static str| Exit {
                text: text.into(),
                status: 134,
            };
            emergency::prepare(Exits {
                growths: exit("growths"),
                memory: exit("memory"),
            });
            guard();
            // SAFETY: as above. A core dump would be left where the tests run.
            unsafe {
                libc::dup2(writer.as_raw_fd(), libc::STDERR_FILENO);
                libc::prctl(libc::PR_SET_DUMPABLE, 0);
                fault();
                libc::_exit(0)
            }
        }
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text)?;
        let mut status = 0;
        // SAFETY: the status is written to a number that lives until the call returns.
        unsafe { libc::waitpid(child, &mut status, 0) };
        Ok((status, text))
    }
}
