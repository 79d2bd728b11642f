//! Names of exports as they are typed in a call: a word as it is, any other name as a Go string.

use super::string;
use std::borrow::Cow;

/// Returns true if a name can be typed without quotes.
pub fn is_word(name: &str) -> bool {
    let ends_name = |c: char| c.is_whitespace() || c.is_control() || "()[]{},\"'`".contains(c);
    !name.is_empty() && !name.contains(ends_name) && !name.contains("->")
}

/// The name, quoted unless it is a word.
pub fn quote(name: &str) -> Cow<'_, str> {
    if is_word(name) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(string::quote(name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn only_words_need_no_quotes() {
        for (name, typed) in [
            ("add", "add"),
            ("ruby-version", "ruby-version"),
            ("main.f#wasmexport", "main.f#wasmexport"),
            ("(*list).at", r#""(*list).at""#),
            ("", r#""""#),
            ("a b", r#""a b""#),
            ("f(x)", r#""f(x)""#),
            ("a->b", r#""a->b""#),
            ("v: func()", r#""v: func()""#),
        ] {
            assert_eq!(quote(name), typed);
        }
    }
}
