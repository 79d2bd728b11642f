//! A guest that races somebody who changes directories under its feet, to get out of its mount.

use crate::shell::{self, Done};
use libtest_mimic::{Failed, Trial};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::SystemTime;

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("sandbox/race", race)]
}

fn race() -> Result<(), Failed> {
    let place = tempfile::tempdir()?;
    let (inside, outside) = (place.path().join("in"), place.path().join("out"));
    for folder in [inside.join("swap"), inside.join("a/b"), outside.clone()] {
        fs::create_dir_all(folder)?;
    }
    for file in ["file", "mine", "swap/file"] {
        fs::write(inside.join(file), "i")?;
    }
    // Two levels above out/x/b lies a file of the same name.
    fs::create_dir(outside.join("x"))?;
    fs::write(outside.join("file"), "SECRET")?;
    symlink(&outside, inside.join("link"))?;
    let before = listing(&outside)?;

    let done = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // Which of the two is the link takes turns.
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
        return Err(format!("the guest ended in {outcome:?}").into());
    }
    let after = listing(&outside)?;
    match before == after {
        true => Ok(()),
        false => Err(format!("outside there were {before:?} and are {after:?}").into()),
    }
}

/// The files in a folder, with what a guest could have changed about them. The folder `x` is left out:
/// the host itself moves things there.
fn listing(folder: &Path) -> Result<Vec<(String, u64, SystemTime)>, Failed> {
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
