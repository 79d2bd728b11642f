//! A parser of calls that knows the column of each error.

use super::{CallArg, CallError, NUMBER_VIEWS, Ownership, View};
use crate::go_literals::string;

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
    pub(super) fn end(&mut self, expected: &str) -> Result<(), CallError> {
        self.skip_space();
        match self.rest() {
            "" => Ok(()),
            _ => Err(self.error(expected)),
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, message: impl Into<String>) -> CallError {
        CallError {
            column: self.text[..self.at].chars().count() + 1,
            message: message.into(),
        }
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
        let mut args = Vec::new();
        if self.accept(")") {
            return Ok(args);
        }
        loop {
            args.push(self.arg()?);
            if self.accept(")") {
                return Ok(args);
            }
            if !self.accept(",") {
                return Err(self.error("expected `,` or `)`"));
            }
            // As in Go, the last argument may be followed by a comma.
            if self.accept(")") {
                return Ok(args);
            }
        }
    }

    fn arg(&mut self) -> Result<CallArg, CallError> {
        if let Some(text) = self.string()? {
            return Ok(CallArg::Text(text));
        }
        if self.accept("@") {
            return self.file();
        }
        self.skip_space();
        let start = self.at;
        match self.word(&[",", ")"]) {
            "" => Err(self.error("expected an argument")),
            word if word.contains(['"', '`', '(', '@']) => {
                self.at = start;
                Err(self.error(format!("`{word}` is not an argument")))
            }
            word => Ok(CallArg::Word(word.to_owned())),
        }
    }

    /// Parses the path after an `@`. It is quoted if it contains a comma or a parenthesis.
    fn file(&mut self) -> Result<CallArg, CallError> {
        use std::os::unix::ffi::OsStringExt;
        if let Some(path) = self.string()? {
            return Ok(CallArg::File(std::ffi::OsString::from_vec(path).into()));
        }
        match self.word(&[",", ")"]) {
            "" => Err(self.error("expected the path of a file, or `-`")),
            "-" => Ok(CallArg::StandardInput),
            path => Ok(CallArg::File(path.into())),
        }
    }

    /// Parses a string if one comes next.
    fn string(&mut self) -> Result<Option<Vec<u8>>, CallError> {
        self.skip_space();
        let literal = string::parse(self.rest()).map_err(|(offset, message)| {
            self.at += offset;
            self.error(message)
        })?;
        Ok(literal.map(|(bytes, length)| {
            self.at += length;
            bytes
        }))
    }

    pub(super) fn view(&mut self) -> Result<View, CallError> {
        self.skip_space();
        let start = self.at;
        let typed = self.word(&[]);
        let owned = typed
            .strip_prefix("owned")
            .filter(|rest| rest.starts_with(' '));
        let ownership = match owned {
            Some(_) => Ownership::Owned,
            None => Ownership::Guest,
        };
        let name = owned.unwrap_or(typed).trim_start();
        let number = NUMBER_VIEWS.iter().find(|(known, _)| *known == name);
        match (name, number, ownership) {
            ("string", ..) => Ok(View::Text(ownership)),
            ("bytes", ..) => Ok(View::Bytes(ownership)),
            (_, Some((_, number)), Ownership::Guest) => Ok(View::Number(*number)),
            _ => {
                self.at = start;
                let names = NUMBER_VIEWS.map(|(name, _)| name).join(", ");
                Err(self.error(format!(
                    "expected a type: {names}, string, bytes, owned string or owned bytes"
                )))
            }
        }
    }
}
