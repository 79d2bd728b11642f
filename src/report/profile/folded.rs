//! Folded stacks: a line for each, its functions from the outermost on with `;` between them, and what
//! was spent. What flame graphs are drawn from.

use super::known;
use crate::insight::{Place, PlaceId, Profile};
use std::collections::BTreeMap;

/// How many bytes of text there may be: many times what a large program takes.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// What each function takes besides its name, so that many short ones have a bound as well.
const BYTES_PER_FUNCTION: usize = 40;

/// Stands for what is called, in a line for all stacks for which there is no room.
const OTHER_STACKS: &str = "[other stacks]";

/// The lines, in the order of their stacks. Those with the most work come to at most so many bytes; the others
/// are shown by the functions in which they begin.
pub(super) fn lines(profile: &Profile, max_bytes: usize) -> Vec<String> {
    let names: Vec<Vec<String>> = profile.places.iter().map(names).collect();
    let mut stacks: Vec<_> = profile.stacks.iter().collect();
    stacks.sort_by_key(|(_, cost)| std::cmp::Reverse(cost.work));
    // Stacks that differ in lines only are one here.
    let mut spent: BTreeMap<String, u64> = BTreeMap::new();
    let mut left = max_bytes;
    for (places, cost) in stacks {
        let functions = functions(places, &names);
        let size = functions.map(|name| name.len() + BYTES_PER_FUNCTION).sum();
        match left.checked_sub(size) {
            Some(rest) => {
                let stack = joined(self::functions(places, &names));
                let work = spent.entry(stack).or_insert_with(|| {
                    left = rest;
                    0
                });
                *work += cost.work;
            }
            None => {
                let first = self::functions(places, &names).take(1);
                let stack = joined(first.chain([OTHER_STACKS]));
                *spent.entry(stack).or_default() += cost.work;
            }
        }
    }
    let line = |(stack, work): (String, u64)| format!("{stack} {work}\n");
    spent.into_iter().map(line).collect()
}

fn functions<'a>(places: &'a [PlaceId], names: &'a [Vec<String>]) -> impl Iterator<Item = &'a str> {
    let names = places.iter().filter_map(|place| names.get(*place as usize));
    names.flatten().map(String::as_str)
}

fn joined<'a>(functions: impl Iterator<Item = &'a str>) -> String {
    functions.collect::<Vec<_>>().join(";")
}

/// The names at a place, the outermost first, without what has a meaning here.
fn names(place: &Place) -> Vec<String> {
    let frames = known(place).rev();
    frames
        .map(|frame| frame.function.replace([';', '\n', '\r'], ":"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::insight::{Aim, Cost, Frame, Origin, Profile};
    use std::time::Duration;

    #[test]
    fn stacks_without_room_are_shown_by_where_they_begin() {
        let place = |name: &str| {
            let frame = Frame {
                function: name.into(),
                line: None,
                aim: Aim::At,
                offset: None,
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
            places: ["main", "a;b", "c"].map(place).into(),
            stacks: vec![
                (vec![0, 1, 2], cost(2)),
                (vec![0, 1], cost(5)),
                (vec![0, 2], cost(1)),
            ],
        };
        for (max_bytes, shown) in [
            (1000, vec!["main;a:b 5", "main;a:b;c 2", "main;c 1"]),
            (100, vec!["main;[other stacks] 3", "main;a:b 5"]),
            (0, vec!["main;[other stacks] 8"]),
        ] {
            let lines = lines(&profile, max_bytes);
            let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
            assert_eq!(lines, shown, "{max_bytes}");
        }
    }
}
