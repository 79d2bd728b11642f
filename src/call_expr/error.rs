//! Syntax errors in a call, with the call that was most likely meant.

use crate::go_literals::name;
use crate::shell_word;
use std::fmt;

/// The maximum number of mistakes in one call that are corrected.
const MAX_CORRECTIONS: usize = 16;

/// A syntax error in a call.
#[derive(Debug, PartialEq, Eq)]
pub struct CallError {
    /// The column, counted in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The call that was most likely meant.
    pub correction: Option<String>,
}

impl CallError {
    /// Corrects further mistakes in the correction. It is dropped if the result is still no call.
    pub(super) fn check_correction<T>(mut self, parse: fn(&str) -> Result<T, Self>) -> Self {
        for _ in 0..MAX_CORRECTIONS {
            let Some(text) = &self.correction else {
                return self;
            };
            match parse(text) {
                Ok(_) => return self,
                Err(next) => self.correction = next.correction,
            }
        }
        self.correction = None;
        self
    }

    /// The option with the call that was most likely meant.
    pub fn corrected_option(&self) -> Option<String> {
        self.correction.as_deref().map(option)
    }
}

/// The message without the correction.
impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for CallError {}

/// The option with a call, quoted for a shell.
pub(super) fn option(call: &str) -> String {
    format!("--invoke {}", shell_word::quote(call))
}

/// Refuses `NAME: func(…) -> …`, a signature. Early component tools exported functions under names of this form.
pub(super) fn refuse_signature(text: &str) -> Result<(), CallError> {
    const COLON: &str = ": func(";
    let (Some((start, _)), false) = (text.split_once(COLON), text.starts_with('"')) else {
        return Ok(());
    };
    let whole = option(&format!("{}()", name::quote(text)));
    Err(CallError {
        column: start.chars().count() + 1,
        message: format!(
            "a call has no signature; if this is the whole name of the export, write {whole}"
        ),
        correction: Some(format!("{}()", name::quote(start.trim()))),
    })
}
