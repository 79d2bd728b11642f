//! Tests of output files that need more than a shell session: files that are mount points, directories without write
//! permission, inherited descriptors, and signals while an output is written.

use crate::trial;
use anyhow::{Result, bail, ensure};
use libtest_mimic::{Completion, Trial};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use tinyrun_test_support::shell::{self, Done};

pub fn trials() -> Vec<Trial> {
    vec![
        crate::ignorable_trial("outputs/mounted", mounted_file_is_overwritten),
        crate::ignorable_trial("outputs/closed", file_in_closed_directory_is_overwritten),
        trial("outputs/inherited", inherited_descriptors_leave_room),
        trial("outputs/signal", signal_loses_nothing),
    ]
}

/// A directory that every user can enter, with the module `m.wat`.
fn place() -> Result<TempDir> {
    let place = tempfile::tempdir()?;
    fs::set_permissions(place.path(), Permissions::from_mode(0o755))?;
    let module = shell::root().join("testdata/report/outputs.wat");
    fs::copy(module, place.path().join("m.wat"))?;
    Ok(place)
}

fn run(mut command: Command) -> Result<Done> {
    Ok(Done::from(command.output()?))
}

/// As with Docker's `-v $PWD/r.json:/r.json`.
fn mounted_file_is_overwritten() -> Result<Completion> {
    let place = place()?;
    let unshared = run(shell::command("unshare -m true", place.path()))?;
    if unshared.status != 0 {
        return Ok(Completion::ignored_with("unshare -m needs root"));
    }
    for option in ["--report r.txt", "--profile r.txt", "--trace=r.txt"] {
        fs::write(place.path().join("host.txt"), "old ".repeat(1000))?;
        fs::write(place.path().join("r.txt"), "")?;
        let script = format!(
            "exec unshare -m sh -c \"mount --bind host.txt r.txt && tinyrun {option} --dir . \
             --invoke 'work()' --invoke 'occupy()' m.wat\""
        );
        let done = run(shell::command(script, place.path()))?;
        let written = fs::read_to_string(place.path().join("host.txt"))?;
        let names = names(place.path())?;
        // The program creates the directory `out.txt`. tinyrun must not leave other files.
        if done.status != 0
            || written.is_empty()
            || written.contains("old")
            || names != ["host.txt", "m.wat", "out.txt", "r.txt"]
        {
            bail!("{option}: {done:?}, {names:?}, {written}");
        }
        fs::remove_dir(place.path().join("out.txt"))?;
    }
    Ok(Completion::Completed)
}

/// A file can be writable in a directory that is not, as is Kubernetes's /dev/termination-log.
fn file_in_closed_directory_is_overwritten() -> Result<Completion> {
    let place = place()?;
    let closed = place.path().join("closed");
    fs::create_dir(&closed)?;
    fs::write(closed.join("r.txt"), "old ".repeat(1000))?;
    fs::set_permissions(closed.join("r.txt"), Permissions::from_mode(0o666))?;
    fs::set_permissions(&closed, Permissions::from_mode(0o555))?;
    let unprivileged = if rustix::process::geteuid().is_root() {
        "setpriv --reuid 65534 --regid 65534 --clear-groups"
    } else {
        ""
    };
    let tried = run(shell::command(
        format!("{unprivileged} tinyrun --version"),
        place.path(),
    ))?;
    if tried.status != 0 {
        return Ok(Completion::ignored_with(
            "setpriv is missing, or other users cannot run the binary",
        ));
    }
    let tinyrun = |options: &str| {
        let script = format!("{unprivileged} tinyrun {options} --invoke 'work()' m.wat");
        run(shell::command(script, place.path()))
    };
    let done = tinyrun("--report closed/r.txt")?;
    let written = fs::read_to_string(closed.join("r.txt"))?;
    if done.status != 0 || !written.starts_with("{\"outcome\":\"returned\"") {
        bail!("{done:?}, {written}");
    }
    for option in ["--report closed/new.txt", "--trace=closed/new.txt"] {
        let done = tinyrun(option)?;
        if done.status != 2 || !done.stderr.contains("closed/new.txt\n  Permission denied") {
            bail!("{option}: {done:?}");
        }
    }
    fs::set_permissions(&closed, Permissions::from_mode(0o755))?;
    Ok(Completion::Completed)
}

/// The report is written and the debug information is read, even if tinyrun inherits many descriptors and the program
/// opens as many as it can.
fn inherited_descriptors_leave_room() -> Result<()> {
    let place = place()?;
    fs::create_dir_all(place.path().join("in/d"))?;
    let script = "ulimit -n 64; exec tinyrun --dir in::. --report r.json --backtrace \
                  --invoke 'openAll()' --invoke 'trap()' m.wat";
    let mut command = shell::command(script, place.path());
    let inherit = || {
        for _ in 0..40 {
            std::mem::forget(rustix::io::dup(rustix::stdio::stdin())?);
        }
        Ok(())
    };
    // SAFETY: the function only makes system calls.
    unsafe { command.pre_exec(inherit) };
    let done = run(command)?;
    let report = fs::read_to_string(place.path().join("r.json")).unwrap_or_default();
    ensure!(
        done.status == 134 && report.contains("\"trapped\"") && done.stdout.trim() != "0",
        "{done:?}, {report}"
    );
    Ok(())
}

/// If a signal arrives while an output blocks, the outcome is already printed and reported. On a busy machine, the
/// signal may arrive after the end of the run.
fn signal_loses_nothing() -> Result<()> {
    let place = place()?;
    let script = "mkfifo p.txt; tinyrun --report r.json --profile p.txt --invoke 'trap()' m.wat & \
                  for i in $(seq 100); do [ -s r.json ] && break; sleep 0.05; done; kill $!; wait $!";
    let done = run(shell::command(script, place.path()))?;
    let report = fs::read_to_string(place.path().join("r.json")).unwrap_or_default();
    let is_printed = done.stderr.contains("error: m.wat trapped in trap");
    ensure!(
        matches!(done.status, 143 | 125) && is_printed && report.contains("\"trapped\""),
        "{done:?}, {report}"
    );
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
