//! Tests mounts: a guest that tries to leave its mount while another process changes the directories, and a directory
//! with only search permission.

use crate::trial;
use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::SystemTime;
use tinyrun_test_support::calls::Program;
use tinyrun_test_support::shell::{self, Done};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("sandbox/race", race),
        trial("sandbox/searchable only", searchable_only),
    ]
}

/// A directory with search but without read permission can be mounted. Its files can be used; only listing it fails. A
/// directory without search permission is refused.
fn searchable_only() -> Result<()> {
    const CALLS: [&str; 11] = [
        "path_open 3 - \"sub/file\" - FD_READ - - > = 4",
        "fd_read 4 {9} > = \"text\" 4",
        "path_filestat_get 3 - \"sub\" >stat = directory",
        "path_filestat_get 3 - \".\" >stat = directory",
        "path_create_directory 3 \"new\" = ok",
        "fd_filestat_set_times 3 0 1 MTIM = ok",
        "fd_readdir 3 names[99] 0 > = ACCES",
        "path_open 3 - \".\" DIRECTORY FD_READ - - > = ACCES",
        "path_open 3 - \"sub\" DIRECTORY FD_READ - - > = 5",
        "fd_readdir 5 names[99] 2 > = file:regular 28",
        "path_open 5 - \"../sub\" - FD_READ - - > = PERM",
    ];
    let program = Program::new(&CALLS)?;
    let place = tempfile::tempdir()?;
    fs::create_dir_all(place.path().join("closed/sub"))?;
    fs::write(place.path().join("closed/sub/file"), "text")?;
    fs::write(place.path().join("calls.wat"), program.wat())?;
    let run = |mode| {
        // Without these capabilities, permissions also apply to root.
        let script = format!(
            "chmod {mode} closed; $UNPRIVILEGED tinyrun --dir closed calls.wat; s=$?; chmod 700 closed; exit $s"
        );
        let mut command = shell::command(script, place.path());
        if rustix::process::geteuid().is_root() {
            command.env(
                "UNPRIVILEGED",
                "setpriv --bounding-set=-dac_override,-dac_read_search",
            );
        }
        command.output()
    };
    let output = run("0311")?;
    let answers = program.answers(&output.stdout);
    if answers != CALLS {
        bail!("{answers:#?}\n{:?}", Done::from(output));
    }
    let refused = Done::from(run("0200")?);
    let message = "error: cannot mount --dir closed\n  Permission denied (os error 13)\n";
    match (refused.status, &*refused.stderr) {
        (2, stderr) if stderr == message => Ok(()),
        _ => bail!("{refused:?}"),
    }
}

fn race() -> Result<()> {
    let place = tempfile::tempdir()?;
    let (inside, outside) = (place.path().join("in"), place.path().join("out"));
    for folder in [inside.join("swap"), inside.join("a/b"), outside.clone()] {
        fs::create_dir_all(folder)?;
    }
    for file in ["file", "mine", "swap/file"] {
        fs::write(inside.join(file), "i")?;
    }
    // `../../file` in out/x/b is a file outside the mount.
    fs::create_dir(outside.join("x"))?;
    fs::write(outside.join("file"), "SECRET")?;
    symlink(&outside, inside.join("link"))?;
    let before = listing(&outside)?;

    let done = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // `swap` and `link` alternate between the directory and the link.
                let exchanged = renameat_with(
                    CWD,
                    inside.join("swap"),
                    CWD,
                    inside.join("link"),
                    RenameFlags::EXCHANGE,
                );
                let moved = fs::rename(inside.join("a/b"), outside.join("x/b"));
                let back = fs::rename(outside.join("x/b"), inside.join("a/b"));
                let _ = (exchanged, moved, back);
            }
        });
        let module = shell::root().join("testdata/wasi/race.wat");
        let command = format!("tinyrun --dir in::/ {}", module.display());
        let output = shell::command(command, place.path()).output();
        done.store(true, Ordering::Relaxed);
        output
    });
    let outcome = Done::from(outcome?);
    if outcome.status != 0 {
        bail!("the guest ended in {outcome:?}");
    }
    let after = listing(&outside)?;
    ensure!(
        before == after,
        "the files outside were {before:?}, and are now {after:?}"
    );
    Ok(())
}

/// The files in a directory, with the metadata that a guest could have changed. `x` is omitted, since the test itself
/// moves a directory there.
fn listing(folder: &Path) -> Result<Vec<(String, u64, SystemTime)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let metadata = entry.metadata()?;
        if name != "x" {
            files.push((name, metadata.len(), metadata.modified()?));
        }
    }
    files.sort();
    Ok(files)
}
