//! The expected differences: the table in README.md.

use anyhow::{Result, ensure};

const README: &str = include_str!("README.md");

/// A difference: the call or the output that was compared, and its result with tinyrun and with wasmi_wasi.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    subject: String,
    ours: String,
    theirs: String,
}

impl Difference {
    pub fn new(subject: &str, ours: &str, theirs: &str) -> Self {
        let cell = |text: &str| text.trim().replace('`', "'");
        Self {
            subject: cell(subject),
            ours: cell(ours),
            theirs: cell(theirs),
        }
    }

    /// The row for the table, without a reason.
    fn row(&self, name: &str) -> String {
        let cell = |text: &str| match text {
            "" => String::new(),
            text => format!("`{}`", text.replace('|', "\\|")),
        };
        let (subject, ours, theirs) = (cell(&self.subject), cell(&self.ours), cell(&self.theirs));
        format!("| {name} | {subject} | {ours} | {theirs} |")
    }
}

/// Checks that the table has exactly these differences of a program, each with a reason.
pub fn check(name: &str, differences: &[Difference]) -> Result<()> {
    let actual: Vec<_> = differences.iter().map(|found| found.row(name)).collect();
    let expected: Vec<_> = README
        .lines()
        .filter(|line| line.starts_with(&format!("| {name} |")))
        .collect();
    let has_row = |row: &&String| {
        let reason = |line: &&&str| line.strip_prefix(row.as_str()).is_some_and(|r| r.len() > 3);
        expected.iter().any(|line| reason(&line))
    };
    let missing: Vec<_> = actual.iter().filter(|row| !has_row(row)).collect();
    let is_stale = |line: &&&str| !actual.iter().any(|row| line.starts_with(row.as_str()));
    let stale: Vec<_> = expected.iter().filter(is_stale).collect();
    ensure!(
        missing.is_empty() && stale.is_empty(),
        "not in tests/differential/README.md:\n{}\nin it, but not found:\n{}",
        join(&missing),
        join(&stale)
    );
    Ok(())
}

fn join(rows: &[&impl AsRef<str>]) -> String {
    let rows: Vec<_> = rows.iter().map(|row| row.as_ref()).collect();
    rows.join("\n")
}
