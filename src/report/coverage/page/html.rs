//! Text in HTML.

/// Text as the content of an element, or as the value of an attribute in double quotes.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('"', "&quot;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

/// Reverses [`escaped`].
pub(super) fn unescaped(html: &str) -> String {
    let text = html.replace("&gt;", ">").replace("&lt;", "<");
    text.replace("&quot;", "\"").replace("&amp;", "&")
}

/// Text as an identifier for links. All characters with a meaning in a URL are percent-encoded.
pub(super) fn identifier(text: &str) -> String {
    let mut identifier = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                identifier.push(char::from(byte));
            }
            _ => identifier.push_str(&format!("%{byte:02X}")),
        }
    }
    identifier
}

#[cfg(test)]
mod tests {
    use super::{escaped, identifier, unescaped};

    #[test]
    fn text_is_escaped() {
        for (text, expected) in [
            ("if a && b {", "if a &amp;&amp; b {"),
            ("</style><script>", "&lt;/style&gt;&lt;script&gt;"),
            ("\"&lt;\"", "&quot;&amp;lt;&quot;"),
            ("'\u{e9}\t'", "'\u{e9}\t'"),
        ] {
            assert_eq!(escaped(text), expected);
            assert_eq!(unescaped(expected), text);
        }
    }

    #[test]
    fn identifiers_have_no_special_characters() {
        for (text, expected) in [
            ("example.org/x/a_b-1.go", "example.org/x/a_b-1.go"),
            ("C:\\a b\\%\u{e9}.go", "C%3A%5Ca%20b%5C%25%C3%A9.go"),
        ] {
            assert_eq!(identifier(text), expected);
        }
    }
}
