//! Go's literals: the command line writes numbers and strings as Go does, and so do messages.

pub mod number;
pub mod string;
