//! The limit on the size of files that a shell can set (`ulimit -f`).

/// Ignores SIGXFSZ. A write beyond the limit then fails with `EFBIG`, which the guest gets, instead of ending the
/// process.
pub fn ignore_sigxfsz() {
    // SAFETY: this installs no handler, and nothing else in the process changes this signal's action.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
