//! Quotes text so that a shell reads it as one word.

/// Returns the text as it is typed in a shell, with quotes only if it needs them.
pub fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./@%+=:,".contains(c);
    if text.chars().all(is_plain) && !text.is_empty() {
        text.to_owned()
    } else if text.contains('\'') && !text.contains(['"', '$', '`', '\\', '!']) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn text_is_quoted_if_needed() {
        for (text, quoted) in [
            ("a-b/c=1", "a-b/c=1"),
            ("", "''"),
            ("add(1, 2)", "'add(1, 2)'"),
            ("f('a')", "\"f('a')\""),
            (r#"f("it's")"#, r#"'f("it'\''s")'"#),
        ] {
            assert_eq!(quote(text), quoted);
        }
    }
}
