//! Why a run could not be had, in the form every room hands to `report`: whose fault it is, what to
//! say, what lies under it and what can be done. One plain type for all rooms costs the compiler's
//! help in telling errors apart; nobody here does more with one than show it and look whose fault it is.

use std::fmt;

/// Whose fault a failure is. `report` turns it into the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What was typed: a flag, a value, a path named by a flag, an argument of a call.
    CommandLine,
    /// The module cannot be run.
    Module,
    /// There is no such module file.
    NotFound,
    /// The runner itself, or the machine under it.
    Runner,
}

/// A failure of tinyrun's own, as opposed to anything that the guest did.
#[derive(Clone, Debug)]
pub struct Error {
    /// Whose fault it is.
    pub fault: Fault,
    /// The thing and the path in question, then what is wrong with it; lower case, no full stop.
    pub message: String,
    /// One line each, shown below the message: causes, or the items that the message speaks of.
    pub details: Vec<String>,
    /// What can be done about it.
    pub hint: Option<String>,
}

impl Error {
    /// An error that is the command line's.
    pub fn command_line(message: impl Into<String>) -> Self {
        Self::new(Fault::CommandLine, message)
    }

    /// An error that is the module's.
    pub fn module(message: impl Into<String>) -> Self {
        Self::new(Fault::Module, message)
    }

    /// An error of the runner itself.
    pub fn runner(message: impl Into<String>) -> Self {
        Self::new(Fault::Runner, message)
    }

    /// An error with nothing below its message yet.
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self {
            fault,
            message: message.into(),
            details: Vec::new(),
            hint: None,
        }
    }

    /// Adds one line below the message.
    pub fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.details.push(detail.to_string());
        self
    }

    /// Adds one line for each of `details`.
    pub fn details<D: fmt::Display>(self, details: impl IntoIterator<Item = D>) -> Self {
        details.into_iter().fold(self, Self::detail)
    }

    /// Says what can be done.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
