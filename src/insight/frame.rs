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
    /// The offset in the code section, if the function has no name.
    pub offset: Option<u32>,
    /// Where the function comes from.
    pub origin: Origin,
    /// The number of repetitions: more than 1 in a collapsed recursion.
    pub count: u64,
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
}
