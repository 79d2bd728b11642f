//! The names nearest to a mistyped one.

/// Names longer than this, in bytes, are not compared: nothing that long is mistyped by hand.
const MAX_NAME_BYTES: usize = 200;

/// Returns those of `known` whose names are a few edits away from `typed`, nearest first, without regard to
/// ASCII case.
pub fn to<T>(typed: &str, known: impl IntoIterator<Item = T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    if typed.len() > MAX_NAME_BYTES {
        return Vec::new();
    }
    let max_edits = typed.chars().count() / 3 + 1;
    let typed = typed.to_ascii_lowercase();
    let edits = |known: &str| {
        if known.len() > MAX_NAME_BYTES {
            None
        } else {
            Some(strsim::levenshtein(&typed, &known.to_ascii_lowercase()))
        }
    };
    let mut near: Vec<_> = known
        .into_iter()
        .filter_map(|item| Some((edits(name(&item))?, item)))
        .filter(|(edits, _)| *edits <= max_edits)
        .collect();
    near.sort_by_key(|(edits, _)| *edits);
    near.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::to;

    #[test]
    fn the_nearest_comes_first() {
        for (typed, known, near) in [
            (
                "--dirr",
                vec!["--env", "--dirs", "--dir"],
                vec!["--dirs", "--dir"],
            ),
            ("ADD", vec!["dad", "sub", "add"], vec!["add", "dad"]),
            ("ad", vec!["add"], vec!["add"]),
            ("x", vec!["completely", "different"], vec![]),
        ] {
            assert_eq!(to(typed, known, |name| name), near, "{typed}");
        }
        let long = "x".repeat(201);
        assert!(to(&long, [long.as_str()], |name| name).is_empty());
    }
}
