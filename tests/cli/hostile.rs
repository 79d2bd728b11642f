//! Runs generated modules, the same ones each time: a few hundred valid modules, programs that make WASI calls with
//! arbitrary parameters, and damaged modules. tinyrun must end with a documented status, in bounded time and memory.
//! The fuzz targets in tests/fuzz run more of them.

use anyhow::{Result, bail, ensure};
use libtest_mimic::Trial;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use tinyrun_test_support::generate;
use tinyrun_test_support::shell::{self, Done};

/// The number of modules of each kind.
const MODULES: u64 = 300;

/// The limits for each run.
const BOUNDS: &str = "ulimit -v 4000000; ulimit -f 2000; ";

/// Generates a module from a seed; `None` if the seed does not give one.
type Generate = fn(u64) -> Option<Vec<u8>>;

pub fn trials() -> Vec<Trial> {
    let run = "tinyrun --fuel 1000000 --max-memory 16MiB --timeout 2s --unknown-imports zero";
    vec![
        trial("valid", format!("{run} $0"), |seed| {
            generate::module(&Bytes(seed).take(4000)).ok()
        }),
        trial("calling", format!("{run} --dir world::/ $0"), |seed| {
            generate::calls(&Bytes(seed).take(4000)).ok()
        }),
        trial(
            "observed",
            format!("{run} --dir world::/ --trace=/dev/null --stats $0"),
            |seed| generate::calls(&Bytes(seed).take(4000)).ok(),
        ),
        trial(
            "damaged",
            format!("tinyrun inspect $0 && {run} $0"),
            damaged,
        ),
        crate::trial("hostile/extreme", extremes_are_bounded),
        crate::trial("hostile/rewritten", rewritten_modules_behave_alike),
    ]
}

/// An instrumented module must have the same output and outcome as the original.
fn rewritten_modules_behave_alike() -> Result<()> {
    let calls = "--max-memory 16MiB --unknown-imports zero --init none --invoke 'f(3, -5, 1.5)' \
        --invoke '_start()' --invoke 'f(-1, 7, nan)' $0";
    let place = tempfile::tempdir()?;
    let module = place.path().join("m.wasm");
    let mut compared = 0;
    for seed in 1..=MODULES {
        let Ok(wasm) = generate::module(&Bytes(seed).take(4000)) else {
            continue;
        };
        fs::write(&module, &wasm)?;
        let run = |options: &str| {
            let command = format!("{BOUNDS} tinyrun {options} {calls}");
            let output = shell::command(command, place.path()).arg(&module).output();
            output.map(Done::from)
        };
        // Instrumentation uses fuel, so the fuel that is left may differ.
        let plain = run("--fuel 100000")?;
        if plain.status == 152 {
            continue;
        }
        compared += 1;
        for options in [
            "--backtrace",
            "--backtrace --timeout 20s",
            "--backtrace --profile p.folded --max-stack 256M",
        ] {
            let observed = run(options)?;
            let error = |done: &Done| {
                let mut lines = done.stderr.lines();
                let is_other =
                    |line: &&str| !line.starts_with("warning: --profile recorded nothing");
                lines.find(is_other).map(str::to_owned)
            };
            if (observed.status, &observed.stdout, error(&observed))
                != (plain.status, &plain.stdout, error(&plain))
            {
                let kept = keep(&module)?;
                bail!("{kept} with {options}: {observed:?}, else {plain:?}");
            }
        }
    }
    ensure!(
        compared > MODULES / 3,
        "only {compared} modules could be compared"
    );
    Ok(())
}

/// Modules of extreme size or depth must run or be refused within the limits.
fn extremes_are_bounded() -> Result<()> {
    let start = |body: &str| format!("(func (export \"_start\") {body})");
    let functions = format!("{}{}", start(""), "(func)".repeat(100_000));
    let blocks = format!("{}{}", "block ".repeat(100_000), "end ".repeat(100_000));
    let locals = |count| start(&format!("(local {})", "i64 ".repeat(count)));
    for (what, fields, status) in [
        ("functions", functions, 0),
        ("nesting", start(&blocks), 0),
        ("many locals", locals(10_000), 0),
        ("more locals", locals(49_000), 126),
        ("too many locals", locals(60_000), 126),
    ] {
        let place = tempfile::tempdir()?;
        let wasm = wat::parse_str(format!("(module {fields})"))?;
        fs::write(place.path().join("m.wasm"), wasm)?;
        let command = "ulimit -v 600000; tinyrun --timeout 20s m.wasm";
        let done = Done::from(shell::command(command, place.path()).output()?);
        if done.status != status || done.stderr.starts_with("error: ") != (status != 0) {
            bail!("{what}: {done:?}");
        }
    }
    Ok(())
}

fn trial(kind: &str, command: String, generate: Generate) -> Trial {
    crate::trial(format!("hostile/{kind}"), move || {
        end_with_known_status(&command, generate)
    })
}

/// Runs a command on generated modules, with the path of each in `$0`.
fn end_with_known_status(command: &str, generate: Generate) -> Result<()> {
    let place = tempfile::tempdir()?;
    fs::create_dir(place.path().join("world"))?;
    let mut ran = 0;
    for seed in 1..=MODULES {
        let Some(wasm) = generate(seed) else {
            continue;
        };
        ran += 1;
        let module = place.path().join(format!("{seed}.wasm"));
        fs::write(&module, &wasm)?;
        let output = shell::command(format!("{BOUNDS}{command}"), place.path())
            .arg(&module)
            .stdin(Stdio::null())
            .output()?;
        let done = Done::from(output);
        // All outcomes except a failure of tinyrun itself.
        let is_known = matches!(done.status, 0..=99 | 124 | 126 | 134 | 152);
        if !is_known || done.stderr.contains("itself failed") {
            let kept = keep(&module)?;
            bail!("{kept} ended in {done:?}");
        }
    }
    ensure!(ran > MODULES / 2, "only {ran} modules could be generated");
    Ok(())
}

/// Keeps a module whose test failed, and returns its path.
pub fn keep(module: &Path) -> Result<String> {
    let kept = std::env::temp_dir().join("tinyrun-hostile.wasm");
    fs::copy(module, &kept)?;
    Ok(kept.display().to_string())
}

/// A hand-written module in which a few bytes are changed, and which may be truncated.
pub fn damaged(seed: u64) -> Option<Vec<u8>> {
    let testdata = shell::root().join("testdata");
    let folders = ["call", "imports", "limits", "run", "signatures"];
    let texts = folders.map(|folder| shell::entries(&testdata.join(folder), "wat"));
    let texts = texts.concat();
    let mut random = Bytes(seed);
    let text = &texts[random.below(texts.len())];
    let mut wasm = wat::parse_file(text).ok()?;
    for _ in 0..=random.below(4) {
        let at = random.below(wasm.len());
        wasm[at] = random.below(256) as u8;
    }
    if random.below(4) == 0 {
        wasm.truncate(random.below(wasm.len()));
    }
    Some(wasm)
}

/// Pseudorandom bytes from a seed.
struct Bytes(u64);

impl Bytes {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d;
        self.0 ^= self.0 >> 29;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 16) as usize % bound.max(1)
    }

    fn take(mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}
