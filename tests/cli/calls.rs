//! Lists of WASI calls, and what each answers: the files `testdata/wasi/*.calls`, a test each. A file is
//! played in an empty folder.
//!
//!     # A comment.
//!     $ printf abc > file                         a command, with what it says below, as in a session
//!     $ tinyrun --dir .::/ CALLS                  runs a program that makes the calls below it
//!     path_open 3 - "file" - FD_READ - - > = 4
//!     fd_read 4 {5} > = 3 "abc"
//!
//! A call's arguments are numbers, names of flags joined by `|` (`-` is none), and what stands for an
//! address and a length or for an address alone:
//!
//!     "text"             the text
//!     {"ab" "c"} {5 3*9} buffers to write from, or one of 5 and nine of 3 bytes to read into; what was
//!                        read is told
//!     text[9] names[9]   a place of 9 bytes, told as text, or as the sorted names of a listing
//!     > >> >stat >times >fdstat    where a number of 32 or 64 bits goes, or what is known of a file
//!     wait[read:0 MONOTONIC:+5ms]  subscriptions, events and their number
//!
//! Behind `=` stands the error, or what was told, or `ok`. With TINYRUN_BLESS=1 a file is rewritten to
//! what comes of it now.

pub mod program;

use crate::{session, shell};
use libtest_mimic::{Failed, Trial};
use program::Program;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

pub fn trials() -> Vec<Trial> {
    let folder = shell::root().join("testdata/wasi");
    let paths = shell::entries(&folder, "calls").into_iter();
    paths.map(trial).collect()
}

fn trial(path: PathBuf) -> Trial {
    let name = shell::name_below("testdata", &path);
    Trial::test(name, move || check(&path))
}

fn check(path: &Path) -> Result<(), Failed> {
    let written = fs::read_to_string(path)?;
    let now = play(&written)?;
    if now == written {
        return Ok(());
    }
    if std::env::var_os("TINYRUN_BLESS").is_some() {
        fs::write(path, now)?;
        return Ok(());
    }
    let mut differences = String::new();
    for (before, after) in written.lines().zip(now.lines()).filter(|(a, b)| a != b) {
        differences += &format!("    written: {before}\n    now:     {after}\n");
    }
    Err(format!("{}\n{differences}", path.display()).into())
}

/// What a file should read, going by what comes of it now.
fn play(written: &str) -> Result<String, Failed> {
    let place = tempfile::tempdir()?;
    let folder = place.path().join("world");
    fs::create_dir(&folder)?;
    let mut now = String::new();
    let mut lines = written.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ ") else {
            // What a command said is written anew.
            if line.is_empty() || line.starts_with('#') {
                now += &format!("{line}\n");
            }
            continue;
        };
        now += &format!("$ {command}\n");
        let is_call = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
        let mut calls = Vec::new();
        while command.contains("CALLS") && lines.peek().is_some_and(is_call) {
            calls.extend(lines.next());
        }
        let program = Program::of(&calls)?;
        let module = place.path().join("calls.wat");
        fs::write(&module, program.text())?;
        let output = shell::command(command.replace("CALLS", "../calls.wat"), &folder)
            .stdin(Stdio::null())
            .output()?;
        let mut stdout = output.stdout.clone();
        if !calls.is_empty() && output.status.success() {
            // The program ends by writing its memory down.
            let Some(said) = stdout.len().checked_sub(program.size()) else {
                return Err(format!("{command}: the program did not come to its end").into());
            };
            let memory = stdout.split_off(said);
            for line in program.answers(&memory) {
                now += &format!("{line}\n");
            }
        } else {
            for call in calls {
                now += &format!("{call}\n");
            }
        }
        let done = shell::Done::from(std::process::Output { stdout, ..output });
        now += &session::told(&done);
    }
    Ok(now)
}
