//! The limit on the size of files that a shell can set (`ulimit -f`).

/// Ignores SIGXFSZ, so that a write beyond the limit fails with `EFBIG`, which the guest gets, and does not end the
/// process.
pub fn report_excess() {
    // SAFETY: a signal is set to be ignored, so that no handler is installed; nothing else in the
    // process sets this one.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
