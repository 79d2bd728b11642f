//! A frame of the guest's stack, as Go would tell it.

use crate::module::Line;
use std::sync::Arc;

/// A frame. A function that was inlined into another has one of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function's name, as Go has it.
    pub function: Arc<str>,
    /// Where in it, as far as the debug information tells.
    pub line: Option<Line>,
    /// How well that is known.
    pub aim: Aim,
    /// Where in the code section, where the module does not name the function.
    pub offset: Option<u32>,
    /// Whose function it is.
    pub origin: Origin,
    /// How many frames like this one there are on each other, with those of the same recursion between.
    pub count: u64,
}

/// How well a place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aim {
    /// It was there.
    At,
    /// It was near there.
    Near,
    /// It was there last, and is in the same function.
    After,
}

/// Whose a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program's or a library's.
    Program,
    /// The Go runtime's.
    Runtime,
    /// The compiler's, between a call and what it calls.
    Glue,
}
