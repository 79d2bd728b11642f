//! Runs the built binary in a shell.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

/// The root of the project.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        root.canonicalize().expect("the project has a root")
    });
    &ROOT
}

/// The directory of the binaries that Cargo built for this test, or that of the variable `TINYRUN_BIN_DIR`.
pub fn bin_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("TINYRUN_BIN_DIR") {
        return dir.into();
    }
    // Its subdirectory `deps` contains the test.
    let test = std::env::current_exe().expect("this test has a path");
    let dir = test.ancestors().nth(2).expect("Cargo puts tests in deps");
    dir.to_owned()
}

/// The files in a directory that have this extension, in alphabetical order.
pub fn entries(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("the directory can be read");
    let paths = entries.map(|entry| entry.expect("the entry can be read").path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().unwrap_or_default() == extension)
        .collect();
    paths.sort();
    paths
}

/// The name of the test for a file: its path in `dir`, without the extension.
pub fn name_below(dir: &str, path: &Path) -> String {
    let path = path.strip_prefix(root().join(dir)).unwrap_or(path);
    path.with_extension("").display().to_string()
}

/// A shell in a directory, with `tinyrun` on its PATH. The variables that change the output of commands are the same on
/// each machine.
pub fn command(script: impl AsRef<OsStr>, dir: &Path) -> Command {
    command_with(&bin_dir(), script, dir)
}

/// As `command`, with the `tinyrun` of another directory.
pub fn command_with(bin_dir: &Path, script: impl AsRef<OsStr>, dir: &Path) -> Command {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(bin_dir.to_owned()).chain(std::env::split_paths(&inherited));
    let path = std::env::join_paths(dirs).expect("PATH can be extended");
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(script)
        .current_dir(dir)
        .env("PATH", path)
        .env("LC_ALL", "C")
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .env_remove("RUST_LOG")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null());
    // SAFETY: the function only makes a system call.
    unsafe { shell.pre_exec(inherit_streams_only) };
    #[cfg(target_os = "linux")]
    if std::env::var_os("TINYRUN_WITHOUT_OPENAT2").is_some() {
        // SAFETY: the function only makes system calls.
        unsafe { shell.pre_exec(crate::openat2::deny) };
    }
    shell
}

/// Closes the descriptors that the shell would inherit from the test runner, because the number of files that a program
/// can open depends on them.
fn inherit_streams_only() -> io::Result<()> {
    let first = (libc::STDERR_FILENO + 1) as libc::c_uint;
    // SAFETY: the descriptors are closed in a process that is about to run another program.
    unsafe { libc::close_range(first, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC as i32) };
    Ok(())
}

/// Runs a script with an empty TMPDIR.
pub fn run(script: &str, dir: &Path) -> Done {
    let scratch = tempfile::tempdir().expect("a temporary directory can be created");
    let mut shell = command(script, dir);
    shell.env("TMPDIR", scratch.path());
    Done::from(shell.output().expect("a shell can be started"))
}

/// The exit status of a command, as in a shell, and its output.
#[derive(Debug, PartialEq, Eq)]
pub struct Done {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let signalled = output.status.signal().map(|signal| 128 + signal);
        Self {
            status: output.status.code().or(signalled).unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
