//! The format of lcov: a record for each source file, with a line `DA:LINE,COUNT` for each line that has code. See
//! geninfo(1). Other lines of a record, such as those about branches, are kept. Names of tests are not, since all runs are
//! added up.

use super::{CoverageError, EncodedCoverage};
use crate::insight::{Coverage, CoveredFile};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The records, by the path of the source file.
type Records = BTreeMap<String, Record>;

/// The record of a source file.
#[derive(Default)]
struct Record {
    /// The lines that are kept unchanged.
    others: Vec<String>,
    counts: BTreeMap<u32, u64>,
}

/// The lines that are written anew: the number of lines with code, and of those that ran.
const TOTALS: [&str; 2] = ["LF", "LH"];

pub(super) fn add_to(
    existing: &str,
    coverage: &Coverage,
) -> Result<EncodedCoverage, CoverageError> {
    let mut records = parse(existing)?;
    for file in &coverage.files {
        let record = records.entry(source_path(file)).or_default();
        record.counts = file.lines_with(&record.counts);
    }
    Ok(EncodedCoverage {
        content: encode(&records).into_bytes(),
        outdated: Vec::new(),
    })
}

/// The path in the record. A line break in it would end the line.
fn source_path(file: &CoveredFile) -> String {
    let path = file.path.to_string_lossy();
    path.replace(['\n', '\r'], "\u{fffd}")
}

fn encode(records: &Records) -> String {
    let mut text = String::new();
    for (path, Record { others, counts }) in records {
        let covered = counts.values().filter(|count| **count > 0).count();
        // Writing to a string does not fail.
        let _ = write!(text, "TN:\nSF:{path}\n");
        for line in others {
            let _ = writeln!(text, "{line}");
        }
        for (line, count) in counts {
            let _ = writeln!(text, "DA:{line},{count}");
        }
        let _ = write!(text, "LF:{}\nLH:{covered}\nend_of_record\n", counts.len());
    }
    text
}

fn parse(text: &str) -> Result<Records, CoverageError> {
    let mut records = Records::new();
    let mut current: Option<String> = None;
    for (line, number) in text.lines().zip(1_u32..) {
        let unknown = || CoverageError(format!("line {number} is not valid in an lcov file"));
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        match (&current, key) {
            (None, "TN") => {}
            (None, "SF") => {
                records.entry(value.to_owned()).or_default();
                current = Some(value.to_owned());
            }
            (Some(_), "end_of_record") => current = None,
            (Some(path), _) => {
                let record = records.entry(path.clone()).or_default();
                add_line(record, key, value, line).ok_or_else(unknown)?;
            }
            (None, _) => return Err(unknown()),
        }
    }
    match current {
        Some(_) => Err(CoverageError("its last record has no end".to_owned())),
        None => Ok(records),
    }
}

/// Adds a line to a record; `None` if it is malformed.
fn add_line(record: &mut Record, key: &str, value: &str, line: &str) -> Option<()> {
    if key == "DA" {
        // A checksum may follow the count.
        let mut parts = value.split(',');
        let line = parts.next()?.parse().ok()?;
        let count: u64 = parts.next()?.parse().ok()?;
        let known = record.counts.entry(line).or_default();
        *known = known.saturating_add(count);
    } else if !TOTALS.contains(&key) {
        record.others.push(line.to_owned());
    }
    Some(())
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::add_to;
    use crate::insight::{Coverage, CoveredFile};

    #[test]
    fn runs_add_up() {
        let run = Coverage {
            files: vec![CoveredFile {
                path: "/a b/c.go".into(),
                lines: [(2, 3), (4, 0)].into(),
                ..CoveredFile::default()
            }],
        };
        let once = "TN:\nSF:/a b/c.go\nDA:2,3\nDA:4,0\nLF:2\nLH:1\nend_of_record\n";
        let twice = "TN:\nSF:/a b/c.go\nDA:2,6\nDA:4,0\nLF:2\nLH:1\nend_of_record\n";
        let others =
            "SF:/a b/c.go\nBRDA:2,0,0,1\nDA:3,1,sum\nend_of_record\nTN:x\nSF:d\nend_of_record\n";
        let added = "TN:\nSF:/a b/c.go\nBRDA:2,0,0,1\nDA:2,3\nDA:3,1\nDA:4,0\nLF:3\nLH:2\nend_of_record\n\
                     TN:\nSF:d\nLF:0\nLH:0\nend_of_record\n";
        for (existing, expected) in [("", once), (once, twice), (others, added)] {
            let added = add_to(existing, &run).expect("an lcov file");
            let content = String::from_utf8(added.content).expect("text");
            assert_eq!(content, expected, "{existing}");
        }
    }

    #[test]
    fn a_line_is_left_out_if_the_sum_is_unknown() {
        let run = Coverage {
            files: vec![CoveredFile {
                path: "/c.go".into(),
                lines: [(2, 3)].into(),
                functions: vec![1..=5],
                ..CoveredFile::default()
            }],
        };
        let existing = "SF:/c.go\nDA:2,0\nDA:4,0\nend_of_record\n";
        let added = add_to(existing, &run).expect("an lcov file");
        let content = String::from_utf8(added.content).expect("text");
        assert_eq!(
            content,
            "TN:\nSF:/c.go\nDA:2,3\nLF:1\nLH:1\nend_of_record\n"
        );
    }

    #[test]
    fn other_content_is_refused() {
        for existing in [
            "mode: count\n",
            "DA:1,1\n",
            "SF:a\nDA:1\nend_of_record\n",
            "SF:a\nDA:1,-1\nend_of_record\n",
            "SF:a\n",
        ] {
            assert!(
                add_to(existing, &Coverage::default()).is_err(),
                "{existing}"
            );
        }
    }
}
