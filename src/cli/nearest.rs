//! What somebody who mistyped a name most likely meant.

/// Those of `known` whose names are within a few slips of `typed`, the nearest first.
pub fn to<T>(typed: &str, known: impl IntoIterator<Item = T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    let few = typed.chars().count() / 3 + 1;
    let measured = known
        .into_iter()
        .map(|item| (distance(typed, name(&item)), item));
    let mut near: Vec<_> = measured.filter(|(distance, _)| *distance <= few).collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().map(|(_, item)| item).collect()
}

/// Levenshtein's distance, in letters of either case. Names too long to be typed are not compared.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 200;
    if a.len().max(b.len()) > LONGEST {
        return usize::MAX;
    }
    let b: Vec<_> = b.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().map(|c| c.to_ascii_lowercase()).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, to};

    #[test]
    fn distances_count_slips() {
        for (a, b, slips) in [
            ("", "", 0),
            ("add", "add", 0),
            ("Add", "add", 0),
            ("ad", "add", 1),
            ("dad", "add", 2),
            ("", "ab", 2),
        ] {
            assert_eq!(distance(a, b), slips, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_comes_first() {
        let found = to("--dirr", ["--env", "--dirs", "--dir"], |name| name);
        assert_eq!(found, ["--dirs", "--dir"]);
        assert!(to("x", ["completely", "different"], |name| name).is_empty());
    }
}
