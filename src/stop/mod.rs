//! The end of a process that cannot go on as it is: what a signal handler or the allocator may still do.

pub mod allocator;
pub mod emergency;
pub mod native_stack;
