//! Tests that time and memory grow linearly with the size of a module, even a hostile one. The limits are far above
//! what a linear algorithm needs, and far below what a quadratic one would need.

use crate::crafted;
use crate::trial;
use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tinyrun_test_support::shell::{self, Done};

/// Limits in seconds of processor time, and in kilobytes of memory and of files.
const LIMITS: &str = "ulimit -t 10; ulimit -v 300000; ulimit -f 40000; ";

/// A module, the command that runs it, the expected exit status and the beginning of standard error.
struct Case {
    name: &'static str,
    module: fn() -> Vec<u8>,
    command: &'static str,
    status: i32,
    stderr: &'static str,
}

const TRAPPED: &str = "error: m.wasm trapped: unreachable executed";

fn cases() -> Vec<Case> {
    let case = |name, module, command, status, stderr| Case {
        name,
        module,
        command,
        status,
        stderr,
    };
    let backtrace = "tinyrun --backtrace m.wasm";
    let profile = "tinyrun --profile p.folded m.wasm";
    vec![
        case("paths", || crafted::paths(60_000), backtrace, 134, TRAPPED),
        case(
            "trees",
            || crafted::trees(400, 10_000),
            backtrace,
            134,
            TRAPPED,
        ),
        case(
            "trees in a profile",
            || crafted::trees(400, 10_000),
            profile,
            134,
            TRAPPED,
        ),
        case(
            "nested",
            || crafted::nested(100, 30_000),
            backtrace,
            134,
            TRAPPED,
        ),
        case(
            "nested in a profile",
            || crafted::nested(100, 30_000),
            profile,
            134,
            TRAPPED,
        ),
        case("rows", || crafted::rows(20_000, 1_000_000), profile, 0, ""),
        case("types", || crafted::result_types(60_000), backtrace, 0, ""),
        case(
            "imports",
            || crafted::imports(60_000),
            "tinyrun --unknown-imports zero --stats m.wasm",
            0,
            "",
        ),
        case(
            "elements",
            || crafted::elements(1_000_000),
            "tinyrun --max-memory 16MiB m.wasm",
            126,
            "error: m.wasm needs 38.1 MiB of initial memory; --max-memory allows 16 MiB",
        ),
    ]
}

pub fn trials() -> Vec<Trial> {
    let cases = cases().into_iter().map(|case| {
        let name = format!("bounds/{}", case.name);
        trial(name, move || {
            let place = tempfile::tempdir()?;
            fs::write(place.path().join("m.wasm"), (case.module)())?;
            check(place.path(), case.command, case.status, case.stderr)
        })
    });
    let others = [
        trial("bounds/imports of a preload", preloads),
        trial("bounds/memory of the default heap", default_heap),
        trial("bounds/mounts", mounts),
        trial("bounds/text of a profile", text_of_a_profile),
        trial(
            "bounds/treemap of many functions",
            treemap_of_many_functions,
        ),
        trial("bounds/endless argument", endless_arguments),
        trial("bounds/report of an error in text", report_of_an_error),
    ];
    cases.chain(others).collect()
}

/// Runs a command within the limits, and checks its status and the beginning of its standard error.
fn check(place: &Path, command: &str, status: i32, stderr: &str) -> Result<()> {
    let output = shell::command(format!("{LIMITS}{command}"), place).output()?;
    let done = Done::from(output);
    if done.status == status && done.stderr.starts_with(stderr) {
        Ok(())
    } else {
        let words: String = done.stderr.chars().take(500).collect();
        bail!("{command} ended in {}: {words}", done.status)
    }
}

fn preloads() -> Result<()> {
    const COUNT: usize = 100_000;
    let place = tempfile::tempdir()?;
    fs::write(place.path().join("m.wasm"), crafted::imports(COUNT))?;
    fs::write(place.path().join("env.wasm"), crafted::exports(COUNT))?;
    check(place.path(), "tinyrun --preload env=env.wasm m.wasm", 0, "")
}

/// By default, a TinyGo program takes at most 2 MiB more of the machine's memory.
fn default_heap() -> Result<()> {
    const TOLERANCE_BYTES: u64 = 256 << 10;
    let module = shell::root().join("testdata/limits/heap.wat");
    let peak_bytes = |heap: &[&str]| -> Result<u64> {
        let mut command = Command::new(shell::bin_dir().join("tinyrun"));
        command.args(heap).args(["--invoke", "pages"]).arg(&module);
        let child = command.stdout(Stdio::null()).spawn()?;
        let mut status = 0;
        // SAFETY: an all-zero `rusage` is a valid one.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: both pointers are valid, and nothing else waits for the child.
        unsafe { libc::wait4(child.id().cast_signed(), &mut status, 0, &mut usage) };
        ensure!(status == 0, "{command:?} ended with {status}");
        Ok(usage.ru_maxrss.unsigned_abs() * 1024)
    };
    let (small, default) = (peak_bytes(&["--heap", "0"])?, peak_bytes(&[])?);
    ensure!(
        default <= small + (2 << 20) + TOLERANCE_BYTES,
        "{small} bytes without and {default} with the default heap"
    );
    Ok(())
}

fn mounts() -> Result<()> {
    let place = tempfile::tempdir()?;
    for folder in ["a/b/c/d/e/f", "g/h/i/j/k/l"] {
        fs::create_dir_all(place.path().join(folder))?;
    }
    fs::write(
        place.path().join("m.wat"),
        "(module (memory (export \"memory\") 1) (func (export \"_start\")))",
    )?;
    let writable: String = (0..1_000)
        .map(|at| format!("--dir a/b/c/d/e/f::/w{at} "))
        .collect();
    let read_only: String = (0..1_000)
        .map(|at| format!("--ro-dir g/h/i/j/k/l::/r{at} "))
        .collect();
    let command = format!("ulimit -n 4096; tinyrun {writable}{read_only} m.wat");
    check(place.path(), &command, 0, "")
}

/// Writes profiles of a program whose stacks all differ and whose functions have names of 900 letters.
fn text_of_a_profile() -> Result<()> {
    let place = tempfile::tempdir()?;
    let names = ["a", "b"].map(|letter| letter.repeat(900));
    let function = |at: usize| {
        let (a, b) = (&names[at], &names[1 - at]);
        format!(
            "(func ${a} (param i32) (local i32)
                (if (i32.eqz (local.get 0)) (then
                    (global.set $seed (i32.add (i32.mul (global.get $seed) (i32.const 1664525))
                        (i32.const 1013904223)))
                    (loop
                        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
                        (br_if 0 (i32.lt_u (local.get 1) (i32.const 400))))
                    (return)))
                (if (i32.and (i32.shr_u (global.get $seed) (i32.and (local.get 0) (i32.const 31)))
                        (i32.const 1))
                    (then (call ${a} (i32.sub (local.get 0) (i32.const 1))))
                    (else (call ${b} (i32.sub (local.get 0) (i32.const 1))))))"
        )
    };
    let text = format!(
        "(module (global $seed (mut i32) (i32.const 1)) {} {}
            (func (export \"_start\") (local i32)
                (loop
                    (call ${} (i32.const 200))
                    (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                    (br_if 0 (i32.lt_u (local.get 0) (i32.const 2000))))))",
        function(0),
        function(1),
        names[0]
    );
    fs::write(place.path().join("m.wasm"), wat::parse_str(text)?)?;
    for file in ["p.folded", "p.svg", "p.pb.gz"] {
        check(
            place.path(),
            &format!("tinyrun --profile {file} m.wasm"),
            0,
            "",
        )?;
        let size = fs::metadata(place.path().join(file))?.len();
        if !(10_000..20 << 20).contains(&size) {
            bail!("{file} has {size} bytes");
        }
    }
    Ok(())
}

/// The functions have import paths of thousands of elements, and one has a name of 2 MB.
fn treemap_of_many_functions() -> Result<()> {
    let place = tempfile::tempdir()?;
    let path = "a/".repeat(400);
    let name = |index: u32| match index {
        0 => "m/".repeat(1_000_000) + "p.f",
        1..1_000 => format!("{path}{index}/b.f"),
        _ => format!("p{}/q{}/r.f{index}", index % 7, index % 1_000),
    };
    let functions = (0..100_000).map(|index| format!("(func (@name \"{}\") nop)", name(index)));
    let data = (0..5_000).map(|index| format!("(data (i32.const {}) \"x\")", index / 2));
    let fields = functions.chain(data).collect::<String>();
    let wasm = wat::parse_str(format!("(module (memory 1) {fields})"))?;
    fs::write(place.path().join("m.wasm"), wasm)?;
    check(
        place.path(),
        "tinyrun inspect --treemap m.svg m.wasm > /dev/null",
        0,
        "",
    )?;
    let size = fs::metadata(place.path().join("m.svg"))?.len();
    ensure!(
        (5_000..8 << 20).contains(&size),
        "the treemap has {size} bytes"
    );
    Ok(())
}

fn endless_arguments() -> Result<()> {
    let folder = shell::root().join("testdata/call");
    for (arguments, limit, stderr) in [
        ("'length(@/dev/zero)' text.wat", "", "/dev/zero is endless"),
        (
            "'length(@-)' text.wat < /dev/zero",
            "",
            "standard input is endless",
        ),
        (
            "'length(@-)' text.wat",
            "yes | ",
            "standard input is larger than the program's memory can become (4 MiB)",
        ),
    ] {
        let command = format!("{limit}tinyrun --max-memory 4MiB --invoke {arguments}");
        let stderr = format!(
            "error: the call does not match length (i32, i32) -> i32\n  argument 1 (i32, i32): {stderr}\n"
        );
        check(&folder, &command, 2, &stderr)?;
    }
    Ok(())
}

fn report_of_an_error() -> Result<()> {
    let place = tempfile::tempdir()?;
    let line = format!("(module {}", "x".repeat(2_000_000));
    fs::write(place.path().join("m.wat"), line)?;
    check(
        place.path(),
        "tinyrun --report r.json m.wat",
        126,
        "error: m.wat is not a valid module",
    )?;
    let size = fs::metadata(place.path().join("r.json"))?.len();
    ensure!(size < 20_000, "the report has {size} bytes");
    Ok(())
}
