//! Stops programs with `--timeout` and with signals while they compute, sleep, read or write. The timeout of the tests
//! is generous, for busy machines: it only detects programs that are not stopped.

use crate::terminal::{output, terminal};
use crate::trial;
use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
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
            stops(command, "sleep 0", 124).map(drop)
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
            stops(command, interrupt, 130).map(drop)
        })
    });
    let signals = [("HUP", 129), ("QUIT", 131), ("TERM", 143)];
    let signals = signals.into_iter().map(|(signal, status)| {
        trial(format!("interrupt/by {signal}"), move || {
            ends_by(signal, status)
        })
    });
    let stacks = [
        (
            "computing",
            "tinyrun --backtrace --timeout 1h --invoke spin insight/stack.wat",
            "main.spin(...)",
        ),
        (
            "sleeping",
            "tinyrun --backtrace limits/sleep.wat",
            "exported as _start",
        ),
        (
            "reading",
            "tinyrun --backtrace run/copy.wat",
            "exported as _start",
        ),
        (
            "writing",
            "tinyrun --backtrace run/yes.wat",
            "exported as _start",
        ),
        (
            "computing without a deadline",
            "tinyrun --backtrace --invoke spin insight/stack.wat",
            "main.spin(...)\n  main.main(...)\n  exported as spin",
        ),
    ];
    let stacks = stacks.into_iter().map(|(what, command, expected)| {
        trial(format!("interrupt/stack {what}"), move || {
            prints_stack(command, expected)
        })
    });
    let twice = trial("interrupt/twice", || {
        let interrupts = "sleep 0.3; kill -INT $0; kill -INT $0";
        stops("tinyrun --backtrace limits/spin.wat", interrupts, 130).map(drop)
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
            "sh -c \"trap '' HUP INT QUIT TERM; exec tinyrun --timeout 1s {option} limits/spin.wat\""
        );
        let signals = "sleep 0.3; for signal in HUP INT QUIT TERM; do kill -$signal $0; done";
        trial(format!("interrupt/ignored {option}"), move || {
            stops(&command, signals, 124).map(drop)
        })
    });
    let keys = [("Ctrl-C", 3, 130), ("Ctrl-\\", 28, 131)];
    let keys = keys.into_iter().map(|(name, key, status)| {
        trial(format!("interrupt/by {name}"), move || {
            ends_by_key(key, status)
        })
    });
    let interrupts = interrupts
        .chain(signals)
        .chain(stacks)
        .chain([twice])
        .chain(keys);
    deadlines.chain(interrupts).chain(ignored).collect()
}

/// Checks that a signal ends a run without diagnostics. Only SIGQUIT prints a message.
fn ends_by(signal: &str, status: i32) -> Result<()> {
    let kill = format!("sleep 0.3; kill -{signal} $0");
    let done = stops("tinyrun limits/spin.wat", &kill, status)?;
    let expected = match signal {
        "QUIT" => "error: limits/spin.wat was stopped by SIGQUIT\nhint: --backtrace shows where\n",
        _ => "",
    };
    ensure!(done.stderr == expected, "{done:?}");
    Ok(())
}

/// Checks that signals end a run with a call stack.
fn prints_stack(command: &str, expected: &str) -> Result<()> {
    for (signal, status) in [("INT", 130), ("QUIT", 131)] {
        let done = stops(command, &format!("sleep 0.3; kill -{signal} $0"), status)?;
        let message = format!("was stopped by SIG{signal}\n");
        let is_complete = done.stderr.contains(&message) && done.stderr.contains(expected);
        ensure!(is_complete, "{command} ended in {done:?}");
    }
    Ok(())
}

/// Checks that a key ends a run at a terminal with a call stack. The key is pressed after the program has started.
fn ends_by_key(key: u8, status: i32) -> Result<()> {
    let (ours, theirs) = terminal()?;
    let script = "exec tinyrun --tmp --backtrace run/scratch.wat for ever";
    let mut command = shell::command(script, &shell::root().join("testdata"));
    command
        .stdin(theirs.try_clone()?)
        .stdout(theirs.try_clone()?)
        .stderr(theirs);
    // SAFETY: the function only makes system calls.
    unsafe { command.pre_exec(control_terminal) };
    let mut child = command.spawn()?;
    // The command also has the other end of the terminal open.
    drop(command);
    let mut keyboard = File::from(ours.try_clone()?);
    let screen = output(File::from(ours));
    let mut shown = String::new();
    let mut is_pressed = false;
    while let Ok(text) = screen.recv_timeout(STOP_TIMEOUT) {
        shown += &text;
        if shown.contains("created") && !is_pressed {
            keyboard.write_all(&[key])?;
            is_pressed = true;
        }
    }
    // After a timeout, the status is that of SIGKILL.
    child.kill()?;
    let ended = Done::from(child.wait_with_output()?).status;
    let stopped = shown.split_once("was stopped by SIG");
    ensure!(
        ended == status && stopped.is_some_and(|(_, stack)| stack.contains("exported as _start")),
        "it ended in {ended}: {shown}"
    );
    Ok(())
}

/// Makes standard input the terminal that controls the process.
fn control_terminal() -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
    Ok(())
}

/// Starts a command with an open standard input and an output that no process reads. Then runs the script `then`, and
/// checks that the command ends in time with this status. Returns its status and standard error.
fn stops(command: &str, then: &str, status: i32) -> Result<Done> {
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
    Ok(done)
}
