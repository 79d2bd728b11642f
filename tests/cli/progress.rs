//! Tests that the spinner is drawn only on a terminal, and erased before anything else is written. The last byte of the
//! input is delayed until the spinner appears, or until it would have appeared.

use crate::terminal::{output, terminal};
use crate::trial;
use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use std::fs::File;
use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};
use tinyrun_test_support::shell;

/// The time after which the spinner would have appeared, and the time to wait for it on a busy machine.
const SPINNER_DELAY: Duration = Duration::from_millis(1_500);
const SPINNER_TIMEOUT: Duration = Duration::from_secs(30);

/// The escape sequence that erases a terminal's line.
const ERASE_LINE: &str = "\r\x1b[2K";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("progress/module", is_shown_for_a_module),
        trial("progress/argument", is_shown_for_an_argument),
        trial("progress/output", is_erased_before_output),
        trial("progress/deadline", is_erased_before_the_timeout_message),
        trial("progress/elsewhere", is_shown_nowhere_else),
    ]
}

/// Where standard error goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Errors {
    Terminal,
    Pipe,
}

/// When the last byte is sent.
#[derive(Clone, Copy)]
enum Until {
    /// When this text has appeared on the terminal.
    Shown(&'static str),
    /// After this time.
    Passed(Duration),
    /// After the command has ended.
    Ended,
}

struct Done {
    output: String,
    errors: String,
}

impl Done {
    /// Checks that a spinner with this text was drawn and erased, and compares the rest of the output.
    fn check(&self, spinner: &str, output: &str, errors: &str) -> Result<()> {
        let (drawn, left) = self.errors.rsplit_once(ERASE_LINE).unwrap_or_default();
        let is_plain = !drawn.replace(ERASE_LINE, "").contains(['\x1b', '\n']);
        ensure!(
            drawn.contains(spinner) && is_plain && left == errors && self.output == output,
            "{:?} and {:?}",
            self.output,
            self.errors
        );
        Ok(())
    }
}

fn is_shown_for_a_module() -> Result<()> {
    let until = Until::Shown("1s, loading standard input");
    let done = run("exec tinyrun -", &module()?, until, Errors::Terminal)?;
    done.check("1s, loading standard input", "hello, world\n", "")?;
    let done = run(
        "tinyrun inspect - | head -n 1",
        &module()?,
        until,
        Errors::Terminal,
    )?;
    let output = "standard input: an unknown compiler, command, names but no debug information\n";
    done.check("loading standard input", output, "")
}

fn is_shown_for_an_argument() -> Result<()> {
    let until = Until::Shown("1s, preparing progress/length.wat");
    let command = "exec tinyrun --invoke 'length(@-)' progress/length.wat";
    let done = run(command, b"words", until, Errors::Terminal)?;
    done.check("preparing progress/length.wat", "5\n", "")
}

fn is_erased_before_output() -> Result<()> {
    let until = Until::Shown("loading standard input");
    let done = run("exec tinyrun - >&2", &module()?, until, Errors::Terminal)?;
    done.check("loading standard input", "", "hello, world\r\n")
}

fn is_erased_before_the_timeout_message() -> Result<()> {
    let command = "exec tinyrun --timeout 3s -";
    let done = run(command, &module()?, Until::Ended, Errors::Terminal)?;
    let words = "error: standard input ran out of time: --timeout is 3s\r\n";
    let plain = Done {
        errors: done.errors.replace("\x1b[1;31m", "").replace("\x1b[0m", ""),
        ..done
    };
    plain.check("loading standard input", "", words)
}

fn is_shown_nowhere_else() -> Result<()> {
    let until = Until::Passed(SPINNER_DELAY);
    for (command, errors) in [
        ("exec tinyrun -", Errors::Pipe),
        ("TERM=dumb exec tinyrun -", Errors::Terminal),
    ] {
        let done = run(command, &module()?, until, errors)?;
        if (done.output.as_str(), done.errors.as_str()) != ("hello, world\n", "") {
            bail!("{command}: {:?} and {:?}", done.output, done.errors);
        }
    }
    Ok(())
}

fn module() -> Result<Vec<u8>> {
    Ok(wat::parse_file(
        shell::root().join("testdata/run/hello.wat"),
    )?)
}

/// Runs a command with this input, whose last byte is delayed.
fn run(command: &str, input: &[u8], until: Until, errors: Errors) -> Result<Done> {
    let mut shell = shell::command(command, &shell::root().join("testdata"));
    shell
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let terminal = match errors {
        Errors::Terminal => {
            let (ours, theirs) = terminal()?;
            shell.stderr(theirs);
            Some(output(File::from(ours)))
        }
        Errors::Pipe => {
            shell.stderr(Stdio::piped());
            None
        }
    };
    let mut child = shell.spawn()?;
    // The command also has the other end of the terminal open.
    drop(shell);
    let mut shown = String::new();
    if let (Some(mut stdin), Some((last, rest))) = (child.stdin.take(), input.split_last()) {
        stdin.write_all(rest)?;
        match until {
            Until::Shown(words) => {
                let terminal = terminal.as_ref().context("nothing is shown in a pipe")?;
                let begun = Instant::now();
                while !shown.contains(words) {
                    let left = SPINNER_TIMEOUT.saturating_sub(begun.elapsed());
                    let more = terminal.recv_timeout(left);
                    shown += &more.with_context(|| format!("only {shown:?} was shown"))?;
                }
            }
            Until::Passed(time) => thread::sleep(time),
            Until::Ended => drop(child.wait()?),
        }
        let _ = stdin.write_all(&[*last]);
    }
    let done = child.wait_with_output()?;
    shown.extend(terminal.into_iter().flatten());
    Ok(Done {
        output: String::from_utf8_lossy(&done.stdout).into_owned(),
        errors: shown + &String::from_utf8_lossy(&done.stderr),
    })
}
