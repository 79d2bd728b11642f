//! `cargo bench`: tinyrun against the other runtimes on PATH, whole processes, in turn. It prints a table
//! of medians and of ratios taken pair by pair, fit for the README, and draws the chart beside this file.
//! Then what runs take in memory, what options cost, and whether cost grows with what is asked for.
//!
//! Programs are compiled by `tinygo` where that is on PATH, else by `go`; what neither can compile is
//! left out, and so is a runtime that is not there. Words behind `cargo bench --` choose rows by name, or
//! the other tables by `memory`, `price` and `scale`; `RUNS=9` sets how often each is run.

// Whoever runs this wants to know at once what is missing.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

mod chart;
mod measure;
mod programs;
mod runtimes;
mod scale;

use measure::Ratio;
use programs::Workload;
use runtimes::Runtime;
use std::path::Path;

/// How often each is run where nothing else is asked for.
const RUNS: usize = 7;

fn main() {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(measure::WEIGH) {
        return measure::weighing(words);
    }
    let place = tempfile::tempdir().expect("there is room for a folder");
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let runs = std::env::var("RUNS")
        .ok()
        .and_then(|runs| runs.parse().ok());
    let runs = runs.unwrap_or(RUNS);
    let peers = runtimes::peers(place.path());
    let (ours, names) = (
        runtimes::ours(place.path()),
        peers.iter().map(|peer| peer.name),
    );
    let names: Vec<_> = names.collect();

    println!("{}", heading(&names));
    let mut rows = Vec::new();
    let workloads = programs::workloads(place.path());
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word));
    for workload in workloads
        .iter()
        .filter(|workload| is_wanted(&workload.name))
    {
        let row = Row::measure(workload, &ours, &peers, runs);
        println!("{}", row.as_table());
        rows.push(row);
    }
    if is_wanted("memory") {
        print_memory(&workloads, &ours, &peers);
    }
    if is_wanted("price") {
        print_prices(&workloads, runs, place.path());
    }
    if is_wanted("scale") {
        scale::print(&ours, place.path());
    }
    if wanted.is_empty() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/benchmarks/chart.svg");
        chart::draw(&path, &names, &rows).expect("the chart can be written");
    }
}

/// Prints the most memory that runs take.
fn print_memory(workloads: &[Workload], ours: &Runtime, peers: &[Runtime]) {
    let names: Vec<_> = peers.iter().map(|peer| peer.name).collect();
    println!("\n{}", heading(&names).replacen("work", "peak memory", 1));
    for workload in workloads.iter().filter(|workload| workload.weighs) {
        let compared = peers
            .iter()
            .map(|peer| measure::compare_memory(workload, ours, peer));
        let compared: Vec<_> = compared.collect();
        let shown = compared.iter().flatten().next();
        let shown = shown.map_or("—".to_owned(), |(peak, _)| {
            format!("{:.1} MB", *peak as f64 / 1e6)
        });
        let columns = compared.iter().map(|compared| match compared {
            Some((_, ratio)) => format!(" {ratio:.2} |"),
            None => " — |".to_owned(),
        });
        let name = &workload.name;
        println!("| {name} | {shown} |{}", columns.collect::<String>());
    }
}

/// Prints what options cost the programs that only compute: the time with an option as a ratio of the
/// time without it.
fn print_prices(workloads: &[Workload], runs: usize, place: &Path) {
    println!("\n| option | mean price | largest price |\n|---|---|---|");
    let plain = runtimes::ours(place);
    let profile = place.join("profile.pb.gz");
    let profile = profile.to_str().expect("it has a name in UTF-8");
    for (name, options) in [
        ("--timeout", &["--timeout", "1h"][..]),
        ("--max-memory", &["--max-memory", "1GiB"]),
        ("--fuel", &["--fuel", "1000000000000000"]),
        ("--backtrace", &["--backtrace"]),
        ("--backtrace --timeout", &["--backtrace", "--timeout", "1h"]),
        ("--profile", &["--profile", profile]),
    ] {
        let with = runtimes::ours_with(place, name, options);
        let computing = workloads.iter().filter(|workload| workload.computes);
        let ratios =
            computing.filter_map(|workload| measure::compare(workload, &with, &plain, runs));
        let ratios: Vec<_> = ratios.map(|ratio| ratio.median()).collect();
        let sum = ratios.iter().map(|ratio| ratio.ln()).sum::<f64>();
        let mean = (sum / ratios.len() as f64).exp();
        let largest = ratios.iter().copied().fold(0.0, f64::max);
        println!("| `{}` | {mean:.2} | {largest:.2} |", with.name);
    }
}

fn heading(names: &[&str]) -> String {
    let columns = names.iter().map(|name| format!(" {name} |"));
    let rule = "---|".repeat(names.len());
    format!(
        "| work | tinyrun |{}\n|---|---|{rule}",
        columns.collect::<String>()
    )
}

/// A workload's outcome: what tinyrun takes, and that as a ratio of what each peer takes.
pub struct Row {
    pub name: String,
    ours: String,
    pub ratios: Vec<Option<Ratio>>,
}

impl Row {
    fn measure(workload: &Workload, ours: &Runtime, peers: &[Runtime], runs: usize) -> Self {
        let mut shown = None;
        let mut ratios = Vec::new();
        for peer in peers {
            let ratio = measure::compare(workload, ours, peer, runs);
            if let Some(ratio) = &ratio {
                shown.get_or_insert_with(|| ratio.ours_as_text(workload));
            }
            ratios.push(ratio);
        }
        Self {
            name: workload.name.clone(),
            ours: shown.unwrap_or_else(|| "—".to_owned()),
            ratios,
        }
    }

    fn as_table(&self) -> String {
        let columns = self.ratios.iter().map(|ratio| match ratio {
            Some(ratio) => format!(" {} |", ratio.as_text()),
            None => " — |".to_owned(),
        });
        format!(
            "| {} | {} |{}",
            self.name,
            self.ours,
            columns.collect::<String>()
        )
    }
}
