//! Go's cover profiles. Each line has a block of source code, its number of statements, and its count:
//! <https://github.com/golang/tools/blob/v0.30.0/cover/profile.go>. Debug information has lines rather than statements, so
//! each line with code is a block with one statement.

use super::{CoverageError, EncodedCoverage};
use crate::insight::{Coverage, CoveredFile};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The counts of blocks, by the name of the file.
type CoverProfile = BTreeMap<String, BTreeMap<Block, Count>>;

/// The range of a block. Columns are counted in bytes from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    start: (u32, u32),
    /// The position after the block.
    end: (u32, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    statements: u32,
    count: u64,
}

/// The first line. `atomic` differs from `count` only in how official Go counts.
const MODES: [&str; 2] = ["mode: count", "mode: atomic"];

/// The largest count that Go reads on all systems.
const MAX_COUNT: u64 = i64::MAX as u64;

pub(super) fn add_to(
    existing: &str,
    coverage: &Coverage,
) -> Result<EncodedCoverage, CoverageError> {
    let mut profile = parse(existing)?;
    let mut outdated = Vec::new();
    for file in &coverage.files {
        let blocks = profile.entry(file.name.clone()).or_default();
        let text: Option<Vec<_>> = file.text.as_ref().map(|text| text.lines().collect());
        if let Some(text) = &text
            && is_outdated(blocks, file, text)
        {
            outdated.push(file.name.clone());
            blocks.clear();
        }
        add_run(blocks, file, text.as_deref().unwrap_or_default());
    }
    Ok(EncodedCoverage {
        content: encode(&profile).into_bytes(),
        outdated,
    })
}

/// Adds a run to the blocks of a file.
fn add_run(blocks: &mut BTreeMap<Block, Count>, file: &CoveredFile, text: &[&str]) {
    let known = blocks.keys().filter_map(|block| {
        let block = known_block(blocks, block.start.0)?;
        Some((block.start.0, blocks.get(&block)?.count))
    });
    let earlier: BTreeMap<_, _> = known.collect();
    let sums = file.lines_with(&earlier);
    for line in earlier.keys().filter(|line| !sums.contains_key(line)) {
        if let Some(block) = known_block(blocks, *line) {
            blocks.remove(&block);
        }
    }
    for (line, sum) in sums {
        let block = known_block(blocks, line).unwrap_or_else(|| Block::of_line(line, text));
        let counted = blocks.entry(block).or_insert(Count {
            statements: 1,
            count: 0,
        });
        counted.count = sum.min(MAX_COUNT);
    }
}

/// The block of a line, if the profile has one.
fn known_block(blocks: &BTreeMap<Block, Count>, line: u32) -> Option<Block> {
    let from_line = Block {
        start: (line, 0),
        end: (0, 0),
    };
    let mut later = blocks.range(from_line..).map(|(block, _)| *block);
    later.next().filter(|block| block.line() == Some(line))
}

/// Returns true if a line has other columns in the existing blocks than in the file's text.
fn is_outdated(blocks: &BTreeMap<Block, Count>, file: &CoveredFile, text: &[&str]) -> bool {
    file.lines.keys().any(|line| {
        let known = known_block(blocks, *line);
        known.is_some_and(|known| known != Block::of_line(*line, text))
    })
}

impl Block {
    /// The block of a line: its text without the white space around it, or the whole line if the text is not known.
    fn of_line(line: u32, text: &[&str]) -> Self {
        let text = (line as usize)
            .checked_sub(1)
            .and_then(|index| text.get(index));
        let text = text.copied().unwrap_or_default();
        let indent = text.len() - text.trim_start().len();
        match text.trim_end().len() {
            0 => Self {
                start: (line, 1),
                end: (line.saturating_add(1), 1),
            },
            length => Self {
                start: (line, indent as u32 + 1),
                end: (line, length as u32 + 1),
            },
        }
    }

    /// The line of a block, if it is in one line.
    fn line(self) -> Option<u32> {
        let line = self.start.0;
        (self.end.0 == line || self.end == (line.saturating_add(1), 1)).then_some(line)
    }
}

fn encode(profile: &CoverProfile) -> String {
    let mut text = format!("{}\n", MODES[0]);
    for (name, blocks) in profile {
        for (Block { start, end }, Count { statements, count }) in blocks {
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "{name}:{}.{},{}.{} {statements} {count}",
                start.0, start.1, end.0, end.1
            );
        }
    }
    text
}

fn parse(text: &str) -> Result<CoverProfile, CoverageError> {
    let mut profile = CoverProfile::new();
    let mut lines = text.lines();
    match lines.next() {
        None => return Ok(profile),
        Some(mode) if MODES.contains(&mode) => {}
        Some("mode: set") => {
            let message =
                "its mode is set, which has no counts; only count and atomic can be added to";
            return Err(CoverageError(message.to_owned()));
        }
        Some(_) => return Err(CoverageError("it is not a Go cover profile".to_owned())),
    }
    for (line, number) in lines.zip(2_u32..) {
        let (name, block, counted) = parse_line(line).ok_or_else(|| {
            CoverageError(format!("line {number} is not valid in a Go cover profile"))
        })?;
        let blocks = profile.entry(name.to_owned()).or_default();
        let known = blocks.entry(block).or_insert(Count {
            count: 0,
            ..counted
        });
        known.count = known.count.saturating_add(counted.count);
    }
    Ok(profile)
}

/// Parses `NAME:LINE.COLUMN,LINE.COLUMN STATEMENTS COUNT`.
fn parse_line(line: &str) -> Option<(&str, Block, Count)> {
    let (rest, count) = line.rsplit_once(' ')?;
    let (rest, statements) = rest.rsplit_once(' ')?;
    let (name, range) = rest.rsplit_once(':')?;
    let (start, end) = range.split_once(',')?;
    let block = Block {
        start: parse_position(start)?,
        end: parse_position(end)?,
    };
    let count = Count {
        statements: statements.parse().ok()?,
        count: count.parse().ok()?,
    };
    Some((name, block, count))
}

fn parse_position(text: &str) -> Option<(u32, u32)> {
    let (line, column) = text.split_once('.')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::add_to;
    use crate::insight::{Coverage, CoveredFile};

    fn coverage(text: Option<&str>, lines: &[(u32, u64)]) -> Coverage {
        Coverage {
            files: vec![CoveredFile {
                name: "example.org/a b/c.go".to_owned(),
                path: "/src/c.go".into(),
                text: text.map(str::to_owned),
                lines: lines.iter().copied().collect(),
                ..CoveredFile::default()
            }],
        }
    }

    const TEXT: &str = "package b\n\tx := 1 \n\ty()\n";
    const LINES: [(u32, u64); 2] = [(2, 3), (3, 0)];

    #[test]
    fn runs_add_up() {
        let run = coverage(Some(TEXT), &LINES);
        let once =
            "mode: count\nexample.org/a b/c.go:2.2,2.8 1 3\nexample.org/a b/c.go:3.2,3.5 1 0\n";
        let whole_lines =
            "mode: count\nexample.org/a b/c.go:2.1,3.1 1 3\nexample.org/a b/c.go:3.1,4.1 1 0\n";
        let other = "mode: atomic\nother/d.go:1.1,5.2 3 1\n";
        let huge = "mode: count\nexample.org/a b/c.go:2.2,2.8 1 9223372036854775806\n";
        for (existing, run, expected) in [
            ("", &run, once.to_owned()),
            ("", &coverage(None, &LINES), whole_lines.to_owned()),
            (once, &run, once.replace(" 1 3", " 1 6")),
            (once, &coverage(None, &LINES), once.replace(" 1 3", " 1 6")),
            (other, &run, format!("{once}other/d.go:1.1,5.2 3 1\n")),
            (huge, &run, once.replace(" 1 3", " 1 9223372036854775807")),
        ] {
            let added = add_to(existing, run).expect("a profile");
            assert_eq!(added.content, expected.into_bytes(), "{existing}");
            assert!(added.outdated.is_empty(), "{existing}");
        }
    }

    #[test]
    fn a_line_is_left_out_if_the_sum_is_unknown() {
        let mut run = coverage(Some(TEXT), &LINES[..1]);
        run.files[0].functions = vec![1..=3];
        let existing = "mode: count\nexample.org/a b/c.go:1.1,9.2 5 1\nexample.org/a b/c.go:2.2,2.8 1 0\nexample.org/a b/c.go:3.2,3.5 1 0\n";
        let added = add_to(existing, &run).expect("a profile");
        let expected =
            "mode: count\nexample.org/a b/c.go:1.1,9.2 5 1\nexample.org/a b/c.go:2.2,2.8 1 3\n";
        assert_eq!(String::from_utf8_lossy(&added.content), expected);
    }

    #[test]
    fn counts_of_another_version_of_a_file_are_dropped() {
        let existing = "mode: count\nexample.org/a b/c.go:2.4,2.8 1 5\nd.go:2.4,2.8 1 5\n";
        let added = add_to(existing, &coverage(Some(TEXT), &LINES[..1])).expect("a profile");
        let expected = "mode: count\nd.go:2.4,2.8 1 5\nexample.org/a b/c.go:2.2,2.8 1 3\n";
        assert_eq!(added.content, expected.as_bytes());
        assert_eq!(added.outdated, ["example.org/a b/c.go"]);
    }

    #[test]
    fn other_content_is_refused() {
        for existing in [
            "TN:\n",
            "mode: set\n",
            "mode: count\na.go:1,2 1 1\n",
            "mode: count\na.go:1.1,2.1 1 -1\n",
            "mode: count\n\n",
        ] {
            assert!(
                add_to(existing, &Coverage::default()).is_err(),
                "{existing}"
            );
        }
    }
}
