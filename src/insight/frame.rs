//! A frame of a backtrace or a profile.

use crate::module::Line;
use std::sync::Arc;

/// An active function. A function that was inlined into another has its own frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function's Go name.
    pub function: Arc<str>,
    /// The current line, if the debug information has one.
    pub line: Option<Line>,
    /// How precise the line is.
    pub precision: Precision,
    /// The offset in the module, if the function has no name.
    pub offset: Option<u64>,
    /// The code of the program that was inlined into this function. It is not known whether it was running.
    pub inlined: Option<InlinedCode>,
    /// Where the function comes from.
    pub origin: Origin,
    /// The number of repetitions: more than 1 in a collapsed recursion.
    pub count: u64,
}

impl Frame {
    /// Returns true if the frame has a line, rather than only a file.
    pub fn has_line(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.line > 0)
    }
}

/// Code of the program that was inlined into a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InlinedCode {
    /// A function.
    Function(Arc<str>),
    /// `main.main`, and functions that initialize packages before it runs.
    MainAndInit,
}

/// How precise a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precision {
    /// The line that was being executed.
    Exact,
    /// A line near the one that was being executed.
    Nearby,
    /// The line of an earlier site in the same function. The function may have been at a later line.
    OrLater,
}

/// Where a function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program, or a library that it uses.
    Program,
    /// The Go runtime.
    Runtime,
    /// A wrapper that the compiler adds between a call and the called function.
    Wrapper,
    /// The wrapper of a function that a `go` statement calls. Its line is that of the statement.
    GoStatement,
}
