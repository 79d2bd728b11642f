//! Tests standard streams that another process made nonblocking, and full disks. A write must be complete or fail,
//! since TinyGo's `(*os.File).Write` treats a short write as success.

use crate::trial;
use anyhow::{Result, bail, ensure};
use libtest_mimic::{Completion, Trial};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::fmt::Debug;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use tinyrun_test_support::shell::{self, Done};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("streams/write to a nonblocking pipe", || {
            let (ours, theirs) = io::pipe()?;
            is_written_completely(ours, theirs.into())
        }),
        trial("streams/write to a nonblocking socket", || {
            let (ours, theirs) = UnixStream::pair()?;
            is_written_completely(ours, theirs.into())
        }),
        trial("streams/read from a nonblocking pipe", || {
            let (theirs, ours) = io::pipe()?;
            is_read_completely(ours, theirs.into())
        }),
        trial("streams/read from a nonblocking socket", || {
            let (ours, theirs) = UnixStream::pair()?;
            is_read_completely(ours, theirs.into())
        }),
        trial("streams/deadline", deadline),
        trial("streams/reader that leaves", reader_leaves),
        crate::ignorable_trial("streams/full disk", full_disk),
    ]
}

/// The time for the program to fill the pipe, or to find it empty. The tests pass with any value.
const PIPE_DELAY: Duration = Duration::from_millis(200);

fn make_nonblocking(end: &impl AsFd) -> Result<()> {
    let flags = fcntl_getfl(end)?;
    Ok(fcntl_setfl(end, flags | OFlags::NONBLOCK)?)
}

fn is_written_completely(mut ours: impl Read, theirs: OwnedFd) -> Result<()> {
    make_nonblocking(&theirs)?;
    let mut run = shell::command("tinyrun big.wat", &shell::root().join("testdata/wasi"))
        .stdout(theirs)
        .spawn()?;
    thread::sleep(PIPE_DELAY);
    let mut bytes = Vec::new();
    ours.read_to_end(&mut bytes)?;
    equal((bytes.len(), run.wait()?.code()), (300_000, Some(0)))
}

fn is_read_completely(mut ours: impl Write, theirs: OwnedFd) -> Result<()> {
    make_nonblocking(&theirs)?;
    let run = shell::command("tinyrun copy.wat", &shell::root().join("testdata/run"))
        .stdin(theirs)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    for word in ["late", ", and later"] {
        thread::sleep(PIPE_DELAY);
        ours.write_all(word.as_bytes())?;
    }
    drop(ours);
    let done = Done::from(run.wait_with_output()?);
    equal((&*done.stdout, done.status), ("late, and later", 0))
}

/// `--timeout` ends a write to a pipe that no process reads, also if the run is divided into fuel slices.
fn deadline() -> Result<()> {
    for options in ["", "--backtrace"] {
        let (_ours, theirs) = io::pipe()?;
        make_nonblocking(&theirs)?;
        let command = format!("tinyrun {options} --timeout 300ms big.wat");
        let run = shell::command(command, &shell::root().join("testdata/wasi"))
            .stdout(theirs)
            .stderr(Stdio::piped())
            .spawn()?;
        let done = Done::from(run.wait_with_output()?);
        equal(done.status, 124)?;
        if !done.stderr.starts_with("error: big.wat ran out of time") {
            bail!(done.stderr);
        }
    }
    Ok(())
}

/// A reader that closes the pipe during a write ends the run, as does one that closed it before.
fn reader_leaves() -> Result<()> {
    let (ours, theirs) = io::pipe()?;
    make_nonblocking(&theirs)?;
    let mut run = shell::command("tinyrun big.wat", &shell::root().join("testdata/wasi"))
        .stdout(theirs)
        .spawn()?;
    thread::sleep(PIPE_DELAY);
    drop(ours);
    equal(run.wait()?.code(), Some(141))
}

/// A disk of 100 KiB becomes full during a write.
fn full_disk() -> Result<Completion> {
    let place = tempfile::tempdir()?;
    fs::create_dir(place.path().join("disk"))?;
    fs::copy(
        shell::root().join("testdata/wasi/big.wat"),
        place.path().join("big.wat"),
    )?;
    let script = "mount -t tmpfs -o size=100k tmpfs disk || exit 99; tinyrun big.wat >disk/file";
    let script = format!("unshare -m sh -c '{script}'");
    let done = Done::from(shell::command(script, place.path()).output()?);
    match done.status {
        // WASI's ENOSPC.
        51 => Ok(Completion::Completed),
        1 | 99 | 127 => Ok(Completion::ignored_with(
            "mounting a small disk needs root: unshare -m",
        )),
        _ => bail!("{done:?}"),
    }
}

fn equal<T: PartialEq + Debug>(actual: T, expected: T) -> Result<()> {
    ensure!(actual == expected, "{actual:?} instead of {expected:?}");
    Ok(())
}
