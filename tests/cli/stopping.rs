//! Stops programs with `--timeout` and with Ctrl-C while they compute, sleep, read or write. The timeout of the tests
//! is generous, for busy machines: it only detects programs that are not stopped.

use crate::trial;
use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tinyrun_test_support::shell::{self, Done};

/// The time that a stop may take on a busy machine.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

pub fn trials() -> Vec<Trial> {
    let deadlines = [
        ("computing", "tinyrun --timeout 300ms limits/spin.wat"),
        ("sleeping", "tinyrun --timeout 300ms limits/sleep.wat"),
        ("reading", "tinyrun --timeout 300ms run/copy.wat"),
        ("writing", "tinyrun --timeout 300ms run/yes.wat"),
        (
            "writing to standard error",
            "tinyrun --timeout 300ms run/yes.wat stderr",
        ),
        (
            "writing to standard error with a call stack",
            "tinyrun --timeout 300ms --backtrace run/yes.wat stderr",
        ),
        ("loading", "tinyrun --timeout 300ms -"),
    ];
    let deadlines = deadlines.into_iter().map(|(what, command)| {
        trial(format!("deadline/{what}"), move || {
            stops(command, "sleep 0", 124)
        })
    });
    let interrupts = [
        ("computing", "tinyrun limits/spin.wat"),
        ("sleeping", "tinyrun limits/sleep.wat"),
        ("reading", "tinyrun run/copy.wat"),
        ("writing", "tinyrun run/yes.wat"),
        ("with a deadline", "tinyrun --timeout 1h limits/spin.wat"),
    ];
    let interrupts = interrupts.into_iter().map(|(what, command)| {
        let interrupt = "sleep 0.3; kill -INT $0";
        trial(format!("interrupt/{what}"), move || {
            stops(command, interrupt, 130)
        })
    });
    let ignored = [
        "",
        "--report /dev/null",
        "--stats",
        "--backtrace",
        "--trace=/dev/null",
    ];
    let ignored = ignored.into_iter().map(|option| {
        let command = format!(
            "sh -c \"trap '' INT TERM; exec tinyrun --timeout 1s {option} limits/spin.wat\""
        );
        let signals = "sleep 0.3; kill -INT $0; kill -TERM $0";
        trial(format!("interrupt/ignored {option}"), move || {
            stops(&command, signals, 124)
        })
    });
    deadlines.chain(interrupts).chain(ignored).collect()
}

/// Starts a command with an open standard input and an output that no process reads. Then runs the script `then`, and
/// checks that the command ends in time with this status.
fn stops(command: &str, then: &str, status: i32) -> Result<()> {
    let folder = shell::root().join("testdata");
    let started = Instant::now();
    let mut child = shell::command(format!("exec {command}"), &folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    shell::command(then, &folder)
        .arg(child.id().to_string())
        .status()?;
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        if started.elapsed() > STOP_TIMEOUT {
            child.kill()?;
            bail!("{command} has not ended after {STOP_TIMEOUT:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut stderr = Vec::new();
    if let Some(mut pipe) = child.stderr.take() {
        pipe.read_to_end(&mut stderr)?;
    }
    let output = std::process::Output {
        status: ended,
        stdout: Vec::new(),
        stderr,
    };
    let done = Done::from(output);
    ensure!(
        done.status == status,
        "{command} ended in {done:?}, not in {status}"
    );
    Ok(())
}
