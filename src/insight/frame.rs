//! A frame of a backtrace or a profile.

use crate::module::Line;
use std::sync::Arc;

/// A function that was active. A function that was inlined into another has its own frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function's Go name.
    pub function: Arc<str>,
    /// The line in it, if the debug information has one.
    pub line: Option<Line>,
    /// How precise the line is.
    pub precision: Precision,
    /// The offset in the code section, if the module does not name the function.
    pub offset: Option<u32>,
    /// Where the function comes from.
    pub origin: Origin,
    /// The number of repetitions: more than 1 if the frame belongs to a recursion.
    pub count: u64,
}

/// How precise a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precision {
    /// It is the line that was executed.
    Exact,
    /// It is a line near that.
    Nearby,
    /// It is a line that was executed before, in the same function.
    OrLater,
}

/// Where a function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program, or a library that it uses.
    Program,
    /// The Go runtime.
    Runtime,
    /// The compiler, which puts wrappers between a call and the function that it calls.
    Wrapper,
}
