//! Tests that the directory of `--tmp` is removed, however a run ends. See also `testdata/run/tmp.session`.

use crate::trial;
use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};
use tinyrun_test_support::shell;

/// The time that a step may take on a busy machine.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);

pub fn trials() -> Vec<Trial> {
    let signals = [
        ("HUP", 129),
        ("INT", 130),
        ("QUIT", 131),
        ("TERM", 143),
        ("KILL", 137),
        ("XCPU", 152),
    ];
    let signals = signals.into_iter().map(|(signal, status)| {
        trial(format!("tmp/removed after {signal}"), move || {
            let kill = format!("kill -{signal} $0");
            is_removed("", &kill, status)
        })
    });
    let others = [
        (
            "a directory lost its permissions",
            "",
            "chmod 0 $TMPDIR/tinyrun-*/b; kill -TERM $0",
            143,
        ),
        ("two interrupts", "", "kill -INT $0; kill -INT $0", 130),
        (
            "an interrupt with a stack",
            "--backtrace --timeout 1h",
            "kill -INT $0",
            130,
        ),
        (
            "an interrupt with a report",
            "--report /dev/null",
            "kill -INT $0",
            130,
        ),
    ];
    let others = others.into_iter().map(|(what, options, kill, status)| {
        trial(format!("tmp/removed after {what}"), move || {
            is_removed(options, kill, status)
        })
    });
    signals.chain(others).collect()
}

/// Starts a program that runs forever, and ends it with the script `kill` after it has created its files.
fn is_removed(options: &str, kill: &str, status: i32) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let folder = shell::root().join("testdata/run");
    let shell = |script: &str| {
        let mut shell = shell::command(script, &folder);
        shell.env("TMPDIR", scratch.path());
        shell
    };
    let mut run = shell(&format!(
        "exec $UNPRIVILEGED tinyrun --tmp {options} scratch.wat for ever"
    ));
    if rustix::process::geteuid().is_root() {
        // Without these capabilities, permissions also apply to root.
        run.env(
            "UNPRIVILEGED",
            "setpriv --bounding-set=-dac_override,-dac_read_search",
        );
    }
    let mut child = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    wait_until("the program has created its files", || {
        let directories = directories(scratch.path())?;
        let mut created = directories.iter().map(|directory| directory.join("b"));
        Ok(created.any(|path| path.exists()).then_some(()))
    })?;
    shell(kill).arg(child.id().to_string()).status()?;
    let ended = wait_until("the run has ended", || Ok(child.try_wait()?))?;
    let ended = ended.code().or(ended.signal().map(|signal| 128 + signal));
    ensure!(ended == Some(status), "the status is {ended:?}");
    // After a signal that cannot be handled, the removal may end later.
    wait_until("the directory is removed", || {
        Ok(directories(scratch.path())?.is_empty().then_some(()))
    })
}

/// Waits until `condition` returns a value.
fn wait_until<T>(what: &str, mut condition: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(value) = condition()? {
            return Ok(value);
        }
        ensure!(
            started.elapsed() < STEP_TIMEOUT,
            "waited in vain until {what}"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// The directories of `--tmp`, as long as they exist.
fn directories(parent: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(parent)?;
    Ok(entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect())
}
