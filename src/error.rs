//! The error of every room: its kind, a message, the causes of it and a hint. One type for all costs the
//! compiler's help in telling errors apart, but every caller only prints one and looks at its kind.

use std::fmt;
use std::sync::Arc;

/// What an error is about. `report` turns it into the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line: an option, a value, a path named by an option, an argument of a call.
    CommandLine,
    /// The module, which cannot be run.
    Module,
    /// The module file, which does not exist.
    NotFound,
    /// The runner itself, or the machine it runs on.
    Runner,
}

/// An error of tinyrun, as opposed to a failure of the guest.
#[derive(Clone, Debug)]
pub struct Error {
    /// What it is about.
    pub kind: ErrorKind,
    /// The message and its causes. Shared, because an outcome with its error is copied to the thread that writes
    /// the report.
    chain: Arc<anyhow::Error>,
    /// Lines printed below the message and its causes, such as the items that the message counts.
    pub details: Vec<String>,
    /// What the user can do about it.
    pub hint: Option<String>,
}

impl Error {
    /// An error about the command line.
    pub fn command_line(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::CommandLine, message)
    }

    /// An error about the module.
    pub fn module(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Module, message)
    }

    /// An error of the runner itself.
    pub fn runner(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Runner, message)
    }

    /// An error without a cause. The message names the operation and the path, then the problem; it is in lower
    /// case, without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            chain: Arc::new(anyhow::Error::msg(message.into())),
            details: Vec::new(),
            hint: None,
        }
    }

    /// Sets the cause: the message becomes its context.
    pub fn caused_by(self, cause: impl Into<anyhow::Error>) -> Self {
        let chain = cause.into().context(self.to_string());
        Self {
            chain: Arc::new(chain),
            ..self
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
            .detail("it is shown below");
        assert_eq!(error.to_string(), "cannot write the report");
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("cannot open the file")
        );
        let lines = [
            "cannot write the report",
            "cannot open the file",
            "no space",
            "it is shown below",
        ];
        assert_eq!(Vec::from_iter(error.lines()), lines);
    }
}
