//! Timing two runtimes on one workload, in turn, each run a whole process from its start to its end.

use crate::programs::Workload;
use crate::runtimes::Runtime;
use std::fs::File;
use std::process::Stdio;
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

/// How long one run takes, in seconds.
fn time(workload: &Workload, runtime: &Runtime, program: &std::path::Path) -> Option<f64> {
    let mut command = runtime.command(program, workload.directory.as_deref());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(directory) = &workload.directory {
        command.current_dir(directory);
    }
    if let Some(input) = &workload.input {
        command.stdin(File::open(input).expect("the input was made"));
    }
    let started = Instant::now();
    let mut child = command.spawn().expect("the runtime can be started");
    let status = child.wait().expect("it ends");
    let took = started.elapsed();
    (status.success() && took < PATIENCE).then_some(took.as_secs_f64())
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
