//! Parses and writes Go's string literals: interpreted ones, which have escapes, and raw ones. See
//! <https://go.dev/ref/spec#String_literals>.

use std::fmt::Write;

/// The bytes of a literal's value, and the length of the literal in bytes.
type ParsedString = (Vec<u8>, usize);

/// The offset of an error in a literal, in bytes, and what is wrong there.
type SyntaxError = (usize, String);

/// Parses the literal at the start of `text`, if there is one.
///
/// # Errors
///
/// If Go would not accept it.
pub fn parse(text: &str) -> Result<Option<ParsedString>, SyntaxError> {
    match text.chars().next() {
        Some('"') => interpreted(text).map(Some),
        Some('`') => raw(text).map(Some),
        _ => Ok(None),
    }
}

/// Parses the rune literal at the start of `text`: one character or escape in single quotes. Returns its own length in
/// bytes as well. See <https://go.dev/ref/spec#Rune_literals>.
///
/// # Errors
///
/// If Go would not accept it.
pub fn parse_rune(text: &str) -> Result<(char, usize), String> {
    let not_a_rune = || "expected one character in single quotes".to_owned();
    let inside = text.strip_prefix('\'').ok_or_else(not_a_rune)?;
    let (rune, length) = match inside.chars().next() {
        Some('\\') => rune_escape(&inside[1..]).ok_or_else(|| {
            let escape: String = inside.chars().take(2).collect();
            format!("`{escape}` is not an escape of a rune in Go")
        })?,
        Some(c) if c != '\'' => (c, c.len_utf8()),
        _ => return Err(not_a_rune()),
    };
    if inside[length..].starts_with('\'') {
        Ok((rune, length + 2))
    } else {
        Err(not_a_rune())
    }
}

/// Parses the escape of a rune. The length includes its backslash.
fn rune_escape(text: &str) -> Option<(char, usize)> {
    match text.chars().next()? {
        '\'' => return Some(('\'', 2)),
        '"' => return None,
        _ => {}
    }
    let mut bytes = Vec::new();
    let length = push_escape(&mut bytes, text)?;
    let rune = match bytes.as_slice() {
        [byte] => char::from(*byte),
        bytes => std::str::from_utf8(bytes).ok()?.chars().next()?,
    };
    Some((rune, 1 + length))
}

fn raw(text: &str) -> Result<ParsedString, SyntaxError> {
    match text[1..].find('`') {
        Some(length) => Ok((text.as_bytes()[1..=length].to_vec(), length + 2)),
        None => Err((0, "this string is not closed".to_owned())),
    }
}

fn interpreted(text: &str) -> Result<ParsedString, SyntaxError> {
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
                let length = push_escape(&mut bytes, &rest[1..]).ok_or_else(|| {
                    let escape: String = rest.chars().take(2).collect();
                    (at, format!("`{escape}` is not an escape in Go"))
                })?;
                at += 1 + length;
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

/// The escapes of a single character, and the characters.
const SIMPLE_ESCAPES: [(char, char); 9] = [
    ('a', '\x07'),
    ('b', '\x08'),
    ('f', '\x0c'),
    ('n', '\n'),
    ('r', '\r'),
    ('t', '\t'),
    ('v', '\x0b'),
    ('\\', '\\'),
    ('"', '"'),
];

/// Appends the value of the escape whose backslash precedes `text`. Returns the length of the escape without it.
fn push_escape(bytes: &mut Vec<u8>, text: &str) -> Option<usize> {
    let kind = text.chars().next()?;
    let (start, end, radix) = match kind {
        'x' => (1, 3, 16),
        'u' => (1, 5, 16),
        'U' => (1, 9, 16),
        '0'..='7' => (0, 3, 8),
        _ => {
            let (_, value) = SIMPLE_ESCAPES.iter().find(|(letter, _)| *letter == kind)?;
            push(bytes, *value);
            return Some(1);
        }
    };
    let digits = text.get(start..end)?;
    // `from_str_radix` would accept a sign.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let number = u32::from_str_radix(digits, radix).ok()?;
    match kind {
        'u' | 'U' => push(bytes, char::from_u32(number)?),
        _ => bytes.push(u8::try_from(number).ok()?),
    }
    Some(end)
}

/// Quotes bytes like Go's [`strconv.Quote`](https://pkg.go.dev/strconv#Quote). The result is one line without control
/// or invisible characters, and is parsed to the same bytes.
pub fn quote(bytes: &[u8]) -> String {
    let mut literal = String::with_capacity(bytes.len() + 2);
    literal.push('"');
    for chunk in bytes.utf8_chunks() {
        chunk
            .valid()
            .chars()
            .for_each(|c| push_quoted(&mut literal, c));
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(literal, "\\x{byte:02x}");
        }
    }
    literal.push('"');
    literal
}

/// Quotes a character as Go's [`strconv.QuoteRune`](https://pkg.go.dev/strconv#QuoteRune) does.
pub fn quote_rune(rune: char) -> String {
    let mut literal = "'".to_owned();
    match rune {
        '\'' => literal.push_str("\\'"),
        '"' => literal.push('"'),
        _ => push_quoted(&mut literal, rune),
    }
    literal.push('\'');
    literal
}

/// Quotes at most `max_bytes` bytes, followed by `...` if there are more.
pub fn quote_start(bytes: &[u8], max_bytes: usize) -> String {
    if bytes.len() <= max_bytes {
        return quote(bytes);
    }
    // A character, which has at most three bytes after its first one, is not split.
    let is_inside_character = |end: &usize| bytes[*end] & 0xc0 == 0x80;
    let mut ends = (max_bytes.saturating_sub(3)..=max_bytes).rev();
    let end = ends.find(|end| !is_inside_character(end));
    let start = &bytes[..end.unwrap_or(max_bytes.saturating_sub(3))];
    format!("{}...", quote(start))
}

fn push_quoted(literal: &mut String, c: char) {
    let escape = SIMPLE_ESCAPES.iter().find(|(_, value)| *value == c);
    let _ = match (escape, c) {
        (Some((letter, _)), _) => write!(literal, "\\{letter}"),
        (None, ' '..='~') => write!(literal, "{c}"),
        (None, '\0'..='\x7f') => write!(literal, "\\x{:02x}", u32::from(c)),
        // Rust and Go escape the same characters: those that cannot be printed.
        _ if c.escape_debug().len() == 1 => write!(literal, "{c}"),
        (None, '\u{80}'..='\u{ffff}') => write!(literal, "\\u{:04x}", u32::from(c)),
        _ => write!(literal, "\\U{:08x}", u32::from(c)),
    };
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_rune, quote, quote_rune, quote_start};

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
    fn runes_are_parsed_as_in_go() {
        for (text, rune) in [
            ("'a'", Some('a')),
            ("'é'", Some('é')),
            ("'\"'", Some('"')),
            (r"'\''", Some('\'')),
            (r"'\n'", Some('\n')),
            (r"'\xff'", Some('ÿ')),
            (r"'\u00e9'", Some('é')),
            ("''", None),
            ("'''", None),
            ("'ab'", None),
            ("'a", None),
            (r"'\", None),
            (r"'\q'", None),
            (r#"'\"'"#, None),
            (r"'\ud800'", None),
        ] {
            let parsed = parse_rune(text).ok();
            assert_eq!(parsed, rune.map(|rune| (rune, text.len())), "{text}");
            if let Some(rune) = rune {
                let read_back = parse_rune(&quote_rune(rune));
                assert_eq!(read_back.map(|(rune, _)| rune), Ok(rune));
            }
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
            let parsed = parse(quoted);
            assert_eq!(parsed, Ok(Some((bytes.to_vec(), quoted.len()))), "{quoted}");
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
