//! Go's literals for numbers and strings. The command line accepts them, and messages print them.

pub mod name;
pub mod number;
pub mod string;
