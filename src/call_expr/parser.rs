//! A parser of calls that knows the column of each error.

use super::{CallArg, CallError, FileArg, Literal, View};
use crate::go_literals::{number, string};
use crate::go_types::Element;

/// A text and the offset of the next byte to parse.
pub(super) struct CallParser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> CallParser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Checks that nothing is left but white space.
    pub(super) fn end(&mut self) -> Result<(), CallError> {
        self.skip_space();
        let (parsed, rest) = (&self.text[..self.at], self.rest());
        match rest.strip_prefix(':') {
            Some(ty) => {
                let meant = format!("{} -> {}", parsed.trim_end(), ty.trim());
                Err(self.correctable("the type of the result is written after `->`", meant))
            }
            None if rest.is_empty() => Ok(()),
            None => Err(self.error("expected the end of the call or `-> TYPE`")),
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, message: impl Into<String>) -> CallError {
        CallError {
            column: self.text[..self.at].chars().count() + 1,
            message: message.into(),
            correction: None,
        }
    }

    /// An error with the call that was most likely meant.
    fn correctable(&self, message: impl Into<String>, correction: String) -> CallError {
        CallError {
            correction: Some(correction),
            ..self.error(message)
        }
    }

    /// The text with the part up to `end` replaced.
    fn replaced(&self, end: usize, replacement: &str) -> String {
        let (before, after) = (&self.text[..self.at], &self.text[end..]);
        format!("{before}{replacement}{after}")
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Consumes `token` if it comes next.
    pub(super) fn accept(&mut self, token: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Consumes the text before the first of `ends`, without white space around it.
    fn word(&mut self, ends: &[&str]) -> &'a str {
        self.skip_space();
        let rest = self.rest();
        let length = ends.iter().filter_map(|end| rest.find(end)).min();
        let word = &rest[..length.unwrap_or(rest.len())];
        self.at += word.len();
        word.trim_end()
    }

    pub(super) fn name(&mut self) -> Result<String, CallError> {
        if let Some(name) = self.string()? {
            return String::from_utf8(name)
                .map_err(|_| self.error("the name of an export must be UTF-8"));
        }
        match self.word(&["(", "->"]) {
            "" => Err(self.error("expected the name of an export")),
            name => Ok(name.to_owned()),
        }
    }

    /// Parses the arguments after the opening parenthesis, and the closing one.
    pub(super) fn args(&mut self) -> Result<Vec<CallArg>, CallError> {
        self.list(")", Self::arg)
    }

    /// Parses items separated by commas, and the token that ends them.
    fn list<T>(
        &mut self,
        end: &str,
        item: fn(&mut Self) -> Result<T, CallError>,
    ) -> Result<Vec<T>, CallError> {
        let mut items = Vec::new();
        loop {
            // As in Go, the last item may be followed by a comma.
            if self.accept(end) {
                return Ok(items);
            }
            items.push(item(self)?);
            if !self.accept(",") && !self.rest().starts_with(end) {
                return Err(self.missing_comma(end));
            }
        }
    }

    fn missing_comma(&self, end: &str) -> CallError {
        let (before, after) = (self.text[..self.at].trim_end(), self.rest());
        let meant = match after {
            "" => format!("{before}{end}"),
            _ if after.starts_with("->") => format!("{before}{end} {after}"),
            _ if after.starts_with(')') => format!("{before}{end}{after}"),
            _ => format!("{before}, {after}"),
        };
        self.correctable(format!("expected `,` or `{end}`"), meant)
    }

    fn arg(&mut self) -> Result<CallArg, CallError> {
        self.skip_space();
        let typed = self.rest().strip_prefix("[]").map(str::trim_start);
        if typed.is_some_and(|rest| !rest.is_empty() && !rest.starts_with([',', ')'])) {
            return self.typed_slice();
        }
        if self.accept("[") {
            return Ok(CallArg::Slice(None, self.list("]", Self::literal)?));
        }
        if self.accept("@") {
            return self.file().map(CallArg::File);
        }
        self.literal().map(CallArg::Literal)
    }

    /// Parses `[]T[ELEMENT, …]`, as Go's literal `[]T{ELEMENT, …}` too, or `[]T("text")` or `[]T(@FILE)`.
    fn typed_slice(&mut self) -> Result<CallArg, CallError> {
        let start = self.at;
        self.at += "[]".len();
        let name = self.word(&["[", "{", "(", "@", " ", ",", ")"]);
        let Some(element) = Element::named(name) else {
            self.at = start;
            return Err(self.error(format!("a slice of `{name}` cannot be written")));
        };
        if self.accept("[") {
            return Ok(CallArg::Slice(
                Some(element),
                self.list("]", Self::literal)?,
            ));
        }
        if self.accept("{") {
            return Ok(CallArg::Slice(
                Some(element),
                self.list("}", Self::literal)?,
            ));
        }
        if !self.accept("(") {
            let expected = format!("expected the elements, as in []{element}[1, 2]");
            return Err(self.error(expected));
        }
        let arg = match self.string()? {
            Some(text) => CallArg::SliceOfText(element, text),
            None if self.accept("@") => CallArg::SliceOfFile(element, self.file()?),
            None => return Err(self.error("expected a string or @FILE")),
        };
        if self.accept(")") {
            Ok(arg)
        } else {
            Err(self.error("expected `)`"))
        }
    }

    fn literal(&mut self) -> Result<Literal, CallError> {
        if let Some(text) = self.string()? {
            return Ok(Literal::Text(text));
        }
        if self.rest().starts_with('\'') {
            return self.rune().map(Literal::Rune);
        }
        let start = self.at;
        let rest = self.rest();
        let is_end = |c: char| c.is_whitespace() || ",)]}".contains(c);
        let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        self.refuse_annotation()?;
        self.refuse_unquoted(word)?;
        self.at += word.len();
        match word {
            "" => Err(self.error("expected an argument")),
            word if word.contains(['"', '\'', '`', '(', '[', '@']) => {
                self.at = start;
                Err(self.error(format!("`{word}` is not an argument")))
            }
            word => Ok(Literal::Word(word.to_owned())),
        }
    }

    /// Refuses `NAME: VALUE`, `NAME=VALUE` and `VALUE: TYPE`.
    fn refuse_annotation(&self) -> Result<(), CallError> {
        let rest = self.rest();
        let sign = rest
            .find([':', '=', ',', '(', ')', ']', '}', '"'])
            .unwrap_or(0);
        let (left, after) = (rest[..sign].trim_end(), self.at + sign + 1);
        let is_annotated = rest[sign..].starts_with([':', '=']);
        if left.is_empty() || left.contains(char::is_whitespace) || !is_annotated {
            return Ok(());
        }
        let rest = self.text[after..].trim_start();
        let right = &rest[..rest.find([',', ')', ' ']).unwrap_or(rest.len())];
        let start = self.text.len() - rest.len();
        let meant = match (Element::named(right), is_number(left)) {
            // `VALUE: TYPE`
            (Some(_), true) => self.replaced(start + right.len(), left),
            // `NAME: TYPE` has no value.
            (Some(_), false) => return Err(self.error("expected a value, not a name and a type")),
            // `NAME: VALUE`
            (None, _) => self.replaced(start, ""),
        };
        Err(self.correctable("an argument has no name and no type", meant))
    }

    /// Refuses several words that are no numbers: a string without its quotes.
    fn refuse_unquoted(&self, word: &str) -> Result<(), CallError> {
        let rest = self.rest();
        let words = &rest[..rest.find([',', ')', ']', '}', '"']).unwrap_or(rest.len())];
        let words = words.trim_end();
        if is_number(word) || words.len() == word.len() || word.is_empty() {
            return Ok(());
        }
        let quoted = string::quote(words.as_bytes());
        let meant = self.replaced(self.at + words.len(), &quoted);
        Err(self.correctable("a string is written in double quotes", meant))
    }

    fn rune(&mut self) -> Result<char, CallError> {
        let (rune, length) = string::parse_rune(self.rest()).map_err(|error| {
            let quoted = self.rest()[1..].split_once('\'');
            match quoted.filter(|(text, _)| text.chars().nth(1).is_some()) {
                Some((text, _)) => {
                    let end = self.at + text.len() + 2;
                    let meant = self.replaced(end, &string::quote(text.as_bytes()));
                    self.correctable("single quotes hold one character, not a string", meant)
                }
                None => self.error(error),
            }
        })?;
        self.at += length;
        Ok(rune)
    }

    /// Parses the path after an `@`. It is quoted if it contains a comma or a parenthesis.
    fn file(&mut self) -> Result<FileArg, CallError> {
        use std::os::unix::ffi::OsStringExt;
        if let Some(path) = self.string()? {
            return Ok(FileArg::Path(std::ffi::OsString::from_vec(path).into()));
        }
        match self.word(&[",", ")"]) {
            "" => Err(self.error("expected the path of a file, or `-`")),
            "-" => Ok(FileArg::StandardInput),
            path => Ok(FileArg::Path(path.into())),
        }
    }

    /// Parses a string if one comes next.
    fn string(&mut self) -> Result<Option<Vec<u8>>, CallError> {
        self.skip_space();
        let literal = string::parse(self.rest()).map_err(|(offset, message)| {
            let unclosed = self
                .text
                .trim_end()
                .strip_suffix(')')
                .filter(|_| offset == 0);
            self.at += offset;
            match unclosed {
                Some(text) => self.correctable(message, format!("{text}\")")),
                None => self.error(message),
            }
        })?;
        Ok(literal.map(|(bytes, length)| {
            self.at += length;
            bytes
        }))
    }

    pub(super) fn view(&mut self) -> Result<View, CallError> {
        self.skip_space();
        let typed = self.rest().trim_end();
        if typed == "()" {
            let call = self.text[..self.at].trim_end().trim_end_matches("->");
            let meant = call.trim_end().to_owned();
            return Err(self.correctable("a call without a result has no `->`", meant));
        }
        let view = View::parse(typed).ok_or_else(|| {
            self.error(
                "expected a type: a Go type such as int, uint8, float64, string, []int32 or (int, string), \
                 or one of i32, i64, u32, u64, f32, f64, hex, bytes, owned string and owned bytes",
            )
        })?;
        self.at = self.text.len();
        Ok(view)
    }
}

/// Returns true for a number or a boolean.
fn is_number(word: &str) -> bool {
    let is_boolean = word == "true" || word == "false";
    is_boolean || number::parse_integer(word).is_ok() || number::parse_float::<f64>(word).is_ok()
}
