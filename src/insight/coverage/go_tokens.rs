//! Splits Go source code into tokens: <https://go.dev/ref/spec#Lexical_elements>.

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GoToken<'t> {
    /// `;` for a semicolon that a line break stands for. Of operators, only those are joined that a parser of statements
    /// must know.
    pub(super) text: &'t str,
    /// The line where the token begins, counted from 1.
    pub(super) line: u32,
}

/// The operators of several characters that are one token.
const OPERATORS: [&str; 4] = [":=", "++", "--", "<-"];

const KEYWORDS: [&str; 25] = [
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

/// The keywords that can end a statement.
const LAST_KEYWORDS: [&str; 4] = ["break", "continue", "fallthrough", "return"];

impl GoToken<'_> {
    pub(super) fn is_keyword(self) -> bool {
        KEYWORDS.contains(&self.text)
    }

    /// Returns true for names, numbers, strings and keywords.
    pub(super) fn is_word(self) -> bool {
        self.text.starts_with(is_word_start) || self.text.len() > 1 && self.text.starts_with('.')
    }

    /// The line where the token ends. Only raw strings have several lines.
    pub(super) fn end_line(self) -> u32 {
        self.line + line_breaks(self.text)
    }

    /// Returns true if a line break after the token ends the statement: <https://go.dev/ref/spec#Semicolons>.
    fn can_end_statement(self) -> bool {
        match self.text {
            ")" | "]" | "}" | "++" | "--" => true,
            text if self.is_keyword() => LAST_KEYWORDS.contains(&text),
            _ => self.is_word(),
        }
    }
}

fn is_word_start(first: char) -> bool {
    first.is_alphanumeric() || matches!(first, '_' | '"' | '`' | '\'')
}

fn line_breaks(text: &str) -> u32 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

/// Reads the tokens of a file. Ends early at text that is not Go.
#[derive(Clone)]
pub(super) struct GoTokens<'t> {
    rest: &'t str,
    line: u32,
    /// Whether a line break ends the statement here.
    is_statement: bool,
}

impl<'t> GoTokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            rest: text.strip_prefix('\u{feff}').unwrap_or(text),
            line: 1,
            is_statement: false,
        }
    }

    /// Skips white space and comments. Returns true if a line break in them ends the statement.
    fn skip_space(&mut self) -> bool {
        loop {
            let length = match self.rest.as_bytes() {
                [b'\n', ..] if self.is_statement => return true,
                [b' ' | b'\t' | b'\r' | b'\n', ..] => 1,
                [b'/', b'/', ..] => self.rest.find('\n').unwrap_or(self.rest.len()),
                [b'/', b'*', rest @ ..] => {
                    let end = rest.windows(2).position(|end| end == b"*/");
                    let length = end.map_or(self.rest.len(), |end| end + 4);
                    if self.is_statement && self.rest[..length].contains('\n') {
                        return true;
                    }
                    length
                }
                [] => return self.is_statement,
                _ => return false,
            };
            self.take(length);
        }
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (text, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        self.line += line_breaks(text);
        text
    }

    /// The length of the token at the start of the text; `None` if the text is not Go.
    fn token_length(&self) -> Option<usize> {
        let text = self.rest;
        match text.as_bytes() {
            [b'"', ..] => quoted_length(text, '"'),
            [b'\'', ..] => quoted_length(text, '\''),
            [b'`', ..] => Some(text[1..].find('`')? + 2),
            [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => Some(number_length(text)),
            _ if text.starts_with(is_word_start) => {
                let end = text.find(|next: char| !next.is_alphanumeric() && next != '_');
                Some(end.unwrap_or(text.len()))
            }
            _ => {
                let operator = OPERATORS
                    .iter()
                    .find(|operator| text.starts_with(**operator));
                operator.map_or_else(
                    || text.chars().next().map(char::len_utf8),
                    |operator| Some(operator.len()),
                )
            }
        }
    }
}

impl<'t> Iterator for GoTokens<'t> {
    type Item = GoToken<'t>;

    fn next(&mut self) -> Option<GoToken<'t>> {
        let line = self.line;
        if self.skip_space() {
            self.is_statement = false;
            return Some(GoToken { text: ";", line });
        }
        let line = self.line;
        let length = self.token_length()?;
        let token = GoToken {
            text: self.take(length),
            line,
        };
        self.is_statement = token.can_end_statement();
        Some(token)
    }
}

/// The length of a string or a rune in quotes.
fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '\n' => return None,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of a number, such as `0x1p-2` or `1e+3`.
fn number_length(text: &str) -> usize {
    let is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    let mut last = '0';
    let end = text.find(|next: char| {
        let is_exponent = if is_hexadecimal {
            matches!(last, 'p' | 'P')
        } else {
            matches!(last, 'e' | 'E')
        };
        last = next;
        !(next.is_ascii_alphanumeric()
            || matches!(next, '.' | '_')
            || is_exponent && matches!(next, '+' | '-'))
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::GoTokens;

    #[test]
    fn line_breaks_end_statements() {
        for (text, expected) in [
            ("a := b\n", "1a 1:= 1b 1;"),
            ("a +\n\n b", "1a 1+ 3b 3;"),
            ("return // x\n}", "1return 1; 2} 2;"),
            ("x /*/ \n */ y", "1x 1; 2y 2;"),
            ("if x {\n", "1if 1x 1{"),
            ("`\n`+'\\''+\"\\\"\"", "1`\n` 2+ 2'\\'' 2+ 2\"\\\"\" 2;"),
            ("1e+3-0x1p-2-.5", "11e+3 1- 10x1p-2 1- 1.5 1;"),
            ("c<-i++\n", "1c 1<- 1i 1++ 1;"),
            ("\u{feff}\u{e9}1:", "1\u{e9}1 1:"),
            ("\"a\n", ""),
        ] {
            let tokens = GoTokens::new(text).map(|token| format!("{}{}", token.line, token.text));
            assert_eq!(Vec::from_iter(tokens).join(" "), expected, "{text}");
        }
    }
}
