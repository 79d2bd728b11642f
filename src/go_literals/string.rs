//! Go's string literals, read and written: interpreted ones with their escapes, and raw ones. See
//! <https://go.dev/ref/spec#String_literals>.

use std::fmt::Write;

/// What a literal spells, and how long it is in bytes.
type Literal = (Vec<u8>, usize);

/// The place of a misspelling in a literal, in bytes, and what is wrong there.
type Misspelling = (usize, String);

/// Reads the literal that `text` begins with, if it begins with one.
///
/// # Errors
///
/// Where it is not spelled as in Go.
pub fn read(text: &str) -> Result<Option<Literal>, Misspelling> {
    match text.chars().next() {
        Some('"') => interpreted(text).map(Some),
        Some('`') => raw(text).map(Some),
        _ => Ok(None),
    }
}

fn raw(text: &str) -> Result<Literal, Misspelling> {
    match text[1..].find('`') {
        Some(length) => Ok((text.as_bytes()[1..=length].to_vec(), length + 2)),
        None => Err((0, "this string does not end".to_owned())),
    }
}

fn interpreted(text: &str) -> Result<Literal, Misspelling> {
    let mut bytes = Vec::new();
    let mut at = 1;
    loop {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else {
            return Err((0, "this string does not end".to_owned()));
        };
        match c {
            '"' => return Ok((bytes, at + 1)),
            '\\' => {
                let escape = escape(&rest[1..]).ok_or_else(|| {
                    let shown: String = rest.chars().take(2).collect();
                    (at, format!("`{shown}` is not an escape of Go's strings"))
                })?;
                match escape.value {
                    Escaped::Byte(byte) => bytes.push(byte),
                    Escaped::Char(c) => push(&mut bytes, c),
                }
                at += 1 + escape.length;
            }
            _ => {
                push(&mut bytes, c);
                at += c.len_utf8();
            }
        }
    }
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// What an escape stands for, and how long it is without its backslash.
struct Escape {
    value: Escaped,
    length: usize,
}

enum Escaped {
    Byte(u8),
    Char(char),
}

/// The escape whose backslash stands before `text`.
fn escape(text: &str) -> Option<Escape> {
    let byte = |byte| {
        Some(Escape {
            value: Escaped::Byte(byte),
            length: 1,
        })
    };
    match text.chars().next()? {
        'a' => byte(7),
        'b' => byte(8),
        'f' => byte(12),
        'n' => byte(b'\n'),
        'r' => byte(b'\r'),
        't' => byte(b'\t'),
        'v' => byte(11),
        '\\' => byte(b'\\'),
        '"' => byte(b'"'),
        'x' => digits(text, 1, 2, 16).and_then(as_byte),
        'u' => digits(text, 1, 4, 16).and_then(as_char),
        'U' => digits(text, 1, 8, 16).and_then(as_char),
        '0'..='7' => digits(text, 0, 3, 8).and_then(as_byte),
        _ => None,
    }
}

/// The number that `count` digits from `start` on spell, and where they end.
fn digits(text: &str, start: usize, count: usize, radix: u32) -> Option<(u32, usize)> {
    let end = start + count;
    let digits = text.get(start..end)?;
    // Rust's own reader would take a sign.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some((u32::from_str_radix(digits, radix).ok()?, end))
}

fn as_byte((number, length): (u32, usize)) -> Option<Escape> {
    let value = Escaped::Byte(u8::try_from(number).ok()?);
    Some(Escape { value, length })
}

fn as_char((number, length): (u32, usize)) -> Option<Escape> {
    let value = Escaped::Char(char::from_u32(number)?);
    Some(Escape { value, length })
}

/// Quotes bytes as Go's [`strconv.Quote`](https://pkg.go.dev/strconv#Quote) does. The result is one line, without
/// characters that a terminal would obey or hide, and reads back as the same bytes.
pub fn quote(bytes: &[u8]) -> String {
    let mut literal = String::with_capacity(bytes.len() + 2);
    literal.push('"');
    for chunk in bytes.utf8_chunks() {
        chunk
            .valid()
            .chars()
            .for_each(|c| push_escaped(&mut literal, c));
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(literal, "\\x{byte:02x}");
        }
    }
    literal.push('"');
    literal
}

/// Quotes at most `max_bytes` of bytes, with `...` after the literal where there are more.
pub fn quote_start(bytes: &[u8], max_bytes: usize) -> String {
    if bytes.len() <= max_bytes {
        return quote(bytes);
    }
    // A character has at most three bytes after its first one, and is not cut in two.
    let is_inside_character = |end: &usize| bytes[*end] & 0xc0 == 0x80;
    let mut ends = (max_bytes.saturating_sub(3)..=max_bytes).rev();
    let end = ends.find(|end| !is_inside_character(end));
    let start = &bytes[..end.unwrap_or(max_bytes.saturating_sub(3))];
    format!("{}...", quote(start))
}

fn push_escaped(literal: &mut String, c: char) {
    let _ = match c {
        '"' | '\\' => write!(literal, "\\{c}"),
        '\x07' => write!(literal, "\\a"),
        '\x08' => write!(literal, "\\b"),
        '\x0c' => write!(literal, "\\f"),
        '\n' => write!(literal, "\\n"),
        '\r' => write!(literal, "\\r"),
        '\t' => write!(literal, "\\t"),
        '\x0b' => write!(literal, "\\v"),
        ' '..='~' => write!(literal, "{c}"),
        '\0'..='\x7f' => write!(literal, "\\x{:02x}", u32::from(c)),
        // Rust's escaping and Go's go by the same property: whether a character can be printed.
        _ if c.escape_debug().len() == 1 => write!(literal, "{c}"),
        '\u{80}'..='\u{ffff}' => write!(literal, "\\u{:04x}", u32::from(c)),
        _ => write!(literal, "\\U{:08x}", u32::from(c)),
    };
}

#[cfg(test)]
mod tests {
    use super::{quote, quote_start, read};

    #[test]
    fn literals_are_read_as_go_reads_them() {
        for (text, bytes) in [
            (r#""""#, b"".as_slice()),
            (r#""a""#, b"a"),
            (r#""a\n\t\r\\\"""#, b"a\n\t\r\\\""),
            (r#""\a\b\f\v""#, b"\x07\x08\x0c\x0b"),
            (r#""\u00e9\U0001F600""#, "é😀".as_bytes()),
            (r#""\xff\377\000""#, b"\xff\xff\0"),
            (r#""é, (x)""#, "é, (x)".as_bytes()),
            ("`a\\n\"`", b"a\\n\""),
        ] {
            let read = read(text);
            assert_eq!(read, Ok(Some((bytes.to_vec(), text.len()))), "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for (text, at) in [
            ("\"", 0),
            ("\"abc", 0),
            ("`abc", 0),
            (r#""a\q""#, 2),
            (r#""\'""#, 1),
            (r#""\x1""#, 1),
            (r#""\x+1""#, 1),
            (r#""\ud800""#, 1),
            (r#""\400""#, 1),
            (r#""\"#, 1),
        ] {
            assert!(
                matches!(read(text), Err((place, _)) if place == at),
                "{text}"
            );
        }
    }

    #[test]
    fn bytes_are_quoted_as_go_quotes_them() {
        for (bytes, quoted) in [
            (b"".as_slice(), r#""""#),
            (b"hello\n", r#""hello\n""#),
            (b"\"\\\r\t\0\x1b[31m\x7f", r#""\"\\\r\t\x00\x1b[31m\x7f""#),
            (b"\x07\x08\x0c\x0b", r#""\a\b\f\v""#),
            (b"caf\xc3\xa9 \xff\xfe", r#""café \xff\xfe""#),
            (
                "\u{200b}\u{202e}\u{e0001}😀".as_bytes(),
                r#""\u200b\u202e\U000e0001😀""#,
            ),
        ] {
            assert_eq!(quote(bytes), quoted);
            let read = read(quoted);
            assert_eq!(read, Ok(Some((bytes.to_vec(), quoted.len()))), "{quoted}");
        }
    }

    #[test]
    fn long_bytes_are_cut_between_characters() {
        for (bytes, max_bytes, quoted) in [
            (b"a/b/c".as_slice(), 5, r#""a/b/c""#),
            (b"a/b/c", 3, r#""a/b"..."#),
            ("abcé".as_bytes(), 4, r#""abc"..."#),
            ("abcé".as_bytes(), 5, r#""abcé""#),
            ("a😀".as_bytes(), 4, r#""a"..."#),
            (&[0x80; 9], 4, r#""\x80"..."#),
            (b"ab", 0, r#"""..."#),
        ] {
            assert_eq!(quote_start(bytes, max_bytes), quoted);
        }
    }
}
