//! Go's literals. The command line accepts numbers and strings as Go writes them, and messages print them so.

pub mod name;
pub mod number;
pub mod string;
