//! Folded stacks, the text format from which flame graphs are drawn. Each line has the functions of a stack, separated
//! by `;` with the outermost first, and its work. See <https://github.com/brendangregg/FlameGraph>.

use super::without_wrappers;
use crate::insight::{Location, LocationId, Profile};
use std::collections::BTreeMap;

/// The maximum size of the text. Large programs need much less.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// The additional size that each function of a stack counts as, so that the number of functions is limited as well.
const BYTES_PER_FUNCTION: usize = 40;

/// The name after the outermost function in a line that sums stacks beyond the limit.
const OTHER_STACKS: &str = "[other stacks]";

/// Returns the lines, sorted by stack. Only the stacks with the most work are included, up to `max_bytes`. Other stacks
/// are summed by their outermost function.
pub(super) fn lines(profile: &Profile, max_bytes: usize) -> Vec<String> {
    let names: Vec<Vec<String>> = profile.locations.iter().map(names).collect();
    let mut stacks: Vec<_> = profile.stacks.iter().collect();
    stacks.sort_by_key(|(_, cost)| std::cmp::Reverse(cost.work));
    // Stacks that differ only in source lines are merged.
    let mut work_by_stack: BTreeMap<String, u64> = BTreeMap::new();
    let mut bytes_left = max_bytes;
    for (locations, cost) in stacks {
        let sizes = functions(locations, &names).map(|name| name.len() + BYTES_PER_FUNCTION);
        let size = sizes.sum();
        match bytes_left.checked_sub(size) {
            Some(rest) => {
                let stack = joined(functions(locations, &names));
                let work = work_by_stack.entry(stack).or_insert_with(|| {
                    bytes_left = rest;
                    0
                });
                *work += cost.work;
            }
            None => {
                let first = functions(locations, &names).take(1);
                let stack = joined(first.chain([OTHER_STACKS]));
                *work_by_stack.entry(stack).or_default() += cost.work;
            }
        }
    }
    let line = |(stack, work): (String, u64)| format!("{stack} {work}\n");
    work_by_stack.into_iter().map(line).collect()
}

fn functions<'a>(
    locations: &'a [LocationId],
    names: &'a [Vec<String>],
) -> impl Iterator<Item = &'a str> {
    let names = locations.iter().filter_map(|id| names.get(*id as usize));
    names.flatten().map(String::as_str)
}

fn joined<'a>(functions: impl Iterator<Item = &'a str>) -> String {
    functions.collect::<Vec<_>>().join(";")
}

/// The function names at a location, the outermost first. Characters that separate stacks and functions are replaced.
fn names(location: &Location) -> Vec<String> {
    let frames = without_wrappers(location).rev();
    frames
        .map(|frame| frame.function.replace([';', '\n', '\r'], ":"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::insight::{Cost, Frame, Origin, Precision, Profile};
    use std::time::Duration;

    #[test]
    fn stacks_beyond_the_limit_are_summed() {
        let location = |name: &str| {
            let frame = Frame {
                function: name.into(),
                line: None,
                precision: Precision::Exact,
                offset: None,
                inlined: None,
                origin: Origin::Program,
                count: 1,
            };
            vec![frame].into()
        };
        let cost = |work| Cost {
            work,
            time: Duration::ZERO,
        };
        let profile = Profile {
            locations: ["main", "a;b", "c"].map(location).into(),
            stacks: vec![
                (vec![0, 1, 2], cost(2)),
                (vec![0, 1], cost(5)),
                (vec![0, 2], cost(1)),
            ],
            allocations: None,
        };
        for (max_bytes, expected) in [
            (1000, vec!["main;a:b 5", "main;a:b;c 2", "main;c 1"]),
            (100, vec!["main;[other stacks] 3", "main;a:b 5"]),
            (0, vec!["main;[other stacks] 8"]),
        ] {
            let lines = lines(&profile, max_bytes);
            let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
            assert_eq!(lines, expected, "{max_bytes}");
        }
    }
}
