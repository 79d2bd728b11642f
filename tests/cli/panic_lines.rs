//! Compiles `testdata/tinygo/panics.go` with TinyGo at each level of optimization, and compares each frame of its
//! backtraces with the comments in the source.

use crate::ignorable_trial;
use crate::programs::Compiler;
use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use std::fs;
use std::path::Path;
use std::process::Command;
use tinyrun_test_support::shell;

/// The options of `tinygo build`, and the smallest share of the frames whose lines are exact, in percent.
const BUILDS: [(&str, usize); 5] = [
    ("-opt=z", 50),
    ("-opt=1", 50),
    ("-opt=2", 50),
    ("-opt=0", 90),
    ("-no-debug", 0),
];

/// The largest distance of a line that is marked as nearby.
const MAX_NEARBY_LINES: u32 = 10;

pub fn trials() -> Vec<Trial> {
    let trial = |(option, min_percent): (&'static str, usize)| {
        ignorable_trial(format!("panic_lines/{option}"), move || {
            Compiler::TinyGo.check(|| check(option, min_percent))
        })
    };
    BUILDS.into_iter().map(trial).collect()
}

fn check(option: &str, min_percent: usize) -> Result<()> {
    let source = shell::root().join("testdata/tinygo/panics.go");
    let expected = Expected::read(&fs::read_to_string(&source)?);
    let folder = tempfile::tempdir()?;
    let module = folder.path().join("panics.wasm");
    build(&source, option, &module)?;
    let (mut exact, mut all) = (0, 0);
    for kind in &expected.kinds {
        for frame in backtrace(&module, kind)? {
            let is_exact = expected
                .check(kind, &frame)
                .with_context(|| format!("{kind}, compiled with {option}: {frame:?}"))?;
            exact += usize::from(is_exact);
            all += 1;
        }
    }
    ensure!(
        all >= expected.kinds.len(),
        "only {all} frames were printed"
    );
    ensure!(
        exact * 100 >= all * min_percent,
        "the lines of {exact} of {all} frames are exact"
    );
    Ok(())
}

fn build(source: &Path, option: &str, module: &Path) -> Result<()> {
    let mut command = Command::new(Compiler::TinyGo.command());
    command.args(["build", "-target=wasip1", option, "-o"]);
    let output = command.arg(module).arg(source).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed:\n{errors}");
    Ok(())
}

/// A frame of the program in a backtrace: the lines of text about it.
#[derive(Debug)]
struct Frame {
    /// The function's Go name, or the text before the position of a `go` statement.
    function: String,
    /// The position and its mark, if there is one.
    position: Option<String>,
}

/// The frames of the program: those of package `main`, and of functions that `main.main` was inlined into.
fn backtrace(module: &Path, kind: &str) -> Result<Vec<Frame>> {
    let mut command = Command::new(shell::bin_dir().join("tinyrun"));
    let output = command.arg("--backtrace").arg(module).arg(kind).output()?;
    let text = String::from_utf8(output.stderr)?;
    let mut frames = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        let is_program = line.starts_with("main.")
            || line.ends_with("main.main was inlined into")
            || line.starts_with("started by");
        let position = lines.next_if(|next| next.starts_with("      "));
        if is_program {
            frames.push(Frame {
                function: line.to_owned(),
                position: position.map(|position| position.trim().to_owned()),
            });
        }
    }
    ensure!(!frames.is_empty(), "{kind} has no frames:\n{text}");
    Ok(frames)
}

/// The lines that are active for each kind of panic.
struct Expected {
    kinds: Vec<String>,
    /// The kind, the line, and the name of the function that contains it.
    lines: Vec<(String, u32, String)>,
}

impl Expected {
    fn read(source: &str) -> Self {
        let mut function = "";
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(source.lines()) {
            if line.starts_with("func ") {
                function = declared_name(line);
            }
            let kinds = line.split_once("// at ").map_or("", |(_, kinds)| kinds);
            for kind in kinds.split(", ").filter(|kind| !kind.is_empty()) {
                lines.push((kind.to_owned(), number, function.to_owned()));
            }
        }
        let mut kinds: Vec<_> = lines.iter().map(|(kind, ..)| kind.clone()).collect();
        kinds.sort();
        kinds.dedup();
        Self { kinds, lines }
    }

    /// Checks a frame. Returns true if its line is exact, and false if it is marked.
    fn check(&self, kind: &str, frame: &Frame) -> Result<bool> {
        let of_kind = self.lines.iter().filter(|(of, ..)| of == kind);
        let called = called_name(&frame.function);
        let is_goroutine = frame.function.starts_with("started by");
        let lines = of_kind.filter(|(_, _, function)| is_goroutine || function == called);
        let lines: Vec<u32> = lines.map(|(_, line, _)| *line).collect();
        let is_inlined = frame.function.ends_with("was inlined into");
        ensure!(
            is_inlined || !lines.is_empty(),
            "the function was not active"
        );
        let Some(position) = &frame.position else {
            return Ok(false);
        };
        if position.ends_with("(line not known)") {
            return Ok(false);
        }
        let (_, place) = position.rsplit_once("panics.go:").context("another file")?;
        let (line, mark) = place.split_once(' ').unwrap_or((place, ""));
        let line: u32 = line.parse()?;
        match mark {
            "" => ensure!(lines.contains(&line), "the line is wrong"),
            "(or nearby)" => ensure!(
                lines.iter().any(|at| at.abs_diff(line) <= MAX_NEARBY_LINES),
                "the line is not nearby"
            ),
            "(or later)" => ensure!(lines.iter().any(|at| *at >= line), "the line is later"),
            other => bail!("unknown mark {other}"),
        }
        Ok(mark.is_empty())
    }
}

/// The name in `func (r *T) name(...)`.
fn declared_name(line: &str) -> &str {
    let rest = line.trim_start_matches("func ");
    let rest = match rest.strip_prefix('(') {
        Some(method) => method.split_once(") ").map_or("", |(_, rest)| rest),
        None => rest,
    };
    let end = rest.find(['(', '[']).unwrap_or(rest.len());
    &rest[..end]
}

/// The name of the declared function in `main.(*T).name[int].func1(...)`.
fn called_name(text: &str) -> &str {
    let name = text.split("(...)").next().unwrap_or(text);
    let name = name.split(".func").next().unwrap_or(name);
    let name = name.split_once(").").map_or(name, |(_, method)| method);
    let name = name.strip_prefix("main.").unwrap_or(name);
    name.split('[').next().unwrap_or(name)
}
