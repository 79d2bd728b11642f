//! Timing two runtimes on one workload, in turn, each run a whole process from its start to its end.

use crate::programs::Workload;
use crate::runtimes::Runtime;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long one run may take before the pair is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What tinyrun took, and the ratio to what the other took, pair by pair; both sorted.
pub struct Ratio {
    ours: Vec<f64>,
    ratios: Vec<f64>,
}

impl Ratio {
    /// The median ratio.
    pub fn median(&self) -> f64 {
        median(&self.ratios)
    }

    pub fn as_text(&self) -> String {
        let median = self.median();
        match median {
            0.0..0.005 => "< 0.01".to_owned(),
            0.0..9.95 => format!("{median:.2}"),
            _ => format!("{median:.0}"),
        }
    }

    /// What tinyrun took: for one call where the workload is calls, else for all of it.
    pub fn ours_as_text(&self, workload: &Workload) -> String {
        let seconds = median(&self.ours);
        match workload.without {
            Some(_) => format!("{:.0} ns", seconds * 1e9),
            None if seconds < 0.01 => format!("{:.1} ms", seconds * 1e3),
            None => format!("{:.0} ms", seconds * 1e3),
        }
    }
}

/// Runs both in turn, once to warm up and then `runs` times. `None` where the other cannot run it.
pub fn compare(workload: &Workload, ours: &Runtime, other: &Runtime, runs: usize) -> Option<Ratio> {
    let mut pairs = Vec::new();
    for run in 0..=runs {
        let pair = (cost(workload, ours)?, cost(workload, other)?);
        if run > 0 {
            pairs.push(pair);
        }
    }
    let ours = pairs.iter().map(|(ours, _)| *ours);
    let ratios = pairs.iter().map(|(ours, other)| ours / other);
    Some(Ratio {
        ours: sorted(ours),
        ratios: sorted(ratios),
    })
}

/// What a run costs: the time it takes, or, where the workload is calls, that of one of them.
fn cost(workload: &Workload, runtime: &Runtime) -> Option<f64> {
    let with = time(workload, runtime, &workload.program)?;
    Some(match &workload.without {
        None => with,
        Some((program, calls)) => {
            let without = time(workload, runtime, program)?;
            // Below the clock's noise a difference means nothing.
            ((with - without) / f64::from(*calls)).max(1e-9)
        }
    })
}

/// The most memory that a run has at a time, in bytes, tinyrun's and as a ratio to the other's. `None` where
/// the other cannot run it.
pub fn compare_memory(workload: &Workload, ours: &Runtime, other: &Runtime) -> Option<(u64, f64)> {
    let (ours, other) = (peak(workload, ours)?, peak(workload, other)?);
    Some((ours, ours as f64 / other as f64))
}

/// The median of some runs.
fn peak(workload: &Workload, runtime: &Runtime) -> Option<u64> {
    let runs = (0..5).map(|_| {
        let command = runtime.command(&workload.program, workload.directory.as_deref());
        weigh(&command, workload)
    });
    let mut peaks = runs.collect::<Option<Vec<_>>>()?;
    peaks.sort_unstable();
    Some(peaks[peaks.len() / 2])
}

/// How long one run takes, in seconds.
fn time(workload: &Workload, runtime: &Runtime, program: &Path) -> Option<f64> {
    Some(run(workload, runtime, program)?.seconds)
}

fn run(workload: &Workload, runtime: &Runtime, program: &Path) -> Option<Spent> {
    let spent = spend(&mut command(workload, runtime, program))?;
    (spent.seconds < PATIENCE.as_secs_f64()).then_some(spent)
}

fn command(workload: &Workload, runtime: &Runtime, program: &Path) -> Command {
    let mut command = runtime.command(program, workload.directory.as_deref());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    place(&mut command, workload);
    command
}

/// Gives a command the workload's place and input.
fn place(command: &mut Command, workload: &Workload) {
    command.stdin(Stdio::null());
    if let Some(directory) = &workload.directory {
        command.current_dir(directory);
    }
    if let Some(input) = &workload.input {
        command.stdin(File::open(input).expect("the input was made"));
    }
}

/// The word by which this program is asked to be `weighing`.
pub const WEIGH: &str = "--weigh";

/// The peak of memory of a command. Linux counts what a process had before it became another program, so
/// that the command is started by one that has little itself.
fn weigh(command: &Command, workload: &Workload) -> Option<u64> {
    let mut scales = Command::new(std::env::current_exe().expect("this program is somewhere"));
    scales
        .arg(WEIGH)
        .arg(command.get_program())
        .args(command.get_args());
    place(&mut scales, workload);
    let said = scales.output().expect("this program can be started").stdout;
    String::from_utf8(said).ok()?.parse().ok()
}

/// Runs a command and prints what its peak of memory was: all that this program then does.
pub fn weighing(mut words: impl Iterator<Item = String>) {
    let mut command = Command::new(words.next().expect("there is a command"));
    command
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(spent) = spend(&mut command) {
        print!("{}", spent.peak);
    }
}

/// What a process took.
pub struct Spent {
    pub seconds: f64,
    /// The most memory that it had at a time, in bytes.
    pub peak: u64,
}

/// Runs a command to its end, and tells what that took; `None` where it failed.
#[expect(clippy::zombie_processes, reason = "it is waited for by `wait4`")]
pub fn spend(command: &mut Command) -> Option<Spent> {
    let started = Instant::now();
    let child = command.spawn().expect("the runtime can be started");
    let mut status = 0;
    // SAFETY: an all-zero `rusage` is a valid one.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both places are whole, and nobody else waits for the child.
    let waited = unsafe { libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage) };
    let took = started.elapsed();
    assert!(waited > 0, "the runtime can be waited for");
    (status == 0).then_some(Spent {
        seconds: took.as_secs_f64(),
        peak: usage.ru_maxrss as u64 * 1024,
    })
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => (sorted[middle - 1] + sorted[middle]) / 2.0,
        _ => sorted[middle],
    }
}
