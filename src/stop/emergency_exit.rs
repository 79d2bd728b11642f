//! Ends the process when a thread has used up its native stack or the memory. Such a thread may call only
//! async-signal-safe functions and must not allocate, so it prints a prepared text. If there is a report to write, it
//! wakes a thread that was started before and waits for it, up to a timeout.

use super::exit_now;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::thread;
use std::time::Duration;

/// Why a thread cannot continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emergency {
    /// The guest's `memory.grow` and `table.grow` have used up the native stack.
    StackUsedUp = 1,
    /// The runner cannot get the memory that it needs.
    OutOfMemory = 2,
}

/// How the process ends if no report is written.
#[derive(Clone, Debug)]
pub struct PreparedExit {
    /// The message for standard error.
    pub text: String,
    /// The exit status.
    pub status: i32,
}

/// The messages of a thread that cannot continue.
#[derive(Clone, Debug)]
pub struct PreparedExits {
    /// For [`Emergency::StackUsedUp`].
    pub stack_used_up: PreparedExit,
    /// For [`Emergency::OutOfMemory`].
    pub out_of_memory: PreparedExit,
    /// The message for SIGQUIT in a run without a `signals` thread. The signal then ends the process.
    pub quit: String,
    /// For a bug of the runner that raises a signal, which then ends the process.
    pub faults: FaultTexts,
}

/// The messages for each kind of fault.
#[derive(Clone, Copy, Debug)]
pub struct FaultTexts {
    /// For SIGSEGV and SIGBUS.
    pub invalid_access: &'static str,
    /// For SIGILL.
    pub illegal_instruction: &'static str,
    /// For SIGFPE.
    pub arithmetic_fault: &'static str,
}

static PREPARED: OnceLock<PreparedExits> = OnceLock::new();

/// Whether a thread is already ending the process.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// The pipe through which the `emergency` thread gets the emergency as a byte, once that thread is running.
static ALARM: OnceLock<PipeWriter> = OnceLock::new();

/// Address space that is unmapped before the report is written, so that the writers can allocate.
static RESERVE: AtomicPtr<libc::c_void> = AtomicPtr::new(ptr::null_mut());

/// Enough for the stacks of the threads that write the report and for its text.
const RESERVE_BYTES: usize = 8 << 20;

/// How long the report may take: longer than the timeouts of its writers.
const REPORT_TIMEOUT: Duration = Duration::from_secs(6);

/// How long a message waits for a process that reads standard error, in milliseconds.
const PRINT_TIMEOUT_MS: libc::c_int = 100;

/// Sets the texts and statuses. Only the first call has an effect.
pub fn prepare(exits: PreparedExits) {
    let _ = PREPARED.set(exits);
}

/// Starts a thread that calls `end`, which must end the process, when another thread cannot continue. Must be called at
/// most once.
///
/// # Errors
///
/// If the thread cannot be started or the reserve cannot be mapped.
pub(super) fn watch(end: impl FnOnce(Emergency) + Send + 'static) -> io::Result<()> {
    // SAFETY: this maps new memory, which nothing uses.
    let reserve = unsafe {
        libc::mmap(
            ptr::null_mut(),
            RESERVE_BYTES,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if reserve == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    RESERVE.store(reserve, Ordering::Release);
    let (alarm, writer) = io::pipe()?;
    thread::Builder::new()
        .name("emergency".to_owned())
        .spawn(|| {
            if let Some(emergency) = wait(alarm) {
                end(emergency);
            }
        })?;
    let _ = ALARM.set(writer);
    Ok(())
}

/// Ends the process from a thread that cannot continue. Calls only async-signal-safe functions.
pub fn end(emergency: Emergency) -> ! {
    // If writing the report also runs out of memory, the second call exits immediately.
    if !IS_ENDING.swap(true, Ordering::AcqRel)
        && let Some(mut alarm) = ALARM.get()
    {
        // SAFETY: nothing uses the reserve, and it is unmapped once.
        unsafe { libc::munmap(RESERVE.load(Ordering::Acquire), RESERVE_BYTES) };
        // A write to a pipe is async-signal-safe.
        let _ = alarm.write(&[emergency as u8]);
        sleep(REPORT_TIMEOUT);
    }
    let exit = PREPARED.get().map(|exits| match emergency {
        Emergency::StackUsedUp => &exits.stack_used_up,
        Emergency::OutOfMemory => &exits.out_of_memory,
    });
    let Some(exit) = exit else {
        // Reached only if `prepare` was never called.
        std::process::abort()
    };
    print(&exit.text);
    exit_now(exit.status)
}

/// The texts for faults, if they were prepared.
pub(super) fn fault_texts() -> Option<FaultTexts> {
    PREPARED.get().map(|exits| exits.faults)
}

/// The message for SIGQUIT, if it was prepared.
pub(super) fn quit_text() -> Option<&'static str> {
    PREPARED.get().map(|exits| exits.quit.as_str())
}

/// Writes a short text to standard error in one call, unless it would block for long. It is async-signal-safe.
pub(super) fn print(text: &str) {
    let mut stderr = libc::pollfd {
        fd: libc::STDERR_FILENO,
        events: libc::POLLOUT,
        revents: 0,
    };
    // SAFETY: the call reads and writes one `pollfd`.
    let is_ready = unsafe { libc::poll(&mut stderr, 1, PRINT_TIMEOUT_MS) } == 1;
    if is_ready {
        // SAFETY: the pointer and the length are the text's.
        unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
    }
}

/// Waits for an emergency. Returns `None` if the pipe cannot be read.
fn wait(mut alarm: PipeReader) -> Option<Emergency> {
    let mut number = [0];
    alarm.read_exact(&mut number).ok()?;
    let emergencies = [Emergency::StackUsedUp, Emergency::OutOfMemory];
    emergencies
        .into_iter()
        .find(|emergency| [*emergency as u8] == number)
}

/// Sleeps for all of `time`, even if signals arrive.
fn sleep(time: Duration) {
    let mut left = libc::timespec {
        tv_sec: time.as_secs() as _,
        tv_nsec: time.subsec_nanos() as libc::c_long,
    };
    // SAFETY: the call reads the time and writes the rest of it to the same variable.
    while unsafe { libc::nanosleep(&left, &mut left) } == -1 {}
}
