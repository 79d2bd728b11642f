//! The error type of all modules: a kind, a message with its causes, and a hint. With one type for all errors, the
//! compiler cannot check that each is handled, but callers only print an error or match on its kind.

use std::fmt;
use std::sync::Arc;

/// The kind of an error, which determines the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// An invalid command line: an option, its value, a path that it names, or an argument of a call.
    CommandLine,
    /// A module that cannot be run.
    Module,
    /// A module file that does not exist.
    NotFound,
    /// A failure of the runner or the machine.
    Runner,
}

/// An error of tinyrun, as opposed to a failure of the guest.
#[derive(Clone, Debug)]
pub struct Error {
    /// The kind.
    pub kind: ErrorKind,
    /// The message and its causes. Shared, because an outcome with its error is copied to the thread that writes
    /// the report.
    chain: Arc<anyhow::Error>,
    /// Lines to print after the message and its causes, such as the items that the message counts.
    pub details: Vec<String>,
    /// What the user can do about the error.
    pub hint: Option<String>,
}

impl Error {
    /// Creates an error about the command line.
    pub fn command_line(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::CommandLine, message)
    }

    /// Creates an error about the module.
    pub fn module(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Module, message)
    }

    /// Creates an error of the runner or the machine.
    pub fn runner(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Runner, message)
    }

    /// Creates an error without a cause. The message has the operation and the path, then the problem, in lower case
    /// and without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            chain: Arc::new(anyhow::Error::msg(message.into())),
            details: Vec::new(),
            hint: None,
        }
    }

    /// Sets the cause.
    pub fn caused_by(self, cause: impl Into<anyhow::Error>) -> Self {
        let chain = cause.into().context(self.to_string());
        Self {
            chain: Arc::new(chain),
            ..self
        }
    }

    /// Adds one line after the message.
    pub fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.details.push(detail.to_string());
        self
    }

    /// Adds a line for each of `details`.
    pub fn details<D: fmt::Display>(self, details: impl IntoIterator<Item = D>) -> Self {
        details.into_iter().fold(self, Self::detail)
    }

    /// Sets the hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The lines to print: the message, its causes, then the details.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let chain = self.chain.chain().map(ToString::to_string);
        chain.chain(self.details.iter().cloned())
    }
}

/// The message alone: the causes are its [`std::error::Error::source`]s.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.chain, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.chain.source()
    }
}

#[cfg(test)]
mod tests {
    use super::Error;
    use std::error::Error as _;
    use std::io;

    #[test]
    fn an_error_is_printed_from_its_chain() {
        let cause =
            anyhow::Error::new(io::Error::other("no space")).context("cannot open the file");
        let error = Error::runner("cannot write the report")
            .caused_by(cause)
            .detail("it follows");
        assert_eq!(error.to_string(), "cannot write the report");
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("cannot open the file")
        );
        let lines = [
            "cannot write the report",
            "cannot open the file",
            "no space",
            "it follows",
        ];
        assert_eq!(Vec::from_iter(error.lines()), lines);
    }
}
