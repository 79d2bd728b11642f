//! The signal handler for SIGSEGV, SIGBUS, SIGILL and SIGFPE. If the stack of the guest's thread is used up, it ends the
//! run as a trap of the guest. Any other fault is a bug in the runner: the handler prints a message, and the signal ends
//! the process.

use super::emergency_exit::{self, Emergency};
use super::native_stack;
use std::ops::RangeInclusive;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The stack of the handler, since the thread's own stack may be used up. The kernel also saves the vector registers
/// there, up to 11 KiB.
static mut SIGNAL_STACK: [u8; SIGNAL_STACK_BYTES] = [0; SIGNAL_STACK_BYTES];
const SIGNAL_STACK_BYTES: usize = 32 << 10;

/// The address from which the stack of the guest's thread grows downwards; 0 if it is unknown.
static STACK_TOP: AtomicUsize = AtomicUsize::new(0);

/// The maximum size of that stack in bytes.
static STACK_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Installs the handler, for the stack of the calling thread at its full size.
pub fn install() {
    let size = usize::try_from(native_stack::enlarge()).unwrap_or(usize::MAX);
    STACK_BYTES.store(size, Ordering::Relaxed);
    STACK_TOP.store(native_stack::top().unwrap_or_default(), Ordering::Relaxed);
    let stack = libc::stack_t {
        ss_sp: (&raw mut SIGNAL_STACK).cast(),
        ss_flags: 0,
        ss_size: SIGNAL_STACK_BYTES,
    };
    // SAFETY: nothing else uses that memory, and the size is right. If the call fails, the signal ends the process.
    unsafe { libc::sigaltstack(&stack, ptr::null_mut()) };
    // SAFETY: an all-zero `sigaction` is valid: no flags, an empty mask, the default action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_fault as *const () as usize;
    action.sa_flags = libc::SA_ONSTACK | libc::SA_SIGINFO;
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE] {
        // SAFETY: `action` outlives the call, and the handler calls only async-signal-safe functions. If the call
        // fails, the signal ends the process.
        unsafe { libc::sigaction(signal, &action, ptr::null_mut()) };
    }
}

/// The cause of an invalid access to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FaultCause {
    /// The end of the stack was reached.
    StackUsedUp,
    /// The kernel had no memory to grow the stack, although its end was not reached.
    StackRefused,
    /// Anything else.
    Bug,
}

impl FaultCause {
    /// The maximum distance of an access from the end of a used-up stack. Every frame is smaller.
    const MAX_FRAME_BYTES: usize = 64 << 10;

    /// Determines the cause of a fault at `address`, for a stack with this top and size.
    fn of_access(address: usize, top: usize, size: usize) -> Self {
        let Some(end) = top.checked_sub(size).filter(|_| top > 0) else {
            return Self::Bug;
        };
        match address {
            _ if address >= top => Self::Bug,
            _ if address >= end + Self::MAX_FRAME_BYTES => Self::StackRefused,
            _ if address >= end.saturating_sub(Self::MAX_FRAME_BYTES) => Self::StackUsedUp,
            _ => Self::Bug,
        }
    }
}

/// The codes of faults. The code of a signal that a process sent is at most 0 on Linux, and at least 0x10001 on macOS.
const FAULT_CODES: RangeInclusive<i32> = 1..=0x10000;

extern "C" fn on_fault(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid description of the signal.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    // A signal sent by a process is not a fault. It ends the process as if there were no handler.
    if !FAULT_CODES.contains(&code) {
        // SAFETY: both are async-signal-safe.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
        return;
    }
    // Linux sends SIGSEGV for the guard page of a stack, and macOS SIGBUS.
    if matches!(signal, libc::SIGSEGV | libc::SIGBUS) {
        let top = STACK_TOP.load(Ordering::Relaxed);
        let size = STACK_BYTES.load(Ordering::Relaxed);
        match FaultCause::of_access(address, top, size) {
            FaultCause::StackUsedUp => emergency_exit::end(Emergency::StackUsedUp),
            FaultCause::StackRefused => emergency_exit::end(Emergency::OutOfMemory),
            FaultCause::Bug => {}
        }
    }
    if let Some(texts) = emergency_exit::fault_texts() {
        emergency_exit::print(match signal {
            libc::SIGILL => texts.illegal_instruction,
            libc::SIGFPE => texts.arithmetic_fault,
            _ => texts.invalid_access,
        });
    }
    // The instruction is executed again, and the signal ends the process, with a core dump if those are enabled.
    // SAFETY: it is async-signal-safe.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

#[cfg(test)]
mod tests {
    use super::{FaultCause, STACK_BYTES, STACK_TOP, install, native_stack};
    use crate::stop::emergency_exit::{self, FaultTexts, PreparedExit, PreparedExits};
    use crate::stop::{exit_now, signals};
    use std::io::{self, Read};
    use std::os::fd::AsRawFd;
    use std::sync::atomic::Ordering;

    #[test]
    fn only_the_end_of_the_stack_is_an_emergency() {
        let (top, size) = (0x7fff_0000_0000, 64 << 20);
        let end = top - size;
        for (address, cause) in [
            (0, FaultCause::Bug),
            (8, FaultCause::Bug),
            (end - (65 << 10), FaultCause::Bug),
            (end - 1, FaultCause::StackUsedUp),
            (end, FaultCause::StackUsedUp),
            (end + (63 << 10), FaultCause::StackUsedUp),
            (end + (65 << 10), FaultCause::StackRefused),
            (top - 1, FaultCause::StackRefused),
            (top, FaultCause::Bug),
            (usize::MAX, FaultCause::Bug),
        ] {
            assert_eq!(
                FaultCause::of_access(address, top, size),
                cause,
                "{address:#x}"
            );
        }
        assert_eq!(FaultCause::of_access(0, 0, size), FaultCause::Bug);
    }

    #[test]
    fn each_fault_ends_the_process_in_its_own_way() -> io::Result<()> {
        let read = |address: usize| {
            // SAFETY: the access is invalid on purpose. It ends the process.
            unsafe { (address as *const u8).read_volatile() };
        };
        let end = || STACK_TOP.load(Ordering::Relaxed) - STACK_BYTES.load(Ordering::Relaxed);
        assert_eq!(
            end_of_process(move || read(8))?,
            (libc::SIGSEGV, "invalid access".to_owned())
        );
        assert_eq!(
            end_of_process(move || read(end() - 8))?,
            (134 << 8, "stack used up".to_owned())
        );
        let sent = || {
            // SAFETY: the signal ends the process.
            unsafe { libc::raise(libc::SIGSEGV) };
        };
        assert_eq!(end_of_process(sent)?, (libc::SIGSEGV, String::new()));
        Ok(())
    }

    /// Forks a process that installs the handler and calls `fault`. Returns its status, as `wait` does, and its
    /// standard error.
    fn end_of_process(fault: impl FnOnce() + Send + 'static) -> io::Result<(i32, String)> {
        let (mut reader, writer) = io::pipe()?;
        // SAFETY: the child allocates, which glibc allows after a fork, makes system calls, and never returns from this
        // block.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let exit = |text: &'static str| PreparedExit {
                text: text.into(),
                status: 134,
            };
            emergency_exit::prepare(PreparedExits {
                stack_used_up: exit("stack used up"),
                out_of_memory: exit("out of memory"),
                quit: String::new(),
                faults: FaultTexts {
                    invalid_access: "invalid access",
                    illegal_instruction: "illegal instruction",
                    arithmetic_fault: "arithmetic fault",
                },
            });
            signals::disable_core_dumps();
            // SAFETY: both descriptors are open.
            unsafe { libc::dup2(writer.as_raw_fd(), libc::STDERR_FILENO) };
            let _ = native_stack::run(|| {
                install();
                fault();
            });
            exit_now(0)
        }
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text)?;
        let mut status = 0;
        // SAFETY: `status` lives until the call returns.
        unsafe { libc::waitpid(child, &mut status, 0) };
        Ok((status, text))
    }
}
