//! Running the built binary as a shell would.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files in a folder whose names end so, in alphabetical order.
pub fn entries(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("so can its entries").path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().unwrap_or_default() == ending)
        .collect();
    paths.sort();
    paths
}

/// What a test about the file at `path` is called.
pub fn name_below(folder: &str, path: &Path) -> String {
    let path = path.strip_prefix(root().join(folder)).unwrap_or(path);
    path.with_extension("").display().to_string()
}

/// A shell in a folder below the root, with `tinyrun` on its PATH and an environment that is the
/// same everywhere.
pub fn command(script: impl AsRef<OsStr>, folder: &Path) -> Command {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_tinyrun"));
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = binary.parent().map(Path::to_path_buf).into_iter();
    let folders = folders.chain(std::env::split_paths(&inherited));
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(script)
        .current_dir(folder)
        .env(
            "PATH",
            std::env::join_paths(folders).expect("PATH can be extended"),
        )
        .env("LC_ALL", "C")
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .env_remove("RUST_LOG")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null());
    // SAFETY: it makes a system call only.
    unsafe { shell.pre_exec(inherit_streams_only) };
    shell
}

/// Keeps descriptors of whatever runs the tests from the shell, since how many a program may open depends on
/// them.
fn inherit_streams_only() -> io::Result<()> {
    let first = (libc::STDERR_FILENO + 1) as libc::c_uint;
    // SAFETY: the descriptors are closed in a process that is about to run another program.
    unsafe { libc::close_range(first, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC as i32) };
    Ok(())
}

/// What a script does: its status as a shell tells it, and its two streams. It has a TMPDIR of its
/// own.
pub fn run(script: &str, folder: &Path) -> Done {
    let scratch = tempfile::tempdir().expect("there is room for a folder");
    let mut shell = command(script, folder);
    shell.env("TMPDIR", scratch.path());
    Done::from(shell.output().expect("there is a shell"))
}

/// What a command did.
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
