//! The grammar of `--env-file`: variables as in the usual dotenv files, one per line.
//!
//! ```text
//! # A comment. After a value, a comment starts with a space and a #.
//! NAME=value with spaces
//! NAME
//! export NAME=value
//! NAME='literal text, which may span lines'
//! NAME="text with the escapes \n, \r, \t, \", \\ and \$"
//! ```
//!
//! A name alone passes on the caller's variable, as in Docker. Variables such as `$HOME` are not expanded. The parser is
//! written by hand because the usual crate, dotenvy, expands them. A line that most dotenv parsers refuse is an error.

use super::env_var::EnvVar;

/// A syntax error.
#[derive(Debug, PartialEq, Eq)]
pub struct EnvFileError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// Parses a file into variables, in order.
///
/// # Errors
///
/// For the first line with another form.
pub fn parse(file: &[u8]) -> Result<Vec<EnvVar>, EnvFileError> {
    let text = std::str::from_utf8(file).map_err(|error| EnvFileError {
        line: line_ends(&file[..error.valid_up_to()]) + 1,
        message: "not UTF-8, which WASI requires".to_owned(),
    })?;
    let mut parser = EnvFileParser {
        text: text.strip_prefix('\u{feff}').unwrap_or(text),
        line: 1,
    };
    let mut variables = Vec::new();
    while !parser.text.is_empty() {
        let line = parser.line;
        let variable = parser.variable();
        variables.extend(variable.map_err(|message| EnvFileError { line, message })?);
    }
    Ok(variables)
}

/// A parser with its position in a file.
struct EnvFileParser<'t> {
    /// The text that has not been parsed.
    text: &'t str,
    /// The line in which that text starts.
    line: usize,
}

impl<'t> EnvFileParser<'t> {
    /// Parses a line, and the next ones if its value continues there. Returns the variable if there is one.
    fn variable(&mut self) -> Result<Option<EnvVar>, String> {
        let line = self.text.split('\n').next().unwrap_or_default();
        if matches!(line.trim_ascii_start().bytes().next(), None | Some(b'#')) {
            self.take_line();
            return Ok(None);
        }
        let Some((name, _)) = line.split_once('=') else {
            return self.inherited().map(Some);
        };
        self.take(name.len() + 1);
        let name = name_of(name)?.to_owned();
        let value = match self.text.trim_start_matches([' ', '\t']).chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => without_comment(self.take_line()).trim_ascii().to_owned(),
        };
        if value.contains('\0') {
            Err(format!("the value of {name} contains a zero byte"))
        } else {
            Ok(Some(EnvVar {
                name,
                value: Some(value),
            }))
        }
    }

    /// Parses a line that is only a name, for the caller's value.
    fn inherited(&mut self) -> Result<EnvVar, String> {
        let name = name_of(without_comment(self.take_line()))?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(is_plain) {
            return Err("there is no `=`; write NAME=VALUE or NAME".to_owned());
        }
        Ok(EnvVar {
            name: name.to_owned(),
            value: None,
        })
    }

    /// Parses a quoted value and the rest of the line in which it ends.
    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let inside = self.text.split_once(quote).map_or("", |(_, inside)| inside);
        let (value, length) =
            unquoted(inside, quote).ok_or_else(|| format!("the quote {quote} is not closed"))?;
        self.take(self.text.len() - inside.len() + length);
        match without_comment(self.take_line()).trim_ascii() {
            "" => Ok(value),
            more => Err(format!("unexpected {more} after the closing quote")),
        }
    }

    /// Advances by a number of bytes.
    fn take(&mut self, length: usize) {
        let (taken, rest) = self.text.split_at(length);
        self.line += line_ends(taken.as_bytes());
        self.text = rest;
    }

    /// Advances past the end of the line, and returns its rest.
    fn take_line(&mut self) -> &'t str {
        let text = self.text;
        let line = text.split('\n').next().unwrap_or_default();
        self.take((line.len() + 1).min(text.len()));
        line
    }
}

fn line_ends(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Returns the name of a variable without `export` and spaces.
fn name_of(written: &str) -> Result<&str, String> {
    let name = written.trim_ascii();
    let name = match name.strip_prefix("export") {
        Some(exported) if exported.starts_with([' ', '\t']) => exported.trim_ascii_start(),
        Some("") if written.ends_with([' ', '\t']) => "",
        _ => name,
    };
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'');
    match name {
        "" => Err("the variable has no name; write NAME=VALUE or NAME".to_owned()),
        name if name.contains(is_odd) => Err(format!("`{name}` is not the name of a variable")),
        name => Ok(name),
    }
}

/// Removes a comment, which starts with a space and a `#`.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| {
        let before = line[..*at].bytes().next_back();
        before.is_some_and(|byte| byte.is_ascii_whitespace())
    });
    comment.map_or(line, |(at, _)| &line[..at])
}

/// Returns the value up to the closing quote, and its length in the file including the quote. Line ends become `\n`.
fn unquoted(inside: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = inside.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match (c, next) {
            _ if c == quote => return Some((value, at + c.len_utf8())),
            ('\r', Some('\n')) => {}
            ('\\', Some(escaped)) if quote == '"' => {
                chars.next();
                match escaped {
                    'n' => value.push('\n'),
                    'r' => value.push('\r'),
                    't' => value.push('\t'),
                    '"' | '\\' | '$' | '`' => value.push(escaped),
                    // As in a shell, any other backslash is literal.
                    _ => value.extend(['\\', escaped]),
                }
            }
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{EnvVar, parse};

    #[test]
    fn values_are_parsed() {
        for (text, value) in [
            ("A=b", "b"),
            ("A=", ""),
            ("A=\n", ""),
            ("A=b\r\n", "b"),
            ("  A = b c \t", "b c"),
            ("export A=b", "b"),
            ("\texport \t A=b", "b"),
            ("\u{feff}A=b", "b"),
            ("A=b=c==", "b=c=="),
            ("A=b # c", "b"),
            ("A=b\t# c", "b"),
            ("A=b#c", "b#c"),
            ("A=#c", "#c"),
            ("A= # c", ""),
            ("A=$HOME ${B} `c`", "$HOME ${B} `c`"),
            (r"A=b\nc", r"b\nc"),
            ("A=it's", "it's"),
            ("A=b \"c\"", "b \"c\""),
            ("A=\"\"", ""),
            ("A='' # none", ""),
            ("A=' b # c '", " b # c "),
            ("A = \"b\"\t", "b"),
            (r"A='b\n\'", r"b\n\"),
            ("A='\"'", "\""),
            (r#"A="b\n\r\t\"\\\$\`""#, "b\n\r\t\"\\$`"),
            (r#"A="\d \' é""#, r"\d \' é"),
            ("A=\"b\nc\"", "b\nc"),
            ("A='b\r\n\r\nc'\r\n", "b\n\nc"),
            ("# A=a\n\n \t\r\nA=b\n#\n", "b"),
        ] {
            let variables = vec![EnvVar {
                name: "A".to_owned(),
                value: Some(value.to_owned()),
            }];
            assert_eq!(parse(text.as_bytes()), Ok(variables), "{text:?}");
        }
    }

    #[test]
    fn variables_are_parsed_in_order() {
        let names = |text: &str| {
            let variables = parse(text.as_bytes()).unwrap_or_default();
            variables
                .into_iter()
                .map(|variable| variable.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names("B='1\n2'\nA=2\nexport=3\nB=4\nx.y-z=5"),
            ["B", "A", "export", "B", "x.y-z"]
        );
        assert!(names("\n# nothing\n").is_empty());
        assert!(names("").is_empty());
    }

    #[test]
    fn a_name_alone_is_the_callers_variable() {
        for text in ["A", "A\r\n", "\texport A # c\n", "# c\nA"] {
            let variables = vec![EnvVar {
                name: "A".to_owned(),
                value: None,
            }];
            assert_eq!(parse(text.as_bytes()), Ok(variables), "{text:?}");
        }
    }

    #[test]
    fn errors_have_a_line() {
        for (text, line, problem) in [
            ("A:b", 1, "no `=`"),
            ("A=b\nexport C:\n", 2, "no `=`"),
            ("A: b", 1, "`A: b` is not"),
            ("export ", 1, "no name"),
            ("=b", 1, "no name"),
            ("export =b", 1, "no name"),
            ("A B=c", 1, "`A B` is not"),
            ("'A'=b", 1, "`'A'` is not"),
            ("\n\nA=\"b", 3, "\" is not closed"),
            ("A='b\nc\n", 1, "' is not closed"),
            ("A=\"b\\\"", 1, "not closed"),
            ("A=\"b\" c", 1, "unexpected c"),
            ("A='b'#c", 1, "unexpected #c"),
            ("A='b\nc\n'\nB:", 4, "no `=`"),
            ("A=\0", 1, "zero byte"),
        ] {
            let error = parse(text.as_bytes()).err();
            let (at, message) =
                error.map_or((0, String::new()), |error| (error.line, error.message));
            assert_eq!(at, line, "{text:?}");
            assert!(message.contains(problem), "{text:?}: {message}");
        }
        let error = parse(b"A=b\nB=\xff").err();
        assert_eq!(error.map(|error| error.line), Some(2));
    }
}
