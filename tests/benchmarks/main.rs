//! `cargo bench` compares tinyrun with other runtimes, in alternating runs of whole processes. It prints the tables of
//! README.md and draws its chart: times and ratios from paired runs, peak memory, the cost of options, and whether the
//! cost grows linearly with the work.
//!
//! The programs are compiled with `tinygo` if it is on PATH, otherwise with `go`. Programs that neither can compile,
//! and runtimes that are not on PATH, are skipped. Arguments after `cargo bench --` select rows by a part of their
//! name, or the other tables by `memory`, `options` and `growth`. `RUNS=9` sets the number of runs.

#![allow(clippy::print_stdout)]

mod chart;
mod growth;
mod measure;
mod programs;
mod runtimes;

use anyhow::Result;
use measure::Comparison;
use programs::{Group, Workload};
use runtimes::Runtime;
use std::path::Path;

/// The number of runs, unless RUNS sets it.
const DEFAULT_RUNS: usize = 7;

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(measure::PRINT_PEAK) {
        return measure::print_peak(words);
    }
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|part| name.contains(part));
    let runs = std::env::var("RUNS")
        .ok()
        .and_then(|runs| runs.parse().ok());
    let runs = runs.unwrap_or(DEFAULT_RUNS);
    let temp = tempfile::tempdir()?;
    let ours = runtimes::tinyrun(temp.path(), "tinyrun", &[])?;
    let peers = runtimes::peers(temp.path())?;
    let workloads = programs::workloads(temp.path())?;

    print_heading("work", &peers);
    let mut rows = Vec::new();
    for workload in workloads
        .iter()
        .filter(|workload| is_chosen(&workload.name))
    {
        let row = Row::measure(workload, &ours, &peers, runs)?;
        println!("{}", row.format());
        rows.push(row);
    }
    if is_chosen("memory") {
        print_memory(&workloads, &ours, &peers)?;
    }
    if is_chosen("options") {
        print_option_costs(&workloads, runs, temp.path())?;
    }
    if is_chosen("growth") {
        growth::print(&ours, temp.path())?;
    }
    if chosen.is_empty() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/benchmarks/chart.svg");
        chart::draw(&path, &peers, &rows)?;
    }
    Ok(())
}

fn print_heading(subject: &str, peers: &[Runtime]) {
    let names: String = peers
        .iter()
        .map(|peer| format!(" {} |", peer.name))
        .collect();
    println!("| {subject} | tinyrun |{names}");
    println!("|---|---|{}", "---|".repeat(peers.len()));
}

/// The result of a workload: tinyrun's time, and its ratio to the time of each peer.
pub struct Row {
    pub name: String,
    time: String,
    pub comparisons: Vec<Option<Comparison>>,
}

impl Row {
    fn measure(
        workload: &Workload,
        ours: &Runtime,
        peers: &[Runtime],
        runs: usize,
    ) -> Result<Self> {
        let comparisons = peers
            .iter()
            .map(|peer| measure::compare(workload, ours, peer, runs));
        let comparisons = comparisons.collect::<Result<Vec<_>>>()?;
        let time = comparisons.iter().flatten().next();
        let time = time.map(|comparison| comparison.format_time(workload));
        Ok(Self {
            name: workload.name.clone(),
            time: time.unwrap_or_else(|| "—".to_owned()),
            comparisons,
        })
    }

    fn format(&self) -> String {
        let ratios: String = self
            .comparisons
            .iter()
            .map(|comparison| {
                let ratio = comparison.as_ref().map(Comparison::format_ratio);
                format!(" {} |", ratio.unwrap_or_else(|| "—".to_owned()))
            })
            .collect();
        format!("| {} | {} |{ratios}", self.name, self.time)
    }
}

/// Prints the peak memory of runs.
fn print_memory(workloads: &[Workload], ours: &Runtime, peers: &[Runtime]) -> Result<()> {
    println!();
    print_heading("peak memory", peers);
    let measured = workloads
        .iter()
        .filter(|workload| matches!(workload.group, Group::Start | Group::Stream));
    for workload in measured {
        let comparisons = peers
            .iter()
            .map(|peer| measure::compare_memory(workload, ours, peer));
        let comparisons = comparisons.collect::<Result<Vec<_>>>()?;
        let peak = comparisons.iter().flatten().next();
        let peak = peak.map(|(bytes, _)| format!("{:.1} MB", *bytes as f64 / 1e6));
        let peak = peak.unwrap_or_else(|| "—".to_owned());
        let ratios: String = comparisons
            .iter()
            .map(|comparison| match comparison {
                Some((_, ratio)) => format!(" {ratio:.2} |"),
                None => " — |".to_owned(),
            })
            .collect();
        println!("| {} | {peak} |{ratios}", workload.name);
    }
    Ok(())
}

/// Prints the cost of options for programs that only compute: the time with an option divided by the time without it.
fn print_option_costs(workloads: &[Workload], runs: usize, dir: &Path) -> Result<()> {
    println!("\n| option | mean | largest |\n|---|---|---|");
    let plain = runtimes::tinyrun(dir, "tinyrun", &[])?;
    let profile = dir.join("profile.pb.gz").display().to_string();
    let coverage = dir.join("coverage.out").display().to_string();
    for (name, options) in [
        ("--timeout", &["--timeout", "1h"][..]),
        ("--max-memory", &["--max-memory", "1GiB"]),
        ("--fuel", &["--fuel", "1000000000000000"]),
        ("--backtrace", &["--backtrace"]),
        ("--profile", &["--profile", &profile]),
        ("--coverage", &["--coverage", &coverage]),
    ] {
        let with_options = runtimes::tinyrun(dir, name, options)?;
        let mut ratios = Vec::new();
        for workload in workloads
            .iter()
            .filter(|workload| workload.group == Group::Computing)
        {
            let comparison = measure::compare(workload, &with_options, &plain, runs)?;
            ratios.extend(comparison.map(|comparison| comparison.ratio()));
        }
        let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
        let mean = (sum / ratios.len() as f64).exp();
        let largest = ratios.iter().copied().fold(0.0, f64::max);
        println!("| `{name}` | {mean:.2} | {largest:.2} |");
    }
    Ok(())
}
