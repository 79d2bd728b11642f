//! The grammar of the files of `--env-file`: variables as the usual dotenv files have them, one a line.
//!
//! ```text
//! # A comment, as is what follows a space and a #.
//! NAME=value with spaces
//! export NAME=value
//! NAME='as it stands, over several lines if need be'
//! NAME="the same with \n, \r, \t, \", \\ and \$"
//! ```
//!
//! Nothing is expanded: `$HOME` stays as it is. Shells and the libraries for such files differ in their
//! corners; what most of them take for a slip is an error here.

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Slip {
    /// The line, from 1 on.
    pub line: usize,
    /// A sentence that says what is wrong there.
    pub message: String,
}

/// Reads the variables of a file: their names and values, in order.
///
/// # Errors
///
/// The first line that is not of this form.
pub fn parse(file: &[u8]) -> Result<Vec<(String, String)>, Slip> {
    let text = std::str::from_utf8(file).map_err(|error| Slip {
        line: line_ends(&file[..error.valid_up_to()]) + 1,
        message: "this is not UTF-8, which WASI requires".to_owned(),
    })?;
    let mut rest = Rest {
        text: text.strip_prefix('\u{feff}').unwrap_or(text),
        line: 1,
    };
    let mut variables = Vec::new();
    while !rest.text.is_empty() {
        let line = rest.line;
        let variable = rest.variable();
        variables.extend(variable.map_err(|message| Slip { line, message })?);
    }
    Ok(variables)
}

/// What is still to be read of a file.
struct Rest<'t> {
    text: &'t str,
    /// The line that it begins in.
    line: usize,
}

impl<'t> Rest<'t> {
    /// Reads a line, and those over which its value goes on: the variable that it sets, if it sets one.
    fn variable(&mut self) -> Result<Option<(String, String)>, String> {
        let line = self.text.split('\n').next().unwrap_or_default();
        if matches!(line.trim_ascii_start().bytes().next(), None | Some(b'#')) {
            self.take_line();
            return Ok(None);
        }
        let (name, _) = line
            .split_once('=')
            .ok_or("there is no `=`; write NAME=VALUE")?;
        self.take(name.len() + 1);
        let name = name_of(name)?.to_owned();
        let value = match self.text.trim_start_matches([' ', '\t']).chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => without_comment(self.take_line()).trim_ascii().to_owned(),
        };
        match value.contains('\0') {
            true => Err(format!("the value of {name} holds a zero byte")),
            false => Ok(Some((name, value))),
        }
    }

    /// Reads a value in quotes, to the end of the line in which it ends.
    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let inside = self.text.split_once(quote).map_or("", |(_, inside)| inside);
        let (value, length) =
            unquoted(inside, quote).ok_or_else(|| format!("the quote {quote} is not closed"))?;
        self.take(self.text.len() - inside.len() + length);
        match without_comment(self.take_line()).trim_ascii() {
            "" => Ok(value),
            more => Err(format!("behind the closing quote stands {more}")),
        }
    }

    /// Takes so many bytes.
    fn take(&mut self, length: usize) {
        let (taken, rest) = self.text.split_at(length);
        self.line += line_ends(taken.as_bytes());
        self.text = rest;
    }

    /// Takes what is left of a line, and its end.
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

/// A variable's name, without what may stand around it.
fn name_of(written: &str) -> Result<&str, String> {
    let name = written.trim_ascii();
    let name = match name.strip_prefix("export") {
        Some(exported) if exported.starts_with([' ', '\t']) => exported.trim_ascii_start(),
        Some("") if written.ends_with([' ', '\t']) => "",
        _ => name,
    };
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'');
    match name {
        "" => Err("the variable has no name; write NAME=VALUE".to_owned()),
        name if name.contains(is_odd) => Err(format!("{name} is not a variable's name")),
        name => Ok(name),
    }
}

/// What stands before a comment, which begins with `#` behind a space.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| {
        let before = line[..*at].bytes().next_back();
        before.is_some_and(|byte| byte.is_ascii_whitespace())
    });
    comment.map_or(line, |(at, _)| &line[..at])
}

/// What stands in quotes up to the closing one, and how long it was with that. A line's end is told as
/// `\n` however the file has it.
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
                    // As in a shell, another backslash is one.
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
    use super::parse;

    #[test]
    fn values_are_read() {
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
            let variables = vec![("A".to_owned(), value.to_owned())];
            assert_eq!(parse(text.as_bytes()), Ok(variables), "{text:?}");
        }
    }

    #[test]
    fn variables_are_read_in_order() {
        let names = |text: &str| {
            let variables = parse(text.as_bytes()).unwrap_or_default();
            variables
                .into_iter()
                .map(|(name, _)| name)
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
    fn what_is_no_variable_is_refused_with_its_line() {
        for (text, line, said) in [
            ("A", 1, "no `=`"),
            ("A=b\nexport C\n", 2, "no `=`"),
            ("A: b", 1, "no `=`"),
            ("=b", 1, "no name"),
            ("export =b", 1, "no name"),
            ("A B=c", 1, "A B is not"),
            ("'A'=b", 1, "is not a"),
            ("\n\nA=\"b", 3, "\" is not closed"),
            ("A='b\nc\n", 1, "' is not closed"),
            ("A=\"b\\\"", 1, "not closed"),
            ("A=\"b\" c", 1, "stands c"),
            ("A='b'#c", 1, "stands #c"),
            ("A='b\nc\n'\nB", 4, "no `=`"),
            ("A=\0", 1, "zero byte"),
        ] {
            let slip = parse(text.as_bytes()).err();
            let (at, message) = slip.map_or((0, String::new()), |slip| (slip.line, slip.message));
            assert_eq!(at, line, "{text:?}");
            assert!(message.contains(said), "{text:?}: {message}");
        }
        let slip = parse(b"A=b\nB=\xff").err();
        assert_eq!(slip.map(|slip| slip.line), Some(2));
    }
}
