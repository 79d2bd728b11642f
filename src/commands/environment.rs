//! tinyrun's own environment variables. No other module reads them.

use crate::file_id::FileId;
use std::backtrace::Backtrace;
use std::ffi::OsString;
use std::path::PathBuf;

/// The variable with which a shell requests completions. Its value is the shell's name.
pub(super) const COMPLETION_VARIABLE: &str = "TINYRUN_COMPLETE";

/// The variable that sets what `env_logger` prints.
pub(super) const LOG_VARIABLE: &str = "RUST_LOG";

/// The variable that has the effect of `--backtrace`.
const BACKTRACE_VARIABLE: &str = "TINYRUN_BACKTRACE";

/// Returns true if `TINYRUN_BACKTRACE` is set, and not empty, `0`, `false`, `no` or `off`.
pub(super) fn wants_backtrace() -> bool {
    const NO: [&str; 5] = ["", "0", "false", "no", "off"];
    let is_no = |value: &OsString| NO.iter().any(|no| value.eq_ignore_ascii_case(no));
    variable(BACKTRACE_VARIABLE).is_some_and(|value| !is_no(&value))
}

/// The name of the shell that requests completions.
pub(super) fn completion_shell() -> Option<OsString> {
    variable(COMPLETION_VARIABLE).filter(|shell| !shell.is_empty())
}

/// The index of the word to complete, in the variable that clap's script for elvish sets.
pub(super) fn completion_index() -> Option<usize> {
    variable("_CLAP_COMPLETE_INDEX")?.to_str()?.parse().ok()
}

/// The start of the word to complete, with its quotes, that bash keeps as typed.
pub(super) fn completion_kept() -> OsString {
    variable("_TINYRUN_KEPT").unwrap_or_default()
}

/// The value of `PWD`, if it is an absolute path of the working directory.
pub(super) fn working_directory() -> Option<String> {
    let path = variable("PWD")?.into_string().ok()?;
    let id = |path: &str| Some(FileId::from(&std::fs::metadata(path).ok()?));
    (path.starts_with('/') && id(&path)? == id(".")?).then_some(path)
}

/// The directory for temporary files.
pub(super) fn temporary_directory() -> PathBuf {
    let directory = variable("TMPDIR").filter(|directory| !directory.is_empty());
    directory.unwrap_or_else(|| "/tmp".into()).into()
}

/// Returns true if `TERM` names a terminal that can erase a line.
pub(super) fn has_erasable_terminal() -> bool {
    variable("TERM").is_some_and(|terminal| terminal != "dumb")
}

/// The value of a variable.
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// All variables.
pub(super) fn variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// Disables `RUST_BACKTRACE` for this process. Otherwise each library error captures a stack that is never printed, and
/// the first capture takes 70 ms. The standard library reads the variable once, so it is set, read and then restored.
pub(super) fn disable_rust_backtraces() {
    const VARIABLES: [&str; 2] = ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"];
    if VARIABLES
        .iter()
        .all(|variable| std::env::var_os(variable).is_none())
    {
        return;
    }
    let [_, library] = VARIABLES;
    let before = std::env::var_os(library);
    // SAFETY: no other thread exists yet, so nothing else reads the environment.
    unsafe { std::env::set_var(library, "0") };
    let _ = Backtrace::capture();
    match before {
        // SAFETY: as above.
        Some(value) => unsafe { std::env::set_var(library, value) },
        // SAFETY: as above.
        None => unsafe { std::env::remove_var(library) },
    }
}
