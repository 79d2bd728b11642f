//! Words as they are typed in a shell.

/// Returns the text as it is typed in a shell, with quotes only if it needs them.
pub fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./@%+=:,".contains(c);
    if text.chars().all(is_plain) && !text.is_empty() {
        text.to_owned()
    } else if text.contains('\'') && !text.contains(['"', '$', '`', '\\', '!']) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Returns the text of a word that is typed with backslashes and quotes. The last quote may be open.
pub fn unquote(word: &str) -> String {
    let mut text = String::new();
    let mut quote = None;
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', None) => text.extend(chars.next()),
            ('\\', Some('"')) => {
                text.push(chars.next_if(|next| "\\\"$`".contains(*next)).unwrap_or(c))
            }
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{quote, unquote};

    #[test]
    fn quoted_words_are_read() {
        for (word, text) in [
            ("a-b", "a-b"),
            (r"my\ dir/", "my dir/"),
            (r"'my dir'/it\'s", "my dir/it's"),
            (r#""my \"\dir"#, r#"my "\dir"#),
            (r"'a\", r"a\"),
            (r"a\", "a"),
        ] {
            assert_eq!(unquote(word), text, "{word}");
        }
    }

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
