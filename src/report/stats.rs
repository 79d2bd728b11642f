//! Prints the statistics of a run on standard error.

use super::message::printable;
use crate::console;
use crate::guest::PhaseTimes;
use crate::host::trace::CallCount;
use crate::size::Size;
use std::time::Duration;

/// The statistics of a run.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// The time of each phase.
    pub phases: PhaseTimes,
    /// The fuel used, if it was counted.
    pub fuel_used: Option<u64>,
    /// The peak size of all linear memories together, in bytes.
    pub peak_memory: u64,
    /// The size of all linear memories together at the end, in bytes.
    pub final_memory: u64,
    /// The number of growths of memories.
    pub growths: u64,
    /// The number of refused growths.
    pub refusals: u64,
    /// The number of garbage collections, if they were counted.
    pub collections: Option<u32>,
    /// The calls of host functions.
    pub calls: Vec<CallCount>,
}

/// Prints the statistics.
pub fn print(stats: &Stats) {
    console::print(&text(stats));
}

/// Formats a duration in milliseconds, or in microseconds if it is too short for that.
fn duration_text(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    if milliseconds < 0.005 {
        format!("{:.2} µs", milliseconds * 1e3)
    } else {
        format!("{milliseconds:.2} ms")
    }
}

pub(super) fn text(stats: &Stats) -> String {
    let mut lines = vec![
        format!("time    {}", time_text(&stats.phases)),
        format!("memory  {}", memory_text(stats)),
    ];
    lines.extend(stats.fuel_used.map(|fuel| format!("fuel    {fuel}")));
    lines.push(String::new());
    lines.extend(calls_text(&stats.calls));
    lines.join("\n") + "\n"
}

/// Formats the total time and the time of each phase.
pub fn time_text(times: &PhaseTimes) -> String {
    let phases = [
        ("load", Some(times.load)),
        ("start", times.start),
        ("run", times.run),
    ];
    let phases = phases
        .into_iter()
        .filter_map(|(name, time)| Some(format!("{name} {}", duration_text(time?))));
    let phases: Vec<_> = phases.collect();
    format!(
        "{} in total: {}",
        duration_text(times.total()),
        phases.join(", ")
    )
}

fn memory_text(stats: &Stats) -> String {
    let counted = |count: u64, noun: &str| match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    };
    let collections = stats.collections.map(u64::from);
    let counts = [
        (Some(stats.growths), "growth"),
        (Some(stats.refusals), "refusal"),
        (collections, "garbage collection"),
    ];
    let counts = counts
        .into_iter()
        .filter_map(|(count, noun)| Some(counted(count?, noun)));
    format!(
        "{} at most, {} at the end; {}",
        Size(stats.peak_memory),
        Size(stats.final_memory),
        Vec::from_iter(counts).join(", "),
    )
}

/// Formats a table with a line for each function.
fn calls_text(calls: &[CallCount]) -> Vec<String> {
    if calls.is_empty() {
        return vec!["no host calls".to_owned()];
    }
    let titles = ["calls", "failed", "bytes", "time", "function"].map(str::to_owned);
    let dash_for_zero = |count: u64| match count {
        0 => "-".to_owned(),
        count => count.to_string(),
    };
    let row = |count: &CallCount| {
        [
            count.calls.to_string(),
            dash_for_zero(count.failed),
            dash_for_zero(count.bytes),
            duration_text(count.time),
            printable(&count.function).into_owned(),
        ]
    };
    let rows: Vec<_> = std::iter::once(titles)
        .chain(calls.iter().map(row))
        .collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3].map(width);
    let line = |[calls, failed, bytes, time, function]: &[String; 5]| {
        let [a, b, c, d] = widths;
        format!("{calls:>a$}  {failed:>b$}  {bytes:>c$}  {time:>d$}  {function}")
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{CallCount, PhaseTimes, Stats, text};
    use std::time::Duration;

    #[test]
    fn columns_are_aligned() {
        let count = |function: &str, calls, failed, bytes, micros| CallCount {
            function: function.to_owned(),
            calls,
            failed,
            bytes,
            time: Duration::from_micros(micros),
        };
        let mut stats = Stats {
            phases: PhaseTimes {
                load: Duration::from_micros(1_504),
                start: Some(Duration::from_micros(20)),
                run: Some(Duration::from_secs(12)),
            },
            fuel_used: Some(1_000_000),
            peak_memory: 196_608,
            final_memory: 131_072,
            growths: 1,
            refusals: 0,
            collections: None,
            calls: vec![
                count("fd_write", 1_200, 0, 45_000, 1_234),
                count("args_get", 2, 0, 0, 5),
                count("env.a\u{1b}", 3, 1, 0, 4),
            ],
        };
        let table = "\
time    12001.52 ms in total: load 1.50 ms, start 0.02 ms, run 12000.00 ms
memory  192 KiB at most, 128 KiB at the end; 1 growth, 0 refusals
fuel    1000000

calls  failed  bytes     time  function
 1200       -  45000  1.23 ms  fd_write
    2       -      -  0.01 ms  args_get
    3       1      -  4.00 µs  env.a\\u{1b}
";
        assert_eq!(text(&stats), table);
        stats.collections = Some(1);
        let line = "128 KiB at the end; 1 growth, 0 refusals, 1 garbage collection\n";
        assert!(text(&stats).contains(line));
        stats.calls.clear();
        assert!(text(&stats).ends_with("\n\nno host calls\n"));
    }
}
