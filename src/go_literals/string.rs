//! String literals, as Go's specification has them: <https://go.dev/ref/spec#String_literals>.

/// The bytes that a literal stands for, and its own length in bytes.
type Literal = (Vec<u8>, usize);

/// The offset of an error in a literal, in bytes, and what is wrong there.
type SyntaxError = (usize, String);

/// Parses the literal at the start of `text`, if there is one.
///
/// # Errors
///
/// If Go would not accept it.
pub fn parse(text: &str) -> Result<Option<Literal>, SyntaxError> {
    match text.chars().next() {
        Some('"') => interpreted(text).map(Some),
        Some('`') => raw(text).map(Some),
        _ => Ok(None),
    }
}

fn raw(text: &str) -> Result<Literal, SyntaxError> {
    match text[1..].find('`') {
        Some(length) => Ok((text.as_bytes()[1..=length].to_vec(), length + 2)),
        None => Err((0, "this string is not closed".to_owned())),
    }
}

fn interpreted(text: &str) -> Result<Literal, SyntaxError> {
    let mut bytes = Vec::new();
    let mut at = 1;
    loop {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else {
            return Err((0, "this string is not closed".to_owned()));
        };
        match c {
            '"' => return Ok((bytes, at + 1)),
            '\\' => {
                let escape = escape(&rest[1..]).ok_or_else(|| {
                    let escape: String = rest.chars().take(2).collect();
                    (at, format!("`{escape}` is not an escape in Go"))
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

/// An escape; the length is without its backslash.
struct Escape {
    value: Escaped,
    length: usize,
}

enum Escaped {
    Byte(u8),
    Char(char),
}

/// Parses the escape whose backslash precedes `text`.
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

/// Parses `count` digits from `start` on. Returns their value and where they end.
fn digits(text: &str, start: usize, count: usize, radix: u32) -> Option<(u32, usize)> {
    let end = start + count;
    let digits = text.get(start..end)?;
    // `from_str_radix` would accept a sign.
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

/// Returns a literal that stands for these bytes.
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
    use super::{parse, quote};

    #[test]
    fn literals_are_parsed_as_in_go() {
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
            let literal = parse(text);
            assert_eq!(literal, Ok(Some((bytes.to_vec(), text.len()))), "{text}");
        }
    }

    #[test]
    fn errors_have_an_offset() {
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
                matches!(parse(text), Err((offset, _)) if offset == at),
                "{text}"
            );
        }
    }

    #[test]
    fn a_quoted_string_can_be_parsed() {
        for bytes in [
            b"".as_slice(),
            b"a\"b\\c\n\t\r",
            b"\xff\xfe",
            "é😀\u{1}\u{7f}".as_bytes(),
        ] {
            let text = quote(bytes);
            assert_eq!(
                parse(&text),
                Ok(Some((bytes.to_vec(), text.len()))),
                "{text}"
            );
        }
    }
}
