//! The error of the parsers of option values.

use crate::call_expr::CallError;
use std::fmt;

/// The reason why a value was refused. The message about it starts with the option and the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl ValueError {
    /// An error without a hint.
    pub fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            hint: None,
        }
    }

    /// Sets the hint.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl From<&str> for ValueError {
    fn from(problem: &str) -> Self {
        Self::new(problem)
    }
}

impl From<CallError> for ValueError {
    fn from(error: CallError) -> Self {
        let hint = error.corrected_option();
        Self {
            problem: error.to_string(),
            hint: hint.map(|option| format!("write {option}")),
        }
    }
}

/// The problem alone.
impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ValueError {}
