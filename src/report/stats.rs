//! The sums of a run, as a small table on standard error.

use super::message::{printable, write};
use crate::guest::PhaseTimes;
use crate::host::trace::CallCount;
use crate::size::Size;
use std::time::Duration;

/// The sums of a run.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Where the time went.
    pub spent: PhaseTimes,
    /// The fuel used, where it was counted and is known.
    pub fuel_used: Option<u64>,
    /// The most that all linear memories together came to, in bytes.
    pub peak_memory: u64,
    /// What they come to now, in bytes.
    pub final_memory: u64,
    /// How often one has grown.
    pub growths: u64,
    /// How often one was not allowed to.
    pub refusals: u64,
    /// The calls of functions of the host's.
    pub calls: Vec<CallCount>,
}

/// Says the sums.
pub fn tell(stats: &Stats) {
    write(&in_words(stats));
}

fn in_ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

pub(super) fn in_words(stats: &Stats) -> String {
    let mut lines = vec![
        format!("time    {}", time_in_words(&stats.spent)),
        format!("memory  {}", memory_in_words(stats)),
    ];
    lines.extend(stats.fuel_used.map(|fuel| format!("fuel    {fuel}")));
    lines.push(String::new());
    lines.extend(calls_in_words(&stats.calls));
    lines.join("\n") + "\n"
}

/// Where the time went.
pub fn time_in_words(spent: &PhaseTimes) -> String {
    let stretches = [
        ("load", Some(spent.load)),
        ("start", spent.start),
        ("run", spent.run),
    ];
    let stretches = stretches
        .into_iter()
        .filter_map(|(name, time)| Some(format!("{name} {}", in_ms(time?))));
    let stretches: Vec<_> = stretches.collect();
    format!("{} in all: {}", in_ms(spent.total()), stretches.join(", "))
}

fn memory_in_words(stats: &Stats) -> String {
    let times = |count: u64, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    format!(
        "{} at most, {} at the end; {}, {}",
        Size(stats.peak_memory),
        Size(stats.final_memory),
        times(stats.growths, "growth"),
        times(stats.refusals, "refusal"),
    )
}

/// A line for each function, the numbers below each other.
fn calls_in_words(calls: &[CallCount]) -> Vec<String> {
    if calls.is_empty() {
        return vec!["no calls of the host".to_owned()];
    }
    let titles = ["calls", "failed", "bytes", "time", "function"].map(str::to_owned);
    let some = |count: u64| match count {
        0 => "-".to_owned(),
        count => count.to_string(),
    };
    let row = |count: &CallCount| {
        [
            count.calls.to_string(),
            some(count.failed),
            some(count.bytes),
            in_ms(count.time),
            printable(&count.function).into_owned(),
        ]
    };
    let rows: Vec<_> = std::iter::once(titles)
        .chain(calls.iter().map(row))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    let line = |[calls, failed, bytes, time, function]: &[String; 5]| {
        let [a, b, c, d] = widths;
        format!("{calls:>a$}  {failed:>b$}  {bytes:>c$}  {time:>d$}  {function}")
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{CallCount, PhaseTimes, Stats, in_words};
    use std::time::Duration;

    #[test]
    fn the_numbers_stand_below_each_other() {
        let count = |function: &str, calls, failed, bytes, micros| CallCount {
            function: function.to_owned(),
            calls,
            failed,
            bytes,
            time: Duration::from_micros(micros),
        };
        let mut stats = Stats {
            spent: PhaseTimes {
                load: Duration::from_micros(1_504),
                start: Some(Duration::from_micros(20)),
                run: Some(Duration::from_secs(12)),
            },
            fuel_used: Some(1_000_000),
            peak_memory: 196_608,
            final_memory: 131_072,
            growths: 1,
            refusals: 0,
            calls: vec![
                count("fd_write", 1_200, 0, 45_000, 1_234),
                count("env.a\u{1b}", 3, 1, 0, 0),
            ],
        };
        let table = "\
time    12001.52 ms in all: load 1.50 ms, start 0.02 ms, run 12000.00 ms
memory  192 KiB at most, 128 KiB at the end; 1 growth, 0 refusals
fuel    1000000

calls  failed  bytes     time  function
 1200       -  45000  1.23 ms  fd_write
    3       1      -  0.00 ms  env.a\\u{1b}
";
        assert_eq!(in_words(&stats), table);
        stats.calls.clear();
        assert!(in_words(&stats).ends_with("\n\nno calls of the host\n"));
    }
}
