//! Tests that a program sees a terminal as a character device that cannot seek, by which C libraries recognize it.

use crate::trial;
use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use tinyrun_test_support::calls::Program;
use tinyrun_test_support::shell;

pub fn trials() -> Vec<Trial> {
    vec![trial("wasi/terminal", is_recognized)]
}

fn is_recognized() -> Result<()> {
    const ANSWERS: [&str; 3] = [
        "fd_fdstat_get 0 >fdstat = character flags=- rights=FD_DATASYNC|FD_READ|FD_FDSTAT_SET_FLAGS|FD_SYNC|FD_ADVISE|FD_FILESTAT_GET|POLL_FD_READWRITE",
        "fd_fdstat_get 2 >fdstat = character flags=- rights=FD_DATASYNC|FD_FDSTAT_SET_FLAGS|FD_SYNC|FD_WRITE|FD_ADVISE|FD_FILESTAT_GET|POLL_FD_READWRITE",
        "fd_seek 2 0 SEEK_SET >> = SPIPE",
    ];
    let program = Program::new(&ANSWERS)?;
    let place = tempfile::tempdir()?;
    fs::write(place.path().join("calls.wat"), program.wat())?;
    let (_ours, terminal) = terminal()?;
    let output = shell::command("tinyrun calls.wat", place.path())
        .stdin(terminal.try_clone()?)
        .stderr(terminal)
        .output()?;
    let answers = program.answers(&output.stdout);
    ensure!(answers == ANSWERS, "{answers:#?}");
    Ok(())
}

/// Both ends of a terminal.
pub fn terminal() -> Result<(OwnedFd, OwnedFd)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(name, flags, Mode::empty())?;
    Ok((ours, theirs))
}

/// Receives the output on a terminal until all descriptors of its other end are closed.
pub fn output(mut terminal: File) -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = terminal.read(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
            if send.send(text).is_err() {
                return;
            }
        }
    });
    receive
}
