//! The end of a run whose thread cannot go on: its native stack is used up, or there is no more memory. Such a
//! thread may call only what a signal handler may, and must not allocate. It prints a text that was prepared. Where
//! a report is wanted as well, it wakes a thread that was started beforehand, and waits for it within bounds.

use std::io;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// Why the thread cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The guest's growths of memories and tables have used up the native stack.
    Growths = 1,
    /// The runner cannot have the memory that it needs.
    Memory = 2,
}

/// How the process ends where no report is written.
#[derive(Clone, Debug)]
pub struct Exit {
    /// What to print on standard error.
    pub text: String,
    /// The status.
    pub status: i32,
}

/// The exit for each cause.
#[derive(Clone, Debug)]
pub struct Exits {
    /// For `Cause::Growths`.
    pub growths: Exit,
    /// For `Cause::Memory`.
    pub memory: Exit,
}

static EXITS: OnceLock<Exits> = OnceLock::new();

/// Whether a thread is ending the process already.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Whether a thread waits for an alarm.
static IS_WATCHED: AtomicBool = AtomicBool::new(false);

/// The cause for which that thread is woken, as a number; 0 as long as there is none.
static ALARM: AtomicU32 = AtomicU32::new(0);

/// Address space that is given back before the report is written, so that there is some to write it in.
static RESERVE: AtomicPtr<libc::c_void> = AtomicPtr::new(ptr::null_mut());

/// Enough for the stacks of the threads that write the report, and for its text.
const RESERVE_BYTES: usize = 8 << 20;

/// How long the report may take: longer than a pipe that is not read is waited for.
const PATIENCE: Duration = Duration::from_secs(6);

/// Sets how the process ends. The first call counts.
pub fn prepare(exits: Exits) {
    let _ = EXITS.set(exits);
}

/// Starts a thread that calls `end`, which has to end the process, when another thread cannot go on. It can be
/// called once.
///
/// # Errors
///
/// Where the machine has no thread or no memory to spare.
pub fn watch(end: impl FnOnce(Cause) + Send + 'static) -> io::Result<()> {
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
    thread::Builder::new()
        .name("emergency".to_owned())
        .spawn(|| end(wait()))?;
    IS_WATCHED.store(true, Ordering::Release);
    Ok(())
}

/// Ends the process from a thread that cannot go on. Calls only what a signal handler may.
pub(crate) fn end(cause: Cause) -> ! {
    // Where writing the report fails in the same way, it ends here at once.
    if !IS_ENDING.swap(true, Ordering::AcqRel) && IS_WATCHED.load(Ordering::Acquire) {
        // SAFETY: the reserve is used by nothing, and is given back once.
        unsafe { libc::munmap(RESERVE.load(Ordering::Acquire), RESERVE_BYTES) };
        wake(cause);
        sleep(PATIENCE);
    }
    let exit = EXITS.get().map(|exits| match cause {
        Cause::Growths => &exits.growths,
        Cause::Memory => &exits.memory,
    });
    let Some(exit) = exit else {
        // Only a program other than tinyrun, over its library, prepares nothing.
        std::process::abort()
    };
    print(&exit.text);
    // SAFETY: `_exit` takes any integer and does not return.
    unsafe { libc::_exit(exit.status) }
}

/// Writes a text to standard error, as far as it takes it. A signal handler may call it.
pub(crate) fn print(text: &str) {
    // SAFETY: the text is as long as it says.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

/// Waits for the alarm.
fn wait() -> Cause {
    loop {
        match ALARM.load(Ordering::Acquire) {
            0 => {}
            growths if growths == Cause::Growths as u32 => return Cause::Growths,
            _ => return Cause::Memory,
        }
        // SAFETY: the number lives as long as the process. The call returns at once where it is not 0 any more.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                ALARM.as_ptr(),
                libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                0,
                ptr::null::<libc::timespec>(),
            )
        };
    }
}

fn wake(cause: Cause) {
    ALARM.store(cause as u32, Ordering::Release);
    // SAFETY: the number lives as long as the process.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            ALARM.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            1,
        )
    };
}

/// Sleeps, whatever signals come meanwhile.
fn sleep(time: Duration) {
    let mut left = libc::timespec {
        tv_sec: time.as_secs() as libc::time_t,
        tv_nsec: time.subsec_nanos() as libc::c_long,
    };
    // SAFETY: the time is read, and what is left of it is written to the same place.
    while unsafe { libc::nanosleep(&left, &mut left) } == -1 {}
}
