//! Parses the words of a call in a list: numbers, flags and quoted text.

use crate::wasi::{FLAGS, RIGHTS};
use anyhow::{Context, Result};

/// A number, or names of flags.
pub fn number(word: &str) -> Result<u64> {
    if word == "-" {
        return Ok(0);
    }
    if let Ok(number) = word.parse::<i64>() {
        return Ok(number as u64);
    }
    if let Ok(number) = word.parse::<u64>() {
        return Ok(number);
    }
    let flags = || FLAGS.iter().chain(RIGHTS);
    word.split('|').try_fold(0, |set, name| {
        let flag = flags().find(|(known, _)| *known == name);
        Ok(set | flag.with_context(|| format!("there is no flag {name}"))?.1)
    })
}

/// The bytes of a quoted word. `\xNN` is a byte, `"a"*3` is aaa.
pub fn text(word: &str) -> Option<Vec<u8>> {
    let (quoted, times) = match word.rsplit_once("\"*") {
        Some((quoted, times)) => (quoted, times.parse().ok()?),
        None => (word.strip_suffix('"')?, 1),
    };
    let mut bytes = Vec::new();
    let mut rest = quoted.strip_prefix('"')?;
    while let Some(first) = rest.chars().next() {
        let hex = rest.strip_prefix("\\x").and_then(|hex| hex.get(..2));
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &rest[4..];
        } else {
            bytes.extend(first.to_string().bytes());
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(bytes.repeat(times))
}

/// The words of a line. A space within quotes, braces or brackets does not end a word.
pub fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut depth, mut quoted) = (0, false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            ' ' if !quoted && depth == 0 => {
                words.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
