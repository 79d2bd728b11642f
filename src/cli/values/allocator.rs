//! The grammar of `--allocator`: `ALLOC[,FREE]`, the names of two exports.

use crate::guest::AllocatorNames;

/// Parses `ALLOC` or `ALLOC,FREE`.
///
/// # Errors
///
/// A message that says what is wrong.
pub fn parse(text: &str) -> Result<AllocatorNames, String> {
    let mut names = text.split(',').map(str::trim);
    let (alloc, free, rest) = (names.next(), names.next(), names.next());
    match (alloc, free, rest) {
        (Some(alloc), free, None) if !alloc.is_empty() && free != Some("") => Ok(AllocatorNames {
            alloc: alloc.to_owned(),
            free: free.map(str::to_owned),
        }),
        _ => Err("write the names of exports, as in alloc,dealloc".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn one_or_two_names_are_parsed() {
        for (text, names) in [
            ("alloc", Some(("alloc", None))),
            ("alloc,dealloc", Some(("alloc", Some("dealloc")))),
            ("my.new, my.drop", Some(("my.new", Some("my.drop")))),
            ("", None),
            (",free", None),
            ("alloc,", None),
            ("a,b,c", None),
        ] {
            let parsed = parse(text).ok();
            let parsed = parsed
                .as_ref()
                .map(|it| (it.alloc.as_str(), it.free.as_deref()));
            assert_eq!(parsed, names, "{text}");
        }
    }
}
