//! Text in XML files.

/// Replaces the characters that XML does not allow: <https://www.w3.org/TR/xml/#charsets>.
pub(super) fn allowed(text: &str) -> String {
    let is_not_allowed = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.replace(is_not_allowed, "\u{fffd}")
}

/// Text as the content of an element.
pub(super) fn escaped(text: &str) -> String {
    let text = allowed(text).replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_is_escaped() {
        for (text, expected) in [
            ("main.(*T).Do", "main.(*T).Do"),
            ("a<b> & c", "a&lt;b&gt; &amp; c"),
            ("a\0\u{1b}[1m\u{ffff}é", "a\u{fffd}\u{fffd}[1m\u{fffd}é"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
