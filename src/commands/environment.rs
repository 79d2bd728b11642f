//! The one place that reads the caller's environment.

use crate::file_id::FileId;
use std::backtrace::Backtrace;
use std::ffi::OsString;

/// The variable by which a shell asks for completions; its value names the shell.
pub(super) const COMPLETION_VARIABLE: &str = "TINYRUN_COMPLETE";

/// The variable that sets what `env_logger` shows.
pub(super) const LOG_VARIABLE: &str = "RUST_LOG";

/// The variable that stands for `--backtrace`.
const BACKTRACE_VARIABLE: &str = "TINYRUN_BACKTRACE";

/// Whether it asks for one: by any value but nothing and `0`.
pub(super) fn wants_backtrace() -> bool {
    variable(BACKTRACE_VARIABLE).is_some_and(|value| !value.is_empty() && value != "0")
}

/// Whether a shell asks for completions.
pub(super) fn is_completion_request() -> bool {
    variable(COMPLETION_VARIABLE).is_some_and(|shell| !shell.is_empty())
}

/// Which word a shell asks about, where it says so: bash and zsh do, by a variable that the scripts of
/// `clap_complete` set.
pub(super) fn completion_index() -> Option<usize> {
    variable("_CLAP_COMPLETE_INDEX")?.to_str()?.parse().ok()
}

/// The working directory by the name that the caller has for it, where `PWD` is such a name.
pub(super) fn working_directory() -> Option<String> {
    let named = variable("PWD")?.into_string().ok()?;
    let id = |path: &str| Some(FileId::from(&std::fs::metadata(path).ok()?));
    (named.starts_with('/') && id(&named)? == id(".")?).then_some(named)
}

/// The caller's value of a variable, where it has one.
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// All of the caller's variables.
pub(super) fn variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// Keeps `RUST_BACKTRACE` from meaning anything in this process. Errors of the libraries below would
/// collect a stack each, at 70 ms for the first, and nobody would be shown it. The standard library
/// looks once and remembers, so the variable is covered for that look and then left as it was.
pub(super) fn silence_backtraces() {
    const SWITCHES: [&str; 2] = ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"];
    if SWITCHES
        .iter()
        .all(|switch| std::env::var_os(switch).is_none())
    {
        return;
    }
    let [_, library] = SWITCHES;
    let before = std::env::var_os(library);
    // SAFETY: no other thread exists yet, so nobody reads the environment meanwhile.
    unsafe { std::env::set_var(library, "0") };
    let _ = Backtrace::capture();
    match before {
        // SAFETY: as above.
        Some(value) => unsafe { std::env::set_var(library, value) },
        // SAFETY: as above.
        None => unsafe { std::env::remove_var(library) },
    }
}
