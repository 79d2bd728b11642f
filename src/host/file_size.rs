//! The bound on the size of files that a shell may set (`ulimit -f`).

/// Makes a write beyond the bound the error `EFBIG`, which the guest is told, rather than a signal that
/// ends the process.
pub fn report_excess() {
    // SAFETY: a signal is set to be ignored, so that no handler is installed; nothing else in the
    // process sets this one.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
