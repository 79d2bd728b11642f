//! A process that cleans up when the runner ends, even by SIGKILL. The runner holds one end of a connection, which is
//! closed when it ends. Before the runner ends itself, it requests the cleanup and waits for it, up to a timeout.
//!
//! A thread could not do this: the guest may still be running and undo the cleanup, and a fatal signal ends all threads.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The runner's end of the connection.
static CONNECTION: OnceLock<UnixStream> = OnceLock::new();

/// Whether the cleanup was requested.
static IS_REQUESTED: AtomicBool = AtomicBool::new(false);

/// How long the runner waits. The cleanup continues after that.
const CLEANUP_TIMEOUT: Timespec = Timespec {
    tv_sec: 2,
    tv_nsec: 0,
};

/// The maximum number of calls of `clean_up` in a row: a guest that is still running may undo the cleanup.
const MAX_ATTEMPTS: usize = 20;

/// The highest descriptor to close if the open ones cannot be listed.
const MAX_DESCRIPTOR: RawFd = 1023;

/// Starts the process. It calls `clean_up` when the cleanup is requested and when the runner has ended. `clean_up`
/// returns true if nothing is left to clean up. Must be called at most once, before another thread is started.
///
/// # Errors
///
/// If the process cannot be started.
pub fn start(clean_up: impl Fn() -> bool) -> io::Result<()> {
    let (runner, process) = UnixStream::pair()?;
    // SAFETY: there is no other thread, or only the main one that waits for this one, so no lock is held in the child,
    // which never returns from this block.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            detach(process.as_raw_fd());
            serve(process, clean_up)
        }
        _ => {
            let _ = CONNECTION.set(runner);
            Ok(())
        }
    }
}

/// Whether the process was started.
pub fn is_started() -> bool {
    CONNECTION.get().is_some()
}

/// Requests the cleanup and waits for it, up to a timeout. Only the first call has an effect. It is async-signal-safe.
pub(super) fn request() {
    let Some(connection) = CONNECTION.get() else {
        return;
    };
    if IS_REQUESTED.swap(true, Ordering::AcqRel) {
        return;
    }
    if retry_on_intr(|| rustix::io::write(connection, &[0])).is_ok() {
        // The process writes nothing, so the connection is ready when the process has ended.
        let mut ended = [PollFd::new(connection, PollFlags::IN)];
        let _ = retry_on_intr(|| poll(&mut ended, Some(&CLEANUP_TIMEOUT)));
    }
}

/// Cleans up when that is requested, and again when the runner has ended, unless nothing is left.
fn serve(mut connection: UnixStream, clean_up: impl Fn() -> bool) -> ! {
    loop {
        let has_ended = match connection.read(&mut [0]) {
            Ok(count) => count == 0,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => true,
        };
        let is_clean = (0..MAX_ATTEMPTS).any(|_| clean_up());
        if is_clean || has_ended {
            super::exit_now(0);
        }
    }
}

/// Detaches the process from the terminal, the working directory and everything that the runner has opened. Signals that
/// are sent to processes with its name, as by `killall`, must not end it.
fn detach(connection: RawFd) {
    let _ = rustix::process::setsid();
    let _ = rustix::process::chdir("/");
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
        // SAFETY: ignoring a signal runs no code of this process.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    for descriptor in open_descriptors() {
        if descriptor != connection {
            // SAFETY: the process never uses its other descriptors, and ends without running destructors.
            unsafe { libc::close(descriptor) };
        }
    }
}

/// The open descriptors, or all that may be open.
fn open_descriptors() -> Vec<RawFd> {
    let Ok(listed) = fs::read_dir("/dev/fd") else {
        return (0..=MAX_DESCRIPTOR).collect();
    };
    let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.parse().ok()).collect()
}
