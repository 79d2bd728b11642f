//! Measures two runtimes alternately on one workload. Each run is a whole process.

use crate::programs::Workload;
use crate::runtimes::Runtime;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The maximum time of a run. A pair with a longer run is abandoned.
const MAX_SECONDS: f64 = 30.0;

/// The time after which a comparison ends once it has `MIN_PAIRS`, so that a slow runtime does not take an hour.
const MAX_COMPARISON_SECONDS: f64 = 6.0;

/// The minimum number of pairs of a comparison.
const MIN_PAIRS: usize = 3;

/// The number of runs for the median of the peak memory.
const MEMORY_RUNS: usize = 5;

/// tinyrun's times, and their ratios to the other runtime's times pair by pair; both sorted.
pub struct Comparison {
    seconds: Vec<f64>,
    ratios: Vec<f64>,
}

impl Comparison {
    /// The median ratio.
    pub fn ratio(&self) -> f64 {
        median(&self.ratios)
    }

    pub fn format_ratio(&self) -> String {
        let ratio = self.ratio();
        match ratio {
            0.0..0.005 => "< 0.01".to_owned(),
            0.0..9.95 => format!("{ratio:.2}"),
            _ => format!("{ratio:.0}"),
        }
    }

    /// tinyrun's time: of one call if the workload is calls, else of the whole run.
    pub fn format_time(&self, workload: &Workload) -> String {
        let seconds = median(&self.seconds);
        match workload.without {
            Some(_) => format!("{:.0} ns", seconds * 1e9),
            None if seconds < 0.01 => format!("{:.1} ms", seconds * 1e3),
            None => format!("{:.0} ms", seconds * 1e3),
        }
    }
}

/// Runs both alternately, once to warm up and then `runs` times, or fewer if they are slow. `None` if one of them
/// cannot run the workload.
pub fn compare(
    workload: &Workload,
    ours: &Runtime,
    other: &Runtime,
    runs: usize,
) -> Result<Option<Comparison>> {
    let started = Instant::now();
    let mut pairs = Vec::new();
    for run in 0..=runs {
        if pairs.len() >= MIN_PAIRS && started.elapsed().as_secs_f64() > MAX_COMPARISON_SECONDS {
            break;
        }
        let (Some(ours), Some(other)) = (cost(workload, ours)?, cost(workload, other)?) else {
            return Ok(None);
        };
        if run > 0 {
            pairs.push((ours, other));
        }
    }
    let seconds = pairs.iter().map(|(ours, _)| *ours);
    let ratios = pairs.iter().map(|(ours, other)| ours / other);
    Ok(Some(Comparison {
        seconds: sorted(seconds),
        ratios: sorted(ratios),
    }))
}

/// The time of a run, or of one call if the workload is calls. `None` if the run fails.
fn cost(workload: &Workload, runtime: &Runtime) -> Result<Option<f64>> {
    let Some(with) = seconds(workload, runtime, &workload.program)? else {
        return Ok(None);
    };
    let Some((program, calls)) = &workload.without else {
        return Ok(Some(with));
    };
    let without = seconds(workload, runtime, program)?;
    // A difference below a nanosecond is noise.
    Ok(without.map(|without| ((with - without) / f64::from(*calls)).max(1e-9)))
}

fn seconds(workload: &Workload, runtime: &Runtime, program: &Path) -> Result<Option<f64>> {
    let mut command = runtime.command(program, workload.directory.as_deref());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    set_surroundings(&mut command, workload)?;
    let usage = run(&mut command)?.filter(|usage| usage.seconds < MAX_SECONDS);
    Ok(usage.map(|usage| usage.seconds))
}

/// Sets a command's working directory and standard input.
fn set_surroundings(command: &mut Command, workload: &Workload) -> Result<()> {
    command.stdin(Stdio::null());
    if let Some(directory) = &workload.directory {
        command.current_dir(directory);
    }
    if let Some(input) = &workload.input {
        command.stdin(File::open(input)?);
    }
    Ok(())
}

/// The peak memory of tinyrun's runs, in bytes, and its ratio to that of the other runtime. `None` if one of
/// them cannot run the workload.
pub fn compare_memory(
    workload: &Workload,
    ours: &Runtime,
    other: &Runtime,
) -> Result<Option<(u64, f64)>> {
    let peaks = (peak(workload, ours)?, peak(workload, other)?);
    let (Some(ours), Some(other)) = peaks else {
        return Ok(None);
    };
    Ok(Some((ours, ours as f64 / other as f64)))
}

fn peak(workload: &Workload, runtime: &Runtime) -> Result<Option<u64>> {
    let mut peaks = Vec::new();
    for _ in 0..MEMORY_RUNS {
        let command = runtime.command(&workload.program, workload.directory.as_deref());
        let Some(peak) = peak_of_command(&command, workload)? else {
            return Ok(None);
        };
        peaks.push(peak);
    }
    peaks.sort_unstable();
    Ok(Some(peaks[peaks.len() / 2]))
}

/// The argument with which this program prints the peak memory of a command.
pub const PRINT_PEAK: &str = "--print-peak";

/// The peak memory of a command. Linux includes the memory of the process before `exec`, so a small process starts the
/// command: this program with `PRINT_PEAK`.
fn peak_of_command(command: &Command, workload: &Workload) -> Result<Option<u64>> {
    let mut starter = Command::new(std::env::current_exe()?);
    starter.arg(PRINT_PEAK).arg(command.get_program());
    starter.args(command.get_args());
    set_surroundings(&mut starter, workload)?;
    let output = String::from_utf8(starter.output()?.stdout)?;
    Ok(output.parse().ok())
}

/// Runs a command and prints its peak memory in bytes, or nothing if it fails.
pub fn print_peak(mut words: impl Iterator<Item = String>) -> Result<()> {
    let mut command = Command::new(words.next().context("there is no command")?);
    command
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(usage) = run(&mut command)? {
        print!("{}", usage.peak_bytes);
    }
    Ok(())
}

/// The resources that a process used.
pub struct Usage {
    pub seconds: f64,
    /// The peak of memory.
    pub peak_bytes: u64,
}

/// Runs a command to its end. `None` if its exit status is not 0.
pub fn run(command: &mut Command) -> Result<Option<Usage>> {
    let started = Instant::now();
    let child = command.spawn().with_context(|| format!("{command:?}"))?;
    let mut status = 0;
    // SAFETY: an all-zero `rusage` is a valid one.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid, and nothing else waits for the child.
    let waited = unsafe { libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage) };
    let seconds = started.elapsed().as_secs_f64();
    ensure!(waited > 0, "cannot wait for {command:?}");
    Ok((status == 0).then_some(Usage {
        seconds,
        peak_bytes: usage.ru_maxrss as u64 * 1024,
    }))
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => (sorted[middle - 1] + sorted[middle]) / 2.0,
        _ => sorted[middle],
    }
}
