//! Compares runs of the programs in testdata/: hand-written ones, and Go programs if TinyGo is on PATH.

use crate::Comparison;
use crate::table::Difference;
use anyhow::{Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tinyrun_test_support::shell::{self, Done};

/// The exit status after `--timeout`, for programs that do not end by themselves.
const TIMED_OUT: i32 = 124;

pub fn comparisons() -> Vec<Comparison> {
    let testdata = fs::read_dir(shell::root().join("testdata")).expect("testdata can be read");
    let dirs = testdata.map(|entry| entry.expect("the entry can be read").path());
    let mut paths: Vec<_> = dirs.flat_map(|dir| shell::entries(&dir, "wat")).collect();
    if Command::new("tinygo").arg("version").output().is_ok() {
        let dir = shell::root().join("testdata/tinygo");
        paths.extend(shell::entries(&dir, "go"));
    }
    paths.sort();
    let comparison = |path: PathBuf| Comparison {
        name: shell::name_below("testdata", &path),
        run: Box::new(move |bin_dir| compare(&path, bin_dir)),
    };
    paths.into_iter().map(comparison).collect()
}

fn compare(program: &Path, bin_dir: &Path) -> Result<Vec<Difference>> {
    let temp = tempfile::tempdir()?;
    let module = temp.path().join("program.wasm");
    match program.extension().and_then(|extension| extension.to_str()) {
        Some("go") => build(program, &module)?,
        _ => drop(fs::copy(program, &module)?),
    }
    let run = |bin_dir: &Path, name: &str| run(&module, bin_dir, &temp.path().join(name));
    let (ours, our_files) = run(&shell::bin_dir(), "ours")?;
    let (again, _) = run(&shell::bin_dir(), "again")?;
    // The output of a program that prints the time or random numbers cannot be compared.
    if ours.status == TIMED_OUT || ours.stdout != again.stdout {
        return Ok(Vec::new());
    }
    let (theirs, their_files) = run(bin_dir, "theirs")?;
    let status = |done: &Done| format!("status {}", done.status);
    let observed = [
        ("status", status(&ours), status(&theirs)),
        (
            "standard output",
            quote(&ours.stdout),
            quote(&theirs.stdout),
        ),
        ("files", our_files.join(" "), their_files.join(" ")),
    ];
    let differences = observed.iter().filter(|(_, ours, theirs)| ours != theirs);
    Ok(differences
        .map(|(what, ours, theirs)| Difference::new(what, ours, theirs))
        .collect())
}

fn build(source: &Path, module: &Path) -> Result<()> {
    let mut command = Command::new("tinygo");
    command.args(["build", "-target=wasip1", "-o"]);
    let output = command.arg(module).arg(source).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {errors}", source.display());
    Ok(())
}

/// Runs a program in a mounted directory with one file. Returns its output, and the files after the run.
fn run(module: &Path, bin_dir: &Path, dir: &Path) -> Result<(Done, Vec<String>)> {
    fs::create_dir(dir)?;
    fs::write(dir.join("notes.txt"), "buy milk\n")?;
    let is_ours = bin_dir == shell::bin_dir();
    let tinyrun = if is_ours {
        "tinyrun --timeout 5s"
    } else {
        "timeout 60 tinyrun"
    };
    let script = format!("printf input | {tinyrun} --dir .::/ --env NAME=value $0 one two");
    let output = shell::command_with(bin_dir, script, dir)
        .arg(module)
        .stdin(Stdio::null())
        .output()?;
    let files = shell::run("find . -type f | sort | xargs md5sum", dir).stdout;
    let files = files.lines().map(|line| line.replace("  ./", ":"));
    Ok((Done::from(output), files.collect()))
}

/// The beginning of an output, as one line.
fn quote(output: &str) -> String {
    const MAX_CHARS: usize = 60;
    let start: String = output.chars().take(MAX_CHARS).collect();
    let rest = output.len() - start.len();
    match rest {
        0 => format!("{start:?}"),
        rest => format!("{start:?} and {rest} bytes"),
    }
}
