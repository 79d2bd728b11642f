//! The limit on the size of files, which a shell may set (`ulimit -f`).

/// Makes a write beyond the limit fail with `EFBIG`, which the guest gets, instead of a signal that ends the process:
/// <https://man7.org/linux/man-pages/man2/setrlimit.2.html>.
pub fn report_excess() {
    // SAFETY: ignoring a signal installs no handler; nothing else in the process sets this signal.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
