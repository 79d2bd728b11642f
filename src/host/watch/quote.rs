//! What a guest gives as text or data, as Go would quote it, so that a trace stays one line a call and
//! cannot play tricks on a terminal.

use std::fmt::Write;

/// How many bytes of data are shown.
pub const SHOWN: usize = 32;

/// Quotes the first bytes of data that has `length` in all, with `...` behind them where there are more.
pub fn data(first: &[u8], length: u64) -> String {
    cut(first, SHOWN, length)
}

/// Quotes text up to a bound, with `...` behind it where there is more.
pub fn text(bytes: &[u8], most: usize) -> String {
    cut(bytes, most, bytes.len() as u64)
}

fn cut(bytes: &[u8], most: usize, length: u64) -> String {
    let mut end = bytes.len().min(most);
    // No character is cut in two.
    let in_character = |end| bytes.get(end).is_some_and(|byte| byte & 0xc0 == 0x80);
    for _ in 0..3 {
        if end > 0 && in_character(end) {
            end -= 1;
        }
    }
    let shown = bytes.get(..end).unwrap_or(bytes);
    let more = match length > shown.len() as u64 {
        true => "...",
        false => "",
    };
    format!("\"{}\"{more}", escaped(shown))
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(&mut text, c));
        for byte in chunk.invalid() {
            // Writing to a string does not fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

fn push(text: &mut String, c: char) {
    let _ = match c {
        '"' | '\\' => write!(text, "\\{c}"),
        '\n' => write!(text, "\\n"),
        '\r' => write!(text, "\\r"),
        '\t' => write!(text, "\\t"),
        ' '..='~' => write!(text, "{c}"),
        '\0'..='\x7f' => write!(text, "\\x{:02x}", u32::from(c)),
        // Rust escapes what is not to be seen, as Go does.
        _ if c.escape_debug().len() == 1 => write!(text, "{c}"),
        '\u{80}'..='\u{ffff}' => write!(text, "\\u{:04x}", u32::from(c)),
        _ => write!(text, "\\U{:08x}", u32::from(c)),
    };
}

#[cfg(test)]
mod tests {
    use super::{data, text};

    #[test]
    fn data_is_quoted_as_in_go() {
        for (bytes, length, quoted) in [
            (&b"hello\n"[..], 6, r#""hello\n""#),
            (b"", 0, r#""""#),
            (b"", 4, r#"""..."#),
            (
                b"\"\\\r\t\0\x1b[31m\x7f",
                11,
                r#""\"\\\r\t\x00\x1b[31m\x7f""#,
            ),
            (b"caf\xc3\xa9 \xff\xfe", 8, r#""café \xff\xfe""#),
            (
                "\u{200b}\u{202e}\u{e0001}".as_bytes(),
                10,
                r#""\u200b\u202e\U000e0001""#,
            ),
            (
                b"0123456789abcdef0123456789abcdef",
                32,
                r#""0123456789abcdef0123456789abcdef""#,
            ),
            (
                b"0123456789abcdef0123456789abcdefg",
                33,
                r#""0123456789abcdef0123456789abcdef"..."#,
            ),
            (
                "0123456789abcdef0123456789abcdeé".as_bytes(),
                33,
                r#""0123456789abcdef0123456789abcde"..."#,
            ),
        ] {
            assert_eq!(data(bytes, length), quoted);
        }
        assert_eq!(text(b"a/b/c", 3), r#""a/b"..."#);
        assert_eq!(text(b"a/b/c", 5), r#""a/b/c""#);
        assert_eq!(text(&[0x80; 9], 4), r#""\x80"..."#);
    }
}
