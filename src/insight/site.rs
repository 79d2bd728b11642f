//! The places in a module that a slot of the shadow stack can name.

/// A place in a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// The function, by its index.
    pub function: u32,
    /// Where its operator begins, from the beginning of the code section: an address, as debug
    /// information has it.
    pub offset: u32,
    /// Where in the function code ends before it that does not run on to it; 0 where there is none.
    pub since: u32,
    /// What is there.
    pub place: Place,
}

/// What there is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A function's beginning.
    Entry,
    /// A call of this function, or of one that a table names.
    Call(Option<u32>),
    /// The same, with `unreachable` behind it.
    LastCall(Option<u32>),
    /// A loop's beginning.
    Loop,
    /// An `unreachable`.
    Unreachable,
}
