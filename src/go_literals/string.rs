//! Go's string literals, read and written: interpreted ones with their escapes, and raw ones.

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

/// A literal that reads as these bytes.
pub fn quote(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                c if c.is_control() => text.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::{quote, read};

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
    fn what_was_quoted_reads_back() {
        for bytes in [
            b"".as_slice(),
            b"a\"b\\c\n\t\r",
            b"\xff\xfe",
            "é😀\u{1}\u{7f}".as_bytes(),
        ] {
            let text = quote(bytes);
            assert_eq!(
                read(&text),
                Ok(Some((bytes.to_vec(), text.len()))),
                "{text}"
            );
        }
    }
}
